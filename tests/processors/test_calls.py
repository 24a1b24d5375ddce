"""Calls of the project's functions, as a request's span has them in the file."""

import asyncio
import contextvars
import cProfile
import datetime as dt
import gc
import json
import logging
import pstats
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel2test.attributes import CALLS, CALLS_DROPPED, CallPayload
from otel2test.processors import calls, project
from otel2test.processors.calls import frames, rows
from otel2test.processors.calls.seen import MOST_HELD, MOST_SEEN, Seen
from otel2test.processors.calls.values import Values
from otel2test.processors.guard import faults
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot
from otel2test.reading.calls import expanded
from otel2test.values import decode
from tests.processors import callees, conftest
from tests.processors.callees import (
    Counted,
    Hostile,
    abandon,
    add,
    append,
    buy,
    cancelled,
    close_early,
    closure,
    count,
    deeper,
    define,
    delegate,
    drain,
    drain_stream,
    factorial,
    fail,
    fail_later,
    gather,
    ignore,
    its_locals,
    log_in,
    make_token,
    outer,
    pass_on,
    rebind,
    shortcuts,
    swallow,
    take,
    throw,
    use,
    with_cells,
)
from tests.processors.conftest import Bench

COMPILED = frames.COMPILED
BY_PROFILE_HOOK = sys.version_info < (3, 12) and not COMPILED


