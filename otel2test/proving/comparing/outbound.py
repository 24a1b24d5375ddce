"""Outbound calls beside each other: what was sent, and what was answered."""

from typing import Final

from otel2test.proving.comparing import telling
from otel2test.proving.comparing.bodies import unlike_bodies
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.results import Difference, Divergence
from otel2test.proving.comparing.tallying import Tally
from otel2test.reading.exchanges import Outbound

_OWN: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "date",
        "host",
        "server",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "user-agent",
    }
)
"""Headers that libraries, servers and tracing set by themselves; of answers, only few are looked at."""
_ANSWERED: Final = frozenset({"content-type", "location"})


def compare_calls(tally: Tally, likeness: Likeness, recorded: Outbound, replayed: Outbound) -> None:
    """Compare a call with its replay.

    What answers a call in a test may stand where the recorder looks: then the replay tells of method
    and URL only, and no more is compared.
    """
    sent = _unlike_request(likeness, recorded, replayed)
    said, span_id = _said(recorded), recorded.span_id
    tally.judge(sent is None, "call", f"{said}: {sent}", position=recorded.position, span_id=span_id)
    if not _is_seen(replayed):
        return
    answered = _unlike_answer(likeness, recorded, replayed)
    tally.judge(
        answered is None, "answer", f"{said}: {answered}", position=recorded.position, span_id=span_id
    )


def only_one_call(tally: Tally, call: Outbound, *, missing: bool) -> None:
    """Count a call that only one side made, and its answer."""
    absent = "recorded, not made in the replay" if missing else "only made in the replay"
    difference: Difference = "missing" if missing else "extra"
    tally.diverge(Divergence("call", difference, f"{_said(call)}: {absent}", call.position, call.span_id))
    if _is_seen(call):
        tally.observations += 1


def _is_seen(call: Outbound) -> bool:
    return call.body.kind != "unread" or call.response_body is not None or call.error is not None


def _said(call: Outbound) -> str:
    return f"{call.method} {call.url}"


def _unlike_request(likeness: Likeness, recorded: Outbound, replayed: Outbound) -> str | None:
    if not likeness.same(recorded.url, replayed.url, "url"):
        return f"{replayed.url} in the replay"
    if not _is_seen(replayed):
        return None
    ours = _headers(recorded.headers, without=_OWN)
    theirs = _headers(replayed.headers, without=_OWN)
    for name in dict.fromkeys((*ours, *theirs)):
        if not likeness.same(ours.get(name), theirs.get(name), name):
            return _other(f"header {name}", ours.get(name), theirs.get(name))
    return unlike_bodies(likeness, recorded.body, replayed.body)


def _unlike_answer(likeness: Likeness, recorded: Outbound, replayed: Outbound) -> str | None:
    errors = [call.error.type.rpartition(".")[2] if call.error else None for call in (recorded, replayed)]
    if errors[0] != errors[1]:
        return _other("its exception", *errors)
    if recorded.status != replayed.status:
        return _other("its status", recorded.status, replayed.status)
    ours, theirs = _headers(recorded.response_headers), _headers(replayed.response_headers)
    for name in sorted(_ANSWERED & (ours.keys() | theirs.keys())):
        if not likeness.same(_bare(ours.get(name)), _bare(theirs.get(name)), name):
            return _other(f"header {name} of the answer", ours.get(name), theirs.get(name))
    if recorded.response_body is None or replayed.response_body is None:
        return None
    return unlike_bodies(likeness, recorded.response_body, replayed.response_body)


def _bare(value: str | None) -> str:
    return (value or "").partition(";")[0].strip().lower()


def _headers(pairs: tuple[tuple[str, str], ...], without: frozenset[str] = frozenset()) -> dict[str, str]:
    return {name.lower(): value for name, value in pairs if name.lower() not in without}


def _other(what: str, recorded: object, replayed: object) -> str:
    return f"{what} is {telling.value(replayed)} in the replay, {telling.value(recorded)} recorded"
