"""From files to traces: spans find each other over lines and files, and nothing raises."""

import gzip
import io
from collections import Counter
from pathlib import Path

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel2test import attributes
from otel2test.listing import rows, table
from otel2test.reading import Recording, exchanges, read, requestless, select
from otel2test.showing import show
from tests.recordings import DJANGO, TRACE_ID, lines, query, recorded, request, span

OTHER_ID = "5b8e0000000000000000000000000001"


def of(content: bytes) -> Recording:
    return read(["-"], io.BytesIO(content))


def test_traces_of_several_files(tmp_path: Path) -> None:
    one, other = recorded(request("GET", "/one")), recorded(request("GET", "/two"), trace_id=OTHER_ID)
    (tmp_path / "a.jsonl").write_bytes(one.line())
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(other.line()))
    recording = read([str(tmp_path)])
    assert {trace.id for trace in recording.traces} == {TRACE_ID, OTHER_ID}
    assert recording.problems == ()


def test_a_trace_is_put_together_from_lines_and_files(tmp_path: Path) -> None:
    document = recorded(request("GET", "/", query("SELECT 1"), span("late"))).document()
    scopes = document["resourceSpans"][0]["scopeSpans"]  # type: ignore[index]  # documents are untyped JSON
    parts = [orjson.dumps({"resourceSpans": [{"scopeSpans": [scope]}]}) + b"\n" for scope in scopes]
    (tmp_path / "a.jsonl").write_bytes(parts[2] + parts[1])
    (tmp_path / "b.jsonl").write_bytes(parts[0])
    (trace,) = read([str(tmp_path)]).traces
    assert [each.name for each in trace.spans] == ["GET /", "SELECT", "late"]
    assert [each.name for each in trace.roots] == ["GET /"]


def test_a_file_given_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(recorded(request("GET", "/", query("SELECT 1"))).line())
    (trace,) = read([str(path), str(path), str(tmp_path)]).traces
    assert len(trace.spans) == 2


def test_good_traces_beside_bad_lines() -> None:
    good = recorded(request("GET", "/"))
    recording = of(good.line() + b'{"resourceLogs": []}\n' + good.line()[:50])
    assert [trace.id for trace in recording.traces] == [TRACE_ID]
    assert [str(problem).partition(";")[0] for problem in recording.problems] == [
        "<stdin>:2: holds logs, not spans",
        "<stdin>:3: is cut off in the middle",
    ]


def test_many_problems_of_one_kind_are_told_three_times_and_counted() -> None:
    recording = of(b'{"resourceLogs": []}\n' * 1000)
    assert [str(problem).partition(";")[0] for problem in recording.problems] == [
        "<stdin>:1: holds logs, not spans",
        "<stdin>:2: holds logs, not spans",
        "<stdin>:3: holds logs, not spans",
        "<stdin>: 997 more: holds logs, not spans",
    ]


def test_traces_are_selected_by_the_beginning_of_their_id() -> None:
    one, other = recorded(request("GET", "/one")), recorded(request("GET", "/two"), trace_id=OTHER_ID)
    recording = of(lines(one, other))

    def selected(*prefixes: str) -> list[str]:
        return sorted(trace.id for trace in select(recording, prefixes)[0])

    assert selected() == selected("5b8e") == selected("5b8ef", "5b8e0") == [OTHER_ID, TRACE_ID]
    assert selected("5B8EF") == [TRACE_ID]
    assert selected("5b8e0", "ffff") == [OTHER_ID]
    assert [str(problem) for problem in select(recording, ["ffff", "5b8e", "ffff"])[1]] == [
        "--trace: no trace begins with ffff; otel2test list FILE shows those that are there"
    ]


def everything(content: bytes) -> None:
    """Do all that reading does, the commands ``list`` and ``show`` included."""
    recording = of(content)
    table(rows(recording))
    for trace in recording.traces:
        exchanges(trace)
        requestless(trace)
        show(trace)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
_WIRES = st.recursive(
    _JSON,
    lambda inner: st.dictionaries(
        st.sampled_from(["$int", "$dict", "$model", "$cut", "$datetime"]), inner, max_size=1
    ),
)
_PAYLOAD_KEYS = sorted(
    {
        key
        for shape in vars(attributes).values()
        if isinstance(shape, type)
        for key in getattr(shape, "__annotations__", {})
    }
)
_PAYLOADS = st.recursive(
    _WIRES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_PAYLOAD_KEYS), inner, max_size=6)
    ),
    max_leaves=15,
)
_IDS = st.sampled_from(["0000000000000001", "0000000000000002", "0000000000000003", "", "x"])


@st.composite
def _spans(draw: st.DrawFn) -> dict[str, object]:
    """Draw a span that is almost sound, so that what follows upon it is reached."""
    keys = st.sampled_from(sorted(attributes.JSON_PAYLOADS)) | st.sampled_from(
        ["http.target", "http.status_code", "http.url", "http.method", "db.system", "db.statement"]
    )
    payloads = draw(st.dictionaries(keys, _PAYLOADS | st.just("sqlite"), max_size=5))
    values: list[object] = [
        {"key": key, "value": {"stringValue": value if isinstance(value, str) else orjson_text(value)}}
        for key, value in payloads.items()
    ]
    span: dict[str, object] = {
        "traceId": TRACE_ID,
        "spanId": draw(_IDS),
        "parentSpanId": draw(_IDS),
        "name": draw(st.text() | _JSON),
        "kind": draw(st.integers(0, 6)),
        "startTimeUnixNano": draw(st.integers(0, 2**64)),
        "endTimeUnixNano": draw(st.integers(0, 2**64)),
        "attributes": values + draw(st.lists(_JSON, max_size=1)),
    }
    return span | draw(st.dictionaries(st.sampled_from(sorted(span)), _JSON, max_size=1))


def orjson_text(value: object) -> str:
    return orjson.dumps(_small(value)).decode()


def _small(value: object) -> object:
    """Return what orjson can write: drawn integers and strings may be more than it takes."""
    match value:
        case bool() | None:
            return value
        case int():
            return value % 2**63
        case str():
            return value.encode(errors="replace").decode()
        case list():
            return [_small(item) for item in value]
        case dict():
            return {str(_small(key)): _small(item) for key, item in value.items()}
    return value


@given(st.binary())
def test_no_bytes_raise(content: bytes) -> None:
    everything(content)


@given(_JSON)
def test_no_json_raises(content: object) -> None:
    everything(orjson.dumps(_small(content)))


@given(st.lists(_spans(), max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_spans_raise(spans: list[dict[str, object]]) -> None:
    scoped = {"scope": {"name": DJANGO}, "spans": spans}
    everything(orjson.dumps(_small({"resourceSpans": [{"scopeSpans": [scoped]}]})))


@given(st.data())
def test_no_damage_to_a_line_raises_or_hides_the_others(data: st.DataObject) -> None:
    good = recorded(request("GET", "/", query("SELECT 1", columns=["1"], rows=[[1]]))).line()
    position = data.draw(st.integers(0, len(good) - 2))
    damaged = bytearray(good)
    # A line end would make two lines of it, and a brace after one, two documents.
    damaged[position] = data.draw(st.integers(0, 255).filter(lambda byte: byte not in b"\n\r"))
    other = recorded(request("GET", "/other"), trace_id=OTHER_ID).line()
    content = other + bytes(damaged) + other.replace(OTHER_ID.encode(), b"a" * 32)
    everything(content)
    found = Counter(trace.id for trace in of(content).traces)
    assert found[OTHER_ID] == found["a" * 32] == 1