class Tape:
    """Records what is called inside ``with tape.request():``."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._hook: calls.CallHook | None = None

    def start(self, **settings: Any) -> None:
        # That module is the project, wherever the tests are started.
        recorder = self.bench.start(
            include=(callees.__name__,), exclude=(f"{__package__}.test_*", conftest.__name__), **settings
        )
        self._hook = calls.install(recorder)

    def stop(self) -> None:
        if self._hook is not None:
            self._hook.remove()
        project.configure((), ())

    @contextmanager
    def request(self, name: str = "GET /") -> Iterator[None]:
        if self._hook is None:
            self.start()
        with self.bench.django.start_as_current_span(name):
            yield

    def attributes(self, name: str = "GET /") -> dict[str, Any]:
        return next(line[name] for line in self.bench.lines() if name in line)

    def calls(self, name: str = "GET /") -> list[CallPayload]:
        found, wrong = expanded(json.loads(self.attributes(name)[CALLS]))
        assert wrong == []
        return cast("list[CallPayload]", found)

    def of(self, function: Callable[..., object], *args: Any, **kwargs: Any) -> list[CallPayload]:
        with self.request():
            function(*args, **kwargs)
        return self.calls()


@pytest.fixture
def tape(bench: Bench) -> Iterator[Tape]:
    known = faults()
    tape = Tape(bench)
    yield tape
    tape.stop()
    assert faults() == known


def test_arguments_locals_and_return(tape: Tape) -> None:
    (call,) = tape.of(add, 1, 2, 3, key="long", extra=4)
    assert call["arguments"] == {
        "first": 1,
        "second": 2,
        "key": "long",
        "rest": {"$tuple": [3]},
        "more": {"extra": 4},
    }
    assert call["locals"] == {"total": 3}
    assert call["returned"] == 14
    assert (call["module"], call["qualname"]) == (callees.__name__, "add")
    assert call["file"].endswith("callees.py")
    assert not call["file"].startswith("/")
    assert call["line"] == add.__code__.co_firstlineno
    assert call["duration"] >= 0
    assert call["start"] >= 0


def test_the_caller_is_told_and_ids_count_entries(tape: Tape) -> None:
    found = tape.of(outer, [1, 2])
    assert [(call["id"], call["parent"], call["qualname"]) for call in found] == [
        (0, None, "outer"),
        (1, 0, "add"),
        (2, 0, "add"),
    ]


class Shelf:
    def __init__(self) -> None:
        self.name = "at the top, on the left"
        self.size = 1


def test_an_instance_is_written_again_only_when_it_has_changed(tape: Tape) -> None:
    shelf = Shelf()
    name = shelf.name
    with tape.request():
        take(shelf)
        take(shelf)
        shelf.size = True  # equal, and yet another value
        take(shelf)
        shelf.more = None  # type: ignore[attr-defined]
        take(shelf)
    assert [call["arguments"]["value"]["$object"]["attributes"] for call in tape.calls()] == [  # type: ignore[index,call-overload]
        {"name": name, "size": 1},
        {"name": name, "size": 1},
        {"name": name, "size": True},
        {"name": name, "size": True, "more": None},
    ]
    assert len(json.loads(tape.attributes()[CALLS])["values"]) == 3


class Box:
    def __init__(self, **held: object) -> None:
        self.__dict__.update(held)


INNER: list[Any] = [1, "two"]
LINE = Box(product="Rye bread, sliced", count=2)


@pytest.mark.parametrize(
    ("value", "change"),
    [
        (INNER, lambda: INNER.append(3)),
        ({"lines": INNER, "more": None}, lambda: INNER.append(4)),
        ((INNER, [[], INNER]), lambda: INNER.append([])),
        (Box(lines=[LINE, LINE]), lambda: setattr(LINE, "count", 3)),
        ([Box(line=LINE)], lambda: setattr(LINE, "more", 1.5)),
        ({"deep": [[[[INNER]]]]}, INNER.clear),
    ],
    ids=["list", "dict", "tuple", "instances", "an instance in a list", "too deep"],
)
def test_what_is_inside_is_looked_at_each_time(
    tape: Tape, value: object, change: Callable[[], object]
) -> None:
    before = snapshot(value)
    with tape.request():
        take(value)
        take(value)
        change()
        take(value)
        take(value)
    after = snapshot(value)
    told = [call["arguments"]["value"] for call in tape.calls()]
    assert told == [before, before, after, after]


class Sealed:
    """Knows names that no other instance of its class has, and secrets."""

    def __init__(self, **held: object) -> None:
        vars(self).update(held)


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels else []


CIRCULAR: list[Any] = [1]
CIRCULAR.append(CIRCULAR)
SECRET = "hunter2-in-the-attic"
SOME_TIME = dt.datetime(987, 6, 5, 4, 3, 2, 100, tzinfo=dt.UTC)
SUMMER = dt.timezone(dt.timedelta(hours=2), "CEST")
GREENWICH = dt.timezone(dt.timedelta(0), "GMT")


@pytest.mark.parametrize(
    "value",
    [
        *(
            2**63,
            -(2**63),
            0.1,
            -1e300,
            float("nan"),
            float("inf"),
            b"bytes",
            ...,
            range(3),
            {1},
            frozenset(),
        ),
        *("seven 7", "eight  8", "a" * 24, "né", "\udc80", "\x7f\n", "x" * 10_001, f"password={SECRET}"),
        *((), (1,), ((), [()]), [1.5, None, True], [list(range(100))], list(range(101)), [[0] * 99] * 11),
        *({"$tag": 1}, {"$tag": 1, "b": 2}, {1: 2}, {"": ""}, {"\udc80": 1}, {"__a": 1}, {"né": ["né"]}),
        *(
            {"password": SECRET},
            {"token": 1234567, "api_key": None},
            {"secret": [SECRET]},
            {"x": {"pin": SECRET}},
        ),
        *(nested(4), nested(5), CIRCULAR, [CIRCULAR], [Sealed()], {"o": Sealed(a=1)}),
        *(Sealed(), Sealed(a=1), Sealed(b=1, a=2), Sealed(__a=1), Sealed(**{"not a name": 1}), Sealed(e={1})),
        *(Sealed(password=SECRET), Sealed(inner=Sealed(token=SECRET)), Sealed(password=Sealed(a=SECRET))),
        *(
            Sealed(**{f"n{number}": number for number in range(101)}),
            Sealed(price=Decimal("1.50"), at=dt.date.max),
        ),
        *(moment.replace(tzinfo=None) for moment in (SOME_TIME, SOME_TIME.replace(microsecond=0))),
        *(SOME_TIME.replace(tzinfo=zone) for zone in (dt.UTC, SUMMER, GREENWICH)),
        *(dt.time(1, 2, 3, 4), dt.date(33, 4, 5), Decimal("NaN"), Decimal("-0.10"), Decimal(10**3000)),
        *([Decimal(1), dt.timedelta(1), uuid.UUID(int=1)], [len, int, Sealed], (iter(()), ValueError("x"))),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_a_value_is_told_as_its_snapshot(tape: Tape, value: object) -> None:
    told = snapshot(value)
    with tape.request():
        for _ in range(3):
            take(value)
    assert [call["arguments"]["value"] for call in tape.calls()] == [told] * 3


def test_instances_of_one_class_with_different_attributes(tape: Tape) -> None:
    values = [
        Sealed(a=1, b=2),
        Sealed(b=2, a=1),
        Sealed(a=1),
        Sealed(a=1, b=2, c=3),
        Sealed(),
        Sealed(a=1, b=3),
    ]
    with tape.request():
        for value in values * 2:
            take(value)
    assert [call["arguments"]["value"] for call in tape.calls()] == [snapshot(value) for value in values] * 2


def test_functions_that_are_made_and_gone_are_told_as_what_they_are(tape: Tape) -> None:
    names = [f"argument{number % 7}" for number in range(200)]
    with tape.request():
        for name in names:
            made: dict[str, Any] = {"__name__": callees.__name__}
            exec(compile(f"def called({name}): {name}s = {name} + 1", callees.__file__, "exec"), made)
            made["called"](1)
            del made
            gc.collect(0)
    told = [call for call in tape.calls() if call["qualname"] == "called"]
    assert [call["arguments"] for call in told] == [{name: 1} for name in names]
    assert [call["locals"] for call in told] == [{f"{name}s": 2} for name in names]


def test_only_so_many_texts_are_held_on_to() -> None:
    seen = Seen()
    boxes = [Box(**{f"text{place}": f"{number}{'x' * 990}" for place in range(10)}) for number in range(500)]
    snapshot(boxes[0])
    for box in boxes:
        parts = seen.parts(box)
        assert parts is not None
        seen.remember(box, parts, [0])
    assert len(boxes) < MOST_SEEN
    assert MOST_HELD < 500 * 10 * 990
    assert seen.form(boxes[-1]) == [0]
    assert seen.form(boxes[0]) is None


@pytest.mark.skipif(COMPILED, reason="in C no other thread runs meanwhile")
def test_what_another_thread_puts_into_a_list_meanwhile_is_not_written_unseen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Values()
    found: list[Any] = [1, 2, 3]

    def stands(value: object) -> bool:
        if value == 3:
            found[0] = "password=hunter2secret-of-another-thread"
        return type(value) is int or value is None

    monkeypatch.setattr(table._seen, "stands", stands)
    table._plain_list(found)
    assert b"hunter2" not in b"".join(table.encoded)


class _Unasked(type):
    """Its classes have no hash."""

    def __eq__(cls, other: object) -> bool:
        return cls is other

    __hash__ = None  # type: ignore[assignment]


def test_of_a_class_without_a_hash_only_the_value_is_lost(bench: Bench) -> None:
    tape = Tape(bench)
    value = _Unasked("Unasked", (), {})()
    try:
        with tape.request():
            take(value)
    finally:
        tape.stop()
    (call,) = tape.calls()
    cut: Any = call["arguments"]["value"]
    assert cut["$cut"]["type"].endswith("Unasked")


@pytest.mark.skipif(
    sys.version_info < (3, 13) and not COMPILED, reason="whoever reads f_locals in Python changes locals()"
)
def test_what_a_program_does_with_its_locals_stays(tape: Tape) -> None:
    with tape.request():
        assert its_locals(1, 2) == {"second": 3}
    (call,) = tape.calls()
    assert call["arguments"] == {"first": 1, "second": 2}


def test_variables_that_a_function_inside_has_too(tape: Tape) -> None:
    cell = with_cells(1, 2).__closure__[0]
    with tape.request():
        with_cells(cell, 2)
    call = next(call for call in tape.calls() if call["qualname"] == "with_cells")
    assert call["arguments"] == {"first": snapshot(cell), "second": 2}
    assert call["locals"]["second"] == 3


@pytest.mark.skipif(not COMPILED, reason="what is called in Python needs a level of its own")
def test_a_program_goes_as_deep_as_it_would(bench: Bench) -> None:
    tape = Tape(bench)

    def reached() -> list[int]:
        found = []
        for levels in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit()):
            try:
                deeper(levels)
            except RecursionError:
                break
            found.append(levels)
        return found

    alone = reached()
    try:
        with tape.request():
            recorded = reached()
    finally:
        tape.stop()
    assert recorded == alone
    assert alone


GREENLETS = """
import threading, opentelemetry.sdk.trace
running = 0
class local:
    def __new__(cls, *args):
        made = object.__new__(cls)
        vars(made)["_args"], vars(made)["_all"] = args, {}
        return made
    def __getattribute__(self, name):
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        if running not in self._all:
            self._all[running] = {}
            self.__init__(*self._args)
        found = self._all[running]
        return found[name] if name in found else object.__getattribute__(self, name)
    def __setattr__(self, name, value):
        self._all.setdefault(running, {})[name] = value
