"""``otel2test list``: a row a request, to find the trace that is looked for."""

import datetime as dt
import io
import json
import subprocess
import sys
from itertools import pairwise

from otel2test.listing import Row, as_json, rows, table
from otel2test.reading import read
from tests.recordings import (
    START,
    Recorded,
    commit,
    lines,
    outbound,
    query,
    recorded,
    request,
    stock_query,
    stock_request,
)

SECOND = 1_000_000_000

COMPLETE = recorded(
    request("POST", "/complete/50/", query("SELECT 1"), query("UPDATE t"), commit(), status=302),
    trace_id="5b8efff798038103d269b633813fc60c",
)
SEARCH = recorded(
    request("GET", "/search/", outbound("GET", "http://h/"), query_string="q=a%20b"),
    trace_id="0f" * 16,
    start=START + SECOND,
)
MIGRATION_CHECK = recorded(query("PRAGMA foreign_keys"), trace_id="1f" * 16, start=START + 2 * SECOND)


def listed(*traces: Recorded) -> tuple[Row, ...]:
    recording = read(["-"], io.BytesIO(lines(*traces)))
    assert recording.problems == ()
    return rows(recording)


def test_the_table() -> None:
    assert table(listed(SEARCH, COMPLETE, MIGRATION_CHECK)) == (
        "TRACE     TIME (UTC)            REQUEST               STATUS  QUERIES  OUTBOUND   MS\n"
        "5b8efff7  2026-01-02T03:04:05Z  POST /complete/50/       302        2         0  4.0\n"
        "0f0f0f0f  2026-01-02T03:04:06Z  GET /search/?q=a%20b     200        0         1  2.0\n"
        "1f1f1f1f  2026-01-02T03:04:07Z  (PRAGMA)                   -        1         0  1.0\n"
    )


def test_json() -> None:
    first, _, last = json.loads(as_json(listed(SEARCH, COMPLETE, MIGRATION_CHECK)))
    assert first == {
        "trace": "5b8efff798038103d269b633813fc60c",
        "time": "2026-01-02T03:04:05.000Z",
        "request": "POST /complete/50/",
        "name": "POST /complete/50/",
        "status": 302,
        "queries": 2,
        "outbound": 0,
        "milliseconds": 4.0,
    }
    assert (last["request"], last["name"], last["status"]) == (None, "PRAGMA", None)


def test_nothing_recorded() -> None:
    assert table(()) == "TRACE  TIME (UTC)  REQUEST  STATUS  QUERIES  OUTBOUND  MS\n"
    assert as_json(()) == "[]\n"


def test_stock_opentelemetry() -> None:
    (row,) = listed(recorded(stock_request("GET", "/a/?b=c", stock_query("SELECT 1"), status=404)))
    assert row.request == "GET /a/?b=c"
    assert (row.status, row.queries) == (404, 1)
    assert row.time == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def test_two_requests_of_one_trace_have_a_row_each() -> None:
    inner = request("GET", "/inner/", query("SELECT 1"))
    found = listed(recorded(request("GET", "/outer/", inner)))
    assert [(row.request, row.queries) for row in found] == [("GET /outer/", 0), ("GET /inner/", 1)]


def test_prefixes_are_as_long_as_they_must_be() -> None:
    ids = ["a" * 32, "a" * 20 + "b" * 12, "a" * 20 + "b" * 11 + "c", "b" * 32]
    found = listed(*(recorded(request("GET", "/"), trace_id=trace_id) for trace_id in ids))
    prefixes = {row.trace_id: row.prefix for row in found}
    assert [prefixes[trace_id] for trace_id in ids] == ["a" * 21, ids[1], ids[2], "b" * 8]
    assert not any(after.startswith(before) for before, after in pairwise(sorted(prefixes.values())))


def test_recorded_text_does_not_reach_the_terminal_as_it_is() -> None:
    text = table(listed(recorded(request("GET", "/\x1b[2J\n" + "x" * 200))))
    assert "\x1b" not in text
    assert "GET /\\x1b[2J\\nxxx" in text
    assert len(text.splitlines()) == 2
    assert "…" in text


def test_listing_loads_nothing_heavy() -> None:
    heavy = {"rich", "typer", "sqlglot", "jinja2", "google.protobuf", "opentelemetry", "django"}
    program = "import sys, otel2test.listing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert heavy.isdisjoint(loaded.split())
