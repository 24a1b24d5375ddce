"""Recordings become test modules, whatever stands in them."""

import ast
import io
from collections.abc import Sequence
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from otel2test import pipeline
from otel2test.attributes import SessionPayload
from otel2test.pipeline import Generated
from otel2test.settings import FRAMEWORKS, Framework, Settings
from otel2test.values import Wire, encode
from otel2test.writing import source
from tests.inverting.shop import PERSON, SHOP, TAG, TODO, USER, insert, select, update
from tests.recordings import (
    Node,
    Recorded,
    body_of,
    commit,
    failure,
    field,
    foreign_key,
    model,
    outbound,
    query,
    recorded,
    request,
    schema,
    stock_request,
    told,
    view,
)

ROW = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
SAMPLES = Path(__file__).parent.parent / "samples" / "spans"

COMPLETE = recorded(
    request(
        "POST",
        "/complete/50/",
        select(TODO, ROW),
        update(TODO, 50, done=1),
        commit(),
        schema=SHOP,
        status=302,
        response_headers=[("Location", "/")],
        view=view("complete_todo", pk=50),
    ),
    trace_id="a1" * 16,
)
INDEX = recorded(
    request("GET", "/", select(TODO, ROW), schema=SHOP, view=view("index"), answer="Milk"), trace_id="b2" * 16
)


def generate(*traces: Recorded | bytes, prefixes: Sequence[str] = (), **chosen: object) -> Generated:
    data = b"".join(trace if isinstance(trace, bytes) else trace.line() for trace in traces)
    return pipeline.generate(["-"], prefixes, Settings(**chosen), io.BytesIO(data))  # type: ignore[arg-type]  # by name


def text_of(found: Generated) -> str:
    assert found.module is not None, found.problems
    ast.parse(found.module.text)
    return found.module.text


def names(found: Generated) -> list[str]:
    return [test.name for test in found.module.tests] if found.module else []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_test_for_each_request(framework: Framework) -> None:
    found = generate(COMPLETE, INDEX, framework=framework)

    assert (
        names(found) == ["test_complete_todo_redirects_to_index", "test_index_is_shown"]
        or len(names(found)) == 2
    )
    assert (found.problems, found.remarks) == ((), ())
    assert text_of(found).count("    def test_" if framework == "unittest" else "\ndef test_") == 2


def test_the_example_of_the_readme() -> None:
    assert text_of(generate(COMPLETE)).endswith(
        "def test_complete_todo_redirects_to_index(client):\n"
        "    # Arrange\n"
        '    todo = Todo.objects.create(pk=50, title="Milk")\n'
        "\n"
        "    # Act\n"
        '    response = client.post("/complete/50/")\n'
        "\n"
        "    # Assert\n"
        '    assertRedirects(response, "/", fetch_redirect_response=False)\n'
        "    todo.refresh_from_db()\n"
        "    assert todo.done is True\n"
    )


def test_traces_are_chosen() -> None:
    found = generate(COMPLETE, INDEX, prefixes=["b2", "c3"])

    assert len(names(found)) == 1
    assert [problem.what for problem in found.problems] == ["no trace begins with c3"]


def test_good_traces_beside_bad_ones_are_used() -> None:
    lonely = recorded(query("SELECT 1"), trace_id="c3" * 16)

    found = generate(b"{\n", COMPLETE, b'{"resourceSpans": 3}\n', lonely, b"null\n", INDEX)

    assert len(names(found)) == 2
    assert len(found.problems) >= 3
    assert all(problem.where and problem.what and problem.remedy for problem in found.problems)


@pytest.mark.parametrize("data", [b"", b"\n", b"{", b"[]", b"null"])
def test_nothing_to_make_a_test_of(data: bytes) -> None:
    found = generate(data)

    assert found.module is None
    assert found.problems


def test_a_request_that_opentelemetry_alone_recorded() -> None:
    assert "client.get" in text_of(generate(recorded(stock_request("GET", "/x/"))))


def test_a_request_that_cannot_be_written_is_left_out() -> None:
    node = request(
        "GET",
        "/x/",
        schema=SHOP,
        session={"before": {"a": {"$range": {"lower": 1, "upper": 2, "bounds": "[)"}}}, "after": {}},
    )

    found = generate(recorded(node, trace_id="d4" * 16), COMPLETE)

    assert "test_complete_todo_redirects_to_index" in names(found)
    assert len(names(found)) + len(found.problems) == 2


def test_what_was_not_inverted_is_a_remark_and_a_comment() -> None:
    node = request("GET", "/", query("CALL tidy_up(%s)", [1], vendor="postgresql"), schema=SHOP)

    found = generate(recorded(node))

    (remark,) = found.remarks
    assert "CALL tidy_up" in str(remark)
    assert "# Not inverted:" in text_of(found)


def test_names_given_by_the_user() -> None:
    found = generate(COMPLETE, INDEX, test_name="test_mine", test_class="Mine", framework="unittest")

    assert names(found) == ["test_mine", "test_mine_2"]
    assert "class Mine(TestCase):" in text_of(found)