threading.local = local
from otel2test.processors.calls.frames import Interpreter
interpreter = Interpreter(object, None, dict)
first = interpreter.thread()
running = 1
second = interpreter.thread()
running = 0
print(first is second, first is interpreter.thread())
"""


def test_where_a_thread_is_many_each_is_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", GREENLETS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_what_becomes_a_secret_is_replaced_from_then_on(tape: Tape) -> None:
    text = "swordfish-in-april-1977"
    values = (text, [text, text], {"said": text}, Box(said=text))
    with tape.request():
        for value in values:
            take(value)
        log_in("anna", text)
        for value in values:
            take(value)
    pseudonym = redactor.secret(text)
    found, _ = expanded(json.loads(tape.attributes()[CALLS]))
    later = [call["arguments"]["value"] for call in cast("list[CallPayload]", found)[len(values) + 1 :]]
    assert [pseudonym in str(value) for value in later] == [True] * len(values)
    assert not any(text in str(value) for value in later)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -1, 2**63 - 1, -(2**63), 1.5),
        *("", 'q"', "back\\slash", "line\n", "\x00\x1f\x7f", "né", "語", 'é"\\'),
        *([], [7], [-(2**63)], ["a"], [None, 1, "x"], {"$decimal": "1"}, {"a": [1, {"b": None}]}),
    ],
    ids=repr,
)
def test_rows_are_json(value: Any) -> None:
    made = rows.Rows()
    made.add((0, 1, -1, 0, 3000, 4000), [value, value], [], value, -1)
    made.add((1, 0, 0, 2, 2**62, 5001), [], [value], [True, [0]], 3)
    first, second = json.loads(b"[%b]" % made.take())
    assert first == [1, 3, 4, value, value, value]
    assert second == [0, 2**62 // 1000 - 3, 6, value, [True, [0]], 3, 0, 1, 2]
    assert made.take() == b""


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(-1, 9), st.integers(0, 2), st.integers(0, 9), st.integers(0, 9)
        )
    )
)
def test_rows_tell_where_and_when_whatever_came_before(calls: list[tuple[int, int, int, int, int]]) -> None:
    calls = [call for call in calls if call[0] != call[1]]  # none is its own parent
    made = rows.Rows()
    for number, parent, span, start, duration in calls:
        made.add((number, 0, parent, span, start * 1000, duration * 1000), [], [], None, -1)
    written = json.loads(b"[%b]" % made.take())
    spans = ["a", "b", "c"]
    functions = [["shop", "f", "shop.py", 1, [], []]]
    table = {"functions": functions, "spans": spans, "shapes": [], "values": [], "rows": written}
    told, wrong = expanded(table)
    assert wrong == []
    assert [
        (call["id"], call["parent"], call["span"], call["start"], call["duration"]) for call in told
    ] == sorted(
        (
            (number, None if parent < 0 else parent, spans[span], start * 1000, duration * 1000)
            for number, parent, span, start, duration in calls
        ),
        key=lambda call: call[0],
    )


def test_shapes_say_what_their_values_are(tape: Tape) -> None:
    day = dt.date(2026, 1, 2)
    with tape.request():
        for price, since in ((Decimal("1.50"), day), (Decimal(2), day), (None, day)):
            take(Box(price=price, since=since, of=(price,)))
    table = json.loads(tape.attributes()[CALLS])
    assert [shape[2:] for shape in table["shapes"]] == [
        [["price", "$decimal"], ["since", "$date"], "of"],
        ["price", ["since", "$date"], "of"],
    ]
    assert [call["arguments"]["value"]["$object"]["attributes"] for call in tape.calls()] == [  # type: ignore[index,call-overload]
        {
            "price": {"$decimal": "1.50"},
            "since": {"$date": "2026-01-02"},
            "of": {"$tuple": [{"$decimal": "1.50"}]},
        },
        {"price": {"$decimal": "2"}, "since": {"$date": "2026-01-02"}, "of": {"$tuple": [{"$decimal": "2"}]}},
        {"price": None, "since": {"$date": "2026-01-02"}, "of": {"$tuple": [None]}},
    ]


def test_calls_inside_each_other_say_only_which_is_the_first_inside(tape: Tape) -> None:
    tape.of(factorial, 3)
    ends = [row[5:] for row in json.loads(tape.attributes()[CALLS])["rows"]]
    assert ends == [[3], [], [], []]


def test_rows_that_are_many_or_have_broken_texts() -> None:
    made = rows.Rows()
    for number in range(3000):
        made.add((number, 0, -1, 0, 0, 0), ["x" * 50], [], "\ud800" if number == 7 else None, -1)
    found = json.loads(b"[%b]" % made.take())
    text = "x" * 50
    assert found == [[0, 0, 0, text, "\ufffd" if number == 7 else None] for number in range(3000)]
    assert made.size > 3000 * 50


def test_many_calls_are_told_in_order(tape: Tape) -> None:
    with tape.request():
        for number in range(600):
            add(number, number)
    assert [(call["id"], call["arguments"]["first"]) for call in tape.calls()] == [
        (number, number) for number in range(600)
    ]


@pytest.mark.parametrize(
    "value",
    [
        [],
        [1],
        [[1], [2]],
        [None, 2],
        {"$model": 1},
        {"$object": {}, "b": []},
        {},
        "x" * 100,
        "\udc80 and more",
        2**70,
    ],
    ids=repr,
)
def test_values_that_look_like_references(tape: Tape, value: Any) -> None:
    (call,) = tape.of(take, value)
    assert decode(call["arguments"]["value"]) == value
    assert decode(call["returned"]) is None or decode(call["returned"]) == value


def test_recursion(tape: Tape) -> None:
    found = tape.of(factorial, 3)
    assert [call["parent"] for call in found] == [None, 0, 1, 2]
    assert [call["returned"] for call in found] == [6, 2, 1, 1]


def test_arguments_are_taken_before_they_are_changed(tape: Tape) -> None:
    (call,) = tape.of(append, [1, 2, 3])
    assert call["arguments"] == {"items": [1, 2, 3]}
    assert call["returned"] is None
    assert "locals" not in call


def test_an_argument_that_was_bound_anew_is_a_local(tape: Tape) -> None:
    (call,) = tape.of(rebind, 1000, 2000)
    assert call["arguments"] == {"value": 1000, "kept": 2000}
    assert call["locals"] == {"value": 1001}


def test_an_exception_that_leaves_through_several_calls(tape: Tape) -> None:
    with pytest.raises(ValueError, match="no milk"), tape.request():
        pass_on()
    outer_call, inner_call = tape.calls()
    for call in (outer_call, inner_call):
        assert "returned" not in call
        assert call["raised"]["type"] == "builtins.ValueError"
        assert call["raised"]["message"] == "no milk"
        assert call["raised"]["where"].endswith(f"callees.py:{fail.__code__.co_firstlineno + 2}")
    assert inner_call["locals"] == {"message": "no milk"}


def test_an_exception_that_is_handled(tape: Tape) -> None:
    caller, failed = tape.of(swallow)
    assert caller["returned"] == "no milk"
    assert "raised" in failed
    if not BY_PROFILE_HOOK:
        assert failed["raised"]["type"] == "builtins.ValueError"


@pytest.mark.skipif(not BY_PROFILE_HOOK, reason="every exception is told")
def test_an_exception_whose_handler_calls_nothing_is_unknown(tape: Tape) -> None:
    _, failed = tape.of(ignore)
    assert failed["raised"] == {"type": "BaseException", "message": "", "where": ""}


def test_a_generator_is_one_call(tape: Tape) -> None:
    caller, generator = tape.of(drain)
    assert generator["parent"] == caller["id"]
    assert generator["yielded"] == 3
    assert generator["returned"] == "done"
    assert generator["arguments"] == {"limit": 3}
    assert "yielded" not in caller


@pytest.mark.parametrize("function", [abandon, close_early])
def test_a_generator_that_is_not_exhausted(tape: Tape, function: Callable[[], object]) -> None:
    _, generator = tape.of(function)
    assert generator["yielded"] == 1
    assert "returned" not in generator
    assert "raised" not in generator


def test_a_generator_that_delegates(tape: Tape) -> None:
    first, second = tape.of(lambda: list(delegate()))
    assert (first["qualname"], first["yielded"]) == ("delegate", 2)
    assert (second["qualname"], second["yielded"], second["parent"]) == ("count", 2, 0)


def test_interleaved_generators_keep_their_own_counts(tape: Tape) -> None:
    found = tape.of(lambda: list(zip(count(2), count(3), strict=False)))
    assert [(call["arguments"]["limit"], call["yielded"]) for call in found] == [(2, 2), (3, 2)]


def test_an_exception_thrown_into_a_generator(tape: Tape) -> None:
    (generator,) = [call for call in tape.of(throw) if call["qualname"] == "count"]
    assert generator["raised"]["type"] == "builtins.KeyError"


def test_coroutines_are_one_call_over_all_their_waits(tape: Tape) -> None:
    found = tape.of(lambda: asyncio.run(gather()))
    assert [(call["qualname"], call["returned"]) for call in found] == [
        ("gather", ["A", "B"]),
        ("fetch", "A"),
        ("fetch", "B"),
    ]
    assert all("yielded" not in call for call in found)


def test_async_generators_count_what_they_yield_not_what_they_wait_for(tape: Tape) -> None:
    found = tape.of(lambda: asyncio.run(drain_stream()))
    (generator,) = [call for call in found if call["qualname"] == "stream"]
    assert generator["yielded"] == 3
    assert generator["returned"] is None


def test_a_coroutine_that_fails(tape: Tape) -> None:
    with pytest.raises(ValueError, match="no later"), tape.request():
        asyncio.run(fail_later())
    assert [call["raised"]["message"] for call in tape.calls()] == ["no later", "no later"]


def test_a_coroutine_that_is_cancelled(tape: Tape) -> None:
    found = tape.of(lambda: asyncio.run(cancelled()))
    (fetched,) = [call for call in found if call["qualname"] == "fetch"]
    assert "returned" not in fetched
    if not BY_PROFILE_HOOK:
        assert fetched["raised"]["type"] == "asyncio.exceptions.CancelledError"


def test_methods_and_self(tape: Tape) -> None:
    found = [call for call in tape.of(buy) if call["qualname"].startswith("Cart")]
    assert [call["qualname"] for call in found] == ["Cart.__init__", "Cart.put"]
    assert found[1]["arguments"] == {
        "self": {"$object": {"type": f"{callees.__name__}.Cart", "attributes": {"items": []}}},
        "item": "milk",
    }


def test_no_lambdas_comprehensions_and_class_bodies(tape: Tape) -> None:
    with tape.request():
        shortcuts([1, 2])
        define()
    assert [(call["qualname"], call["parent"]) for call in tape.calls()] == [
        ("shortcuts", None),
        ("define", None),
        ("add", 1),
    ]


def test_variables_of_the_function_around_are_not_told(tape: Tape) -> None:
    _, inner = tape.of(closure, 1)
    assert inner["arguments"] == {"step": 1}
    assert "locals" not in inner


def test_other_peoples_functions_are_not_recorded(tape: Tape) -> None:
    assert tape.of(lambda: json.dumps({"a": [1]}, indent=1)) == []


def test_secrets(tape: Tape) -> None:
    with tape.request():
        log_in("joe", "hunter2-hunter2")
        make_token()
    first, second = tape.calls()
    secret = redactor.secret("hunter2-hunter2")
    assert first["arguments"] == {"username": "joe", "password": secret}
    assert first["locals"] == {"copy": secret}
    assert first["returned"] == secret
    assert second["returned"] == redactor.secret("abcd1234efgh")


def test_nothing_is_recorded_outside_of_requests(tape: Tape) -> None:
    add(1)
    with tape.request():
        add(2)
    add(3)
    with tape.bench.tracer.start_as_current_span("job"):
        add(4)
    (call,) = tape.calls()
    assert call["arguments"]["first"] == 2
    assert CALLS not in tape.attributes("job")


def test_calls_inside_other_spans_name_those(tape: Tape) -> None:
    with tape.request(), tape.bench.tracer.start_as_current_span("SELECT") as span:
        add(1)
    (call,) = tape.calls()
    assert call["span"] == format(span.get_span_context().span_id, "016x")


def test_a_request_inside_a_request_of_the_same_trace_has_its_own(tape: Tape) -> None:
    with tape.request("GET /outer"):
        add(1)
        with tape.request("GET /inner"):
            add(2)
        add(3)
    assert [call["arguments"]["first"] for call in tape.calls("GET /outer")] == [1, 3]
    assert [call["arguments"]["first"] for call in tape.calls("GET /inner")] == [2]


def test_threads_that_keep_the_context(tape: Tape) -> None:
    with tape.request():
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(outer, [1, 2]))
        thread.start()
        thread.join()
        stranger = threading.Thread(target=add, args=(9,))
        stranger.start()
        stranger.join()
    assert [(call["qualname"], call["parent"]) for call in tape.calls()] == [
        ("outer", None),
        ("add", 0),
        ("add", 0),
    ]


def test_threads_of_an_executor_that_were_there_before(tape: Tape) -> None:
    """As those in which Django answers with synchronous views under ASGI."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(add, 1).result()
        for number in range(2):
            with tape.request(f"GET /{number}"):
                context = contextvars.copy_context()
                executor.submit(context.run, outer, [1]).result()
            executor.submit(add, 1).result()
            assert [call["qualname"] for call in tape.calls(f"GET /{number}")] == ["outer", "add", "add"]
        assert executor.submit(sys.getprofile).result() is None


def test_a_request_that_ended_in_another_thread(tape: Tape) -> None:
    """As where an answer is closed by the thread that made it: here the hook is set still."""
    tape.start()
    end = threading.Thread(target=tape.bench.django.start_span("GET /ended").end)
    end.start()
    end.join()
    with tape.request("GET /next"):
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(outer, [1]))
        thread.start()
        thread.join()
    assert [call["qualname"] for call in tape.calls("GET /next")] == ["outer", "add", "add"]


def test_requests_side_by_side(tape: Tape) -> None:
    tape.start()
    barrier = threading.Barrier(4)

    def serve(number: int) -> None:
        with tape.request(f"GET /{number}"):
            barrier.wait()
            for _ in range(50):
                outer([number, number])

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        found = [call for call in tape.calls(f"GET /{number}") if call["qualname"] == "outer"]
        assert len(found) == 50
        assert all(call["arguments"] == {"items": [number, number]} for call in found)


def test_too_many_calls_are_counted(tape: Tape) -> None:
    tape.start(max_calls=2)
    found = tape.of(factorial, 4)
    assert [call["id"] for call in found] == [0, 1]
    assert [call["returned"] for call in found] == [24, 6]
    assert tape.attributes()[CALLS_DROPPED] == "3"


def test_nothing_is_said_of_dropped_calls_where_there_are_none(tape: Tape) -> None:
    tape.of(add, 1)
    assert CALLS_DROPPED not in tape.attributes()