@pytest.mark.parametrize(
    ("service", "class_name"),
    [
        ("shop", "ShopTests"),
        ("my-shop", "MyShopTests"),
        ("", "RecordedTests"),
        ("4711", "RecordedTests"),
        ("日本", "RecordedTests"),
    ],
)
def test_the_class_is_named_after_the_service(service: str, class_name: str) -> None:
    node = request("GET", "/", schema=SHOP)

    assert f"class {class_name}(" in text_of(generate(recorded(node, service=service), framework="unittest"))


def test_two_services_have_no_name_in_common() -> None:
    traces = [recorded(request("GET", "/"), service=name, trace_id=name * 32) for name in "ab"]

    assert "class RecordedTests(" in text_of(generate(*traces, framework="unittest"))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_same_recording_is_the_same_bytes(
    framework: Framework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = text_of(generate(COMPLETE, INDEX, framework=framework))
    (tmp_path / "ruff.toml").write_text("line-length = 30\n")
    monkeypatch.chdir(tmp_path)

    assert text_of(generate(COMPLETE, INDEX, framework=framework)) == once


def test_the_same_view_twice_gives_two_names() -> None:
    found = generate(INDEX, recorded(INDEX.nodes[0], trace_id="e5" * 16))

    assert len(set(names(found))) == 2


@pytest.mark.parametrize("name", ["todo", "response", "str", "client", "True_", "ANY"])
def test_a_model_of_any_name(name: str) -> None:
    odd = model(f"shop.{name}", field("id", "AutoField", primary_key=True), field("title"), table="shop_odd")
    node = request(
        "POST",
        "/50/",
        select(odd, {"id": 50, "title": "Milk"}),
        update(odd, 50, title="Ale"),
        insert(odd, 51, title="Wine"),
        schema=schema(odd),
        answer={"id": 51, "url": "/51/", "pk": "51"},
    )

    tree = ast.parse(text_of(generate(recorded(node))))

    imports = {
        alias.asname or alias.name
        for item in ast.walk(tree)
        if isinstance(item, (ast.Import, ast.ImportFrom))
        for alias in item.names
    }
    stored = {
        item.id for item in ast.walk(tree) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    }
    assert not imports & (stored | {"client", "str"})


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples here")
def test_all_samples_at_once() -> None:
    found = pipeline.generate([str(SAMPLES)], (), Settings(), io.BytesIO())

    assert found.problems == ()
    assert len(names(found)) == len(set(names(found))) >= len([*SAMPLES.iterdir()])
    text_of(found)


# --- whatever stands in it ------------------------------------------------------------------

TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "'",
        '"',
        '"""',
        "\\",
        "\n",
        "{x}",
        "#",
        "\ud800",
        "\u202e",
        "50",
        "None",
        "2026-01-02T03:04:05Z",
        "a8F3kQ9zL2mX7",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.binary(max_size=9)
    | st.decimals()
    | st.uuids()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
)
WIRES = st.recursive(
    SCALARS.map(encode),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(str.isprintable), inner, max_size=3)
    ),
    max_leaves=4,
) | st.sampled_from(
    [
        {"$lazy": "a.B"},
        {"$ref": "a.b"},
        {"$cut": {"type": "str", "size": 9, "kept": "x"}},
        {"$object": {"type": "a.B", "attributes": {"x": [1]}}},
        {"$model": {"label": "shop.Todo", "pk": 1, "fields": {"x": [1]}}},
        {"$enum": {"type": "a.B", "name": "X", "value": [1]}},
        {"$range": {"lower": 1, "upper": [2], "bounds": "[)"}},
        {"$tuple": [1, [2]]},
        {"$set": [1]},
        {"$nonsense": 1},
    ]
)
KINDS = st.sampled_from(
    [
        "AutoField",
        "CharField",
        "BooleanField",
        "IntegerField",
        "DateTimeField",
        "DateField",
        "TimeField",
        "DecimalField",
        "DurationField",
        "UUIDField",
        "JSONField",
        "BinaryField",
        "FloatField",
        "EmailField",
        "OddField",
    ]
)
PLAIN_TEXTS = TEXTS.map(lambda text: text.encode("utf-8", "replace").decode())
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_TEXTS, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def traces(draw: st.DrawFn) -> Recorded:
    """Draw a request whose values are anything at all."""

    def value() -> Wire:
        return cast("Wire", draw(WIRES))

    def some(payload: dict[str, object]) -> dict[str, object]:
        return {key: item for key, item in payload.items() if draw(st.booleans())}

    thing = model(
        "shop.Thing",
        field("id", draw(KINDS), primary_key=True),
        field(
            "a", draw(KINDS), **some({"default": value(), "unique": True, "choices": [value()], "null": True})
        ),
        field(
            "b",
            draw(KINDS),
            **some({"auto_now": True, "max_length": 3, "decimal_places": 1, "default": value()}),
        ),
        foreign_key("other", "shop.Thing", **some({"null": True, "related_field": "a"})),
    )
    columns = ["id", "a", "b", "other_id"]
    listed = ", ".join(f'"shop_thing"."{column}"' for column in columns)
    marks = '("id", "a", "b", "other_id") VALUES (%s, %s, %s, %s)'
    raw = st.lists(WIRES, min_size=4, max_size=4)
    possible = st.one_of(
        st.builds(
            lambda rows: Statement(f'SELECT {listed} FROM "shop_thing"', [], columns, rows),
            st.lists(raw, max_size=3),
        ),
        st.builds(
            lambda row, key: Statement(
                f'SELECT {listed} FROM "shop_thing" WHERE "shop_thing"."a" = %s', [key], columns, [row]
            ),
            raw,
            WIRES,
        ),
        st.builds(lambda row: Statement(f'INSERT INTO "shop_thing" {marks}', row), raw),
        st.builds(
            lambda row: Statement(f'INSERT INTO "shop_thing" {marks} ON CONFLICT DO NOTHING', row), raw
        ),
        st.builds(
            lambda a, b: Statement('UPDATE "shop_thing" SET "b" = %s WHERE "shop_thing"."id" = %s', [a, b]),
            WIRES,
            WIRES,
        ),
        st.builds(
            lambda a, b: Statement(
                'UPDATE "shop_thing" SET "b" = ("shop_thing"."b" + %s) WHERE "shop_thing"."a" = %s', [a, b]
            ),
            WIRES,
            WIRES,
        ),
        st.builds(
            lambda a, b: Statement('DELETE FROM "shop_thing" WHERE "shop_thing"."id" IN (%s, %s)', [a, b]),
            WIRES,
            WIRES,
        ),
        st.builds(
            lambda n, a: Statement(
                'SELECT COUNT(*) FROM "shop_thing" WHERE "shop_thing"."a" = %s', [a], ["c"], [[n]]
            ),
            st.integers(-1, 9),
            WIRES,
        ),
        st.builds(lambda sql: Statement(sql, []), PLAIN_TEXTS),
    )
    queries = [statement.node(draw(st.integers(0, 3))) for statement in draw(st.lists(possible, max_size=4))]
    calls = [
        outbound(
            draw(st.sampled_from(["GET", "POST", "x y"])),
            draw(PLAIN_TEXTS),
            json=draw(JSON),
            answer=draw(JSON),
            error=draw(st.sampled_from([None, failure("a.B", "x")])),
        )
        for _ in range(draw(st.integers(0, 1)))
    ]
    pairs = st.lists(st.tuples(PLAIN_TEXTS, PLAIN_TEXTS), max_size=3)
    session: SessionPayload = {"before": {"a": value(), "_auth_user_id": value()}, "after": {"a": value()}}
    sent = draw(st.sampled_from(["form", "json", "text", "nothing"]))
    return recorded(
        request(
            draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "odd one"])),
            f"/{draw(PLAIN_TEXTS)}",
            *queries,
            *calls,
            query_string=draw(PLAIN_TEXTS),
            headers=draw(pairs),
            cookies=dict(draw(pairs)),
            form=draw(pairs) if sent == "form" else None,
            json=draw(JSON) if sent == "json" else None,
            body=body_of(draw(PLAIN_TEXTS)) if sent == "text" else None,
            status=draw(st.sampled_from([200, 201, 302, 404, 500])),
            answer=draw(JSON),
            response_headers=[*draw(pairs), ("Location", draw(PLAIN_TEXTS))],
            view={**view("x"), "qualname": draw(PLAIN_TEXTS), "kwargs": {"pk": value()}},
            user={"authenticated": True, "model": "auth.User", "pk": value()},
            session=draw(st.sampled_from([None, session])),
            exception=failure(draw(PLAIN_TEXTS), draw(PLAIN_TEXTS)) if draw(st.booleans()) else None,
            schema=schema(thing, USER, PERSON, TAG),
        )
    )


class Statement:
    """A statement with wire values, which the language of recordings would encode once more."""

    def __init__(
        self,
        sql: str,
        params: list[object],
        columns: list[str] | None = None,
        rows: list[list[object]] | None = None,
    ) -> None:
        self.sql, self.params, self.columns, self.rows = sql, params, columns or [], rows or []

    def node(self, rowcount: int) -> Node:
        payload = {
            "alias": "default",
            "vendor": "sqlite",
            "sql": self.sql,
            "params": self.params,
            "columns": self.columns,
            "rows": self.rows,
            "exhausted": True,
            "rowcount": rowcount,
        }
        return told(query(self.sql), QUERY=payload)


@hypothesis_settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(traces())
def test_nothing_in_a_recording_makes_it_fail(trace: Recorded) -> None:
    # Formatting is left out: it starts a process, and takes whatever can be parsed.
    with patch.object(source, "formatted", lambda text, *_: text):
        found = generate(trace)

    assert found.module is not None or found.problems
    if found.module is not None:
        text_of(found)