def test_records_that_grow_too_large_are_dropped(tape: Tape) -> None:
    tape.start(max_trace_bytes=4000)
    with tape.request():
        for letter in "abcde":
            log_in(letter * 900, "y")
    assert 0 < len(tape.calls()) < 5
    assert int(tape.attributes()[CALLS_DROPPED]) == 5 - len(tape.calls())


OPEN_TO_THE_END = """
import pathlib, sys
from opentelemetry.sdk.trace import TracerProvider
from otel2test.processors import calls
from otel2test.processors.files import TraceFile
from otel2test.processors.recorder import DJANGO_SCOPE, Recorder
from otel2test.processors.settings import RecorderSettings

folder = pathlib.Path(sys.argv[1])
recorder = Recorder(RecorderSettings(directory=folder), TraceFile(folder))
provider = TracerProvider(shutdown_on_exit=False)
recorder.attach(provider)
calls.install(recorder)
span = provider.get_tracer(DJANGO_SCOPE).start_span("GET /")
"""


def test_nothing_is_said_where_the_interpreter_ends_inside_a_request(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPEN_TO_THE_END, tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_calls_may_be_switched_off(bench: Bench) -> None:
    assert calls.install(bench.start(calls=False)) is None


def test_values_whose_code_fails_are_recorded_without_running_it(tape: Tape) -> None:
    (call,) = tape.of(take, Hostile())
    kind = f"{callees.__name__}.Hostile"
    assert call["arguments"] == {"value": {"$object": {"type": kind, "attributes": {}}}}


def test_nothing_lives_longer_for_being_recorded(tape: Tape) -> None:
    with tape.request():
        use(Counted())
        assert Counted.alive == 0


@pytest.mark.skipif(not BY_PROFILE_HOOK, reason="the profile hook isn't used")
def test_another_profiler_is_left_alone(tape: Tape, caplog: pytest.LogCaptureFixture) -> None:
    def other(*_: object) -> None:
        pass

    tape.start()
    sys.setprofile(other)
    try:
        with caplog.at_level(logging.WARNING):
            assert tape.of(add, 1) == []
            with tape.request():
                pass
        assert sys.getprofile() is other
    finally:
        sys.setprofile(None)
    assert len([record for record in caplog.records if "another profiler" in record.message]) == 1


@pytest.mark.skipif(not BY_PROFILE_HOOK, reason="the profile hook isn't used")
def test_the_hook_is_gone_when_no_request_is_open(tape: Tape) -> None:
    tape.of(add, 1)
    with tape.request():
        pass
    assert sys.getprofile() is None


if sys.version_info >= (3, 12):

    def test_without_a_free_tool_id_nothing_is_recorded(tape: Tape, caplog: pytest.LogCaptureFixture) -> None:
        taken = [tool for tool in (2, 3, 4) if sys.monitoring.get_tool(tool) is None]
        for tool in taken:
            sys.monitoring.use_tool_id(tool, "somebody else")
        try:
            assert tape.of(add, 1) == []
        finally:
            for tool in taken:
                sys.monitoring.free_tool_id(tool)
        assert "every tool id" in caplog.text

    def test_the_profilers_place_is_left_free(tape: Tape) -> None:
        profile = cProfile.Profile()
        with tape.request():
            add(1)
            profile.runcall(add, 2)
        assert [call["arguments"]["first"] for call in tape.calls()] == [1, 2]
        assert "add" in {function[2] for function in pstats.Stats(profile).stats}  # type: ignore[attr-defined]

    def test_another_tool_and_we_go_together(tape: Tape) -> None:
        seen: list[str] = []
        sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID, "somebody else")
        events = sys.monitoring.events.PY_START
        sys.monitoring.register_callback(
            sys.monitoring.PROFILER_ID, events, lambda code, _offset: seen.append(code.co_name)
        )
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, events)
        try:
            (call,) = tape.of(add, 1)
        finally:
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
            sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
        assert call["qualname"] == "add"
        assert "add" in seen
