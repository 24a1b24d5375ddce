"""The same operations of the ORM on every driver: what is sent, what comes back, which keys are given."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from django.db import DEFAULT_DB_ALIAS, DataError, IntegrityError, connection, connections, transaction
from django.db.models import Count, F, Max
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel2test.processors.django import drivers, executions
from tests.processors.django.projects.drivers.conftest import (
    DRIVER,
    DRIVER_SCOPE,
    INSTRUMENTED,
    OWN_SCOPE,
    RECORDER,
    Asked,
)
from tests.processors.django.projects.drivers.models import Item, Keyed, Shelf

QUOTE = "`" if DRIVER.vendor == "mysql" else '"'


def quoted(name: str) -> str:
    return f"{QUOTE}{name}{QUOTE}"


def test_get(asked: Asked) -> None:
    query = asked(lambda: Shelf.objects.get(name="top")).query("drivers_shelf")
    assert (query["alias"], query["vendor"]) == ("default", DRIVER.vendor)
    assert quoted("drivers_shelf") in query["sql"]
    assert query["params"][0] == "top"
    assert query["columns"] == ["id", "name"]
    assert [row[1] for row in query["rows"]] == ["top"]
    assert (query["fetched"], query["exhausted"]) == (1, True)
    assert query["model"] == "drivers.Shelf"
    assert [source["field"] for source in query["sources"]] == ["id", "name"]


def test_joins_annotations_and_aggregates(asked: Asked) -> None:
    def act() -> None:
        list(Item.objects.select_related("shelf"))
        list(Shelf.objects.annotate(many=Count("items")).values("name", "many"))
        Item.objects.aggregate(top=Max("label"))

    joined, annotated, aggregated = asked(act).queries
    assert [(source["model"], source["field"]) for source in joined["sources"]][-1] == (
        "drivers.Shelf",
        "name",
    )
    assert [row[-1] for row in joined["rows"]] == ["top"] * 3
    assert {"annotation": "many"} in annotated["sources"]
    assert ["top", 3] in annotated["rows"]
    assert (aggregated["sources"], aggregated["rows"]) == ([{"annotation": "top"}], [["i2"]])


def test_an_empty_result(asked: Asked) -> None:
    query = asked(lambda: Shelf.objects.filter(name="nix").first()).query("drivers_shelf")
    assert (query["rows"], query["fetched"], query["exhausted"]) == ([], 0, True)


def test_exists_and_count(asked: Asked) -> None:
    exists, count = asked(lambda: (Item.objects.exists(), Item.objects.count())).queries
    assert exists["rows"] == [[1]]
    assert count["rows"] == [[3]]


def generated(query: dict[str, Any]) -> list[object]:
    """Return the keys that the database gave, by whichever way this one tells them."""
    return [row[0] for row in query["rows"]] if "rows" in query else [query["lastrowid"]]


@pytest.mark.parametrize("returning", [True, False], ids=["returning", "lastrowid"])
def test_the_key_of_a_created_row(asked: Asked, returning: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not returning:
        if DRIVER.vendor == "postgresql":
            pytest.skip("PostgreSQL has no other way than RETURNING")
        # As on MySQL, and on older versions of MariaDB and SQLite.
        monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    query = asked(lambda: Shelf.objects.create(name="low")).query("INSERT")
    assert ("rows" in query) is returning
    assert generated(query) == [Shelf.objects.get(name="low").pk]
    assert query["params"] == ["low"]


def test_a_key_that_the_program_gives(asked: Asked) -> None:
    key = uuid.uuid4()
    recorded = asked(lambda: Keyed.objects.create(id=key))
    assert key.hex in str(recorded.query("INSERT")["params"]).replace("-", "")


def test_keys_of_rows_created_in_bulk(asked: Asked) -> None:
    query = asked(lambda: Shelf.objects.bulk_create([Shelf(name="a"), Shelf(name="b")])).query("INSERT")
    flat = [item for value in query["params"] for item in (value if isinstance(value, list) else [value])]
    assert flat == ["a", "b"]
    assert generated(query) == list(
        Shelf.objects.filter(name__in="ab").order_by("name").values_list("pk", flat=True)
    )


def test_bulk_create_with_conflicts(asked: Asked) -> None:
    rows = [Shelf(name="top"), Shelf(name="new")]
    query = asked(lambda: Shelf.objects.bulk_create(rows, ignore_conflicts=True)).query("INSERT")
    assert query["rowcount"] == 1


def test_update_counts_the_rows_that_matched(asked: Asked) -> None:
    # The second changes nothing, and still matches.
    recorded = asked(lambda: [Item.objects.filter(label="i1").update(label="j") for _ in "x"])
    assert recorded.query("UPDATE")["rowcount"] == 1
    again = asked(lambda: Item.objects.filter(label="j").update(label="j"))
    assert again.query("UPDATE")["rowcount"] == 1


def test_expressions_and_deletes(asked: Asked) -> None:
    def act() -> None:
        Item.objects.filter(label="i1").update(shelf=F("shelf"))
        Item.objects.filter(label__in=["i1", "i2"]).delete()

    recorded = asked(act)
    assert recorded.query("DELETE")["rowcount"] == 2
    assert "rows" not in recorded.query("DELETE")


def test_executemany(asked: Asked) -> None:
    names = [["m1"], ["m2"], ["m3"]]

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO drivers_shelf (name) VALUES (%s)", names)

    query = asked(act).query("INSERT")
    assert (query["many"], query["executions"], query["rowcount"]) == (names, 3, 3)


def test_raw_sql_with_named_parameters(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT label FROM drivers_item WHERE label > %(low)s ORDER BY label", {"low": "i0"}
            )
            assert [row[0] for row in cursor] == ["i1", "i2"]

    query = asked(act).query("SELECT label")
    assert query["params"] == {"low": "i0"}
    assert (query["rows"], query["exhausted"]) == ([["i1"], ["i2"]], True)
    assert "model" not in query


def test_raw_query_set(asked: Asked) -> None:
    query = asked(lambda: list(Shelf.objects.raw("SELECT * FROM drivers_shelf"))).query("SELECT *")
    assert (query["columns"], len(query["rows"])) == (["id", "name"], 1)


@pytest.mark.parametrize("chunk_size", [1, 2, 100])
def test_iterator(asked: Asked, chunk_size: int) -> None:
    """On PostgreSQL, a cursor on the server's side; on psycopg 3, of another class."""

    def act() -> None:
        with transaction.atomic():
            assert len(list(Item.objects.iterator(chunk_size=chunk_size))) == 3

    query = asked(act).query("drivers_item")
    assert [row[-1] for row in query["rows"]] == ["i0", "i1", "i2"]
    assert (query["fetched"], query["exhausted"]) == (3, True)
    assert [source["field"] for source in query["sources"]] == ["id", "shelf_id", "label"]


def test_an_iterator_that_is_left_early(asked: Asked) -> None:
    query = asked(lambda: next(Item.objects.iterator(chunk_size=2))).query("drivers_item")
    assert not query["exhausted"]
    assert 1 <= query["fetched"] <= 3


def test_errors(asked: Asked) -> None:
    def act() -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Shelf.objects.create(name="top")

    error = asked(act).query("INSERT")["error"]
    assert error["type"] == "django.db.utils.IntegrityError"
    assert error["message"]
    assert error["where"].startswith("tests/processors/django/projects/drivers/test_statements.py:")


@pytest.mark.skipif(DRIVER.vendor == "sqlite", reason="SQLite lets any length pass")
def test_values_that_do_not_fit(asked: Asked) -> None:
    def act() -> None:
        with pytest.raises(DataError), transaction.atomic():
            Shelf.objects.create(name="x" * 41)

    assert asked(act).query("INSERT")["error"]["type"] == "django.db.utils.DataError"


def test_each_statement_has_one_span(asked: Asked) -> None:
    """The driver's own where it is instrumented and somebody else looks at spans, else ours; never both."""

    def act() -> None:
        Shelf.objects.get(name="top")
        with transaction.atomic():
            list(Item.objects.iterator(chunk_size=2))
            Shelf.objects.create(name=uuid.uuid4().hex)
        with connection.cursor() as cursor:
            new = [[str(uuid.uuid4())], [str(uuid.uuid4())]]
            cursor.executemany("INSERT INTO drivers_shelf (name) VALUES (%s)", new)

    def taken_over() -> int:
        recorded = asked(act)
        on_database = [
            span
            for span in recorded.spans
            if span.attributes.get("db.system") or span.attributes.get("db.system.name")
        ]
        assert len(on_database) == len(recorded.queries) == 6
        assert all("otel2test.db.query" in span.attributes for span in on_database)
        of_driver = len(recorded.of(DRIVER_SCOPE))
        assert of_driver + len(recorded.of(OWN_SCOPE)) == 6
        return of_driver

    # psycopg's cursors are instrumented themselves, all others by a proxy of their connection.
    alone = taken_over()
    assert alone >= 3 if INSTRUMENTED and DRIVER.vendor == "postgresql" else alone == 0
    with somebody_else_looking():
        # Begin and commit have no SQL on most drivers, cursors on the server's side go unseen on psycopg 3.
        assert taken_over() >= 3 if INSTRUMENTED else taken_over() == 0


def test_a_span_names_the_database_by_the_semantic_conventions(asked: Asked) -> None:
    """As its server does, whatever Django's alias of it and its word for the make."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if DRIVER.vendor == "sqlite" else "SELECT version()")
        version = cursor.fetchone()[0].lower()

    def act() -> None:
        connection.close()
        for alias in connections:
            with transaction.atomic(using=alias):
                Shelf.objects.using(alias).exists()

    spans = [dict(span.attributes) for span in asked(act).of(OWN_SCOPE)]
    system = "mariadb" if "mariadb" in version else DRIVER.vendor
    assert {span["db.system.name"] for span in spans} == {system}
    names = {Path(connections[alias].settings_dict["NAME"]).name for alias in connections}
    assert {span["db.namespace"] for span in spans} == names


in_proxies = pytest.mark.skipif(
    not INSTRUMENTED or DRIVER.vendor == "postgresql", reason="there is no proxy of the connection"
)


@pytest.mark.skipif(not INSTRUMENTED, reason="nothing tells of it")
def test_what_is_executed_past_django_has_the_spans_that_it_had(asked: Asked) -> None:
    def act() -> None:
        Shelf.objects.get(name="top")
        cursor = connection.connection.cursor()
        cursor.execute("SELECT 7 AS past_django")
        cursor.close()

    # psycopg's cursors are instrumented beside its connection, hence there may be two.
    past = [span for span in asked(act).of(DRIVER_SCOPE) if "AS past_django" in str(span.attributes)]
    assert past
    assert sum("otel2test.db.query" in span.attributes for span in past) == 1


@pytest.mark.skipif(not INSTRUMENTED, reason="nothing tells of them")
def test_rows_of_the_drivers_own_cursors(asked: Asked) -> None:
    mark = "?" if DRIVER.vendor == "sqlite" else "%s"

    def act() -> None:
        driver = connection.connection
        driver.cursor().execute(f"UPDATE drivers_item SET label = 'i9' WHERE label = {mark}", ("i2",))
        cursor = driver.cursor()
        cursor.executemany(f"DELETE FROM drivers_item WHERE label = {mark}", [("i9",), ("none",)])
        cursor.execute("SELECT label, 'a1B2c3D4e5' AS token FROM drivers_item ORDER BY label")
        assert tuple(cursor.fetchone()) == ("i0", "a1B2c3D4e5")
        assert len(cursor.fetchall()) == 1
        cursor.execute(f"SELECT name FROM drivers_shelf WHERE name = {mark}", ("top",))
        assert [tuple(row) for row in cursor] == [("top",)]
        with pytest.raises(Exception, match="no_such"):
            cursor.execute("SELECT * FROM no_such")
        cursor.close()

    recorded = asked(act)
    update, delete, labels, names, wrong = recorded.queries
    assert (update["alias"], update["params"], update["rowcount"]) == ("default", ["i2"], 1)
    assert (delete["many"], delete["executions"]) == ([["i9"], ["none"]], 2)
    assert [row[0] for row in labels["rows"]] == ["i0", "i1"]
    assert (labels["columns"], labels["fetched"], labels["exhausted"]) == (["label", "token"], 2, True)
    assert (names["rows"], names["params"]) == ([["top"]], ["top"])
    assert "no_such" in wrong["error"]["message"]
    assert "a1B2c3D4e5" not in recorded.line
    assert all(
        span.scope == DRIVER_SCOPE for span in recorded.spans if "otel2test.db.query" in span.attributes
    )


@pytest.mark.skipif(not INSTRUMENTED or DRIVER.vendor != "postgresql", reason="is psycopg's")
def test_parameters_of_the_drivers_own_cursors_by_their_names(asked: Asked) -> None:
    one, many = ("params", "params_seq") if DRIVER.name == "psycopg" else ("vars", "vars_list")

    def act() -> None:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT name FROM drivers_shelf WHERE name = %s", **{one: ("top",)})
        assert cursor.fetchall() == [("top",)]
        cursor.executemany("DELETE FROM drivers_item WHERE label = %s", **{many: [("i9",), ("none",)]})

    select, delete = asked(act).queries
    assert (select["params"], select["rows"]) == (["top"], [["top"]])
    assert (delete["many"], delete["executions"]) == ([["i9"], ["none"]], 2)


@pytest.mark.skipif(DRIVER.vendor != "postgresql", reason="others are asked by other means")
def test_what_django_asks_a_server_by_itself_is_no_statement(asked: Asked) -> None:
    def act() -> None:
        assert connection.is_usable()
        Shelf.objects.get(name="top")

    assert ["SELECT 1" in query["sql"] for query in asked(act).queries] == [False]


@pytest.mark.skipif(not INSTRUMENTED or DRIVER.vendor != "sqlite", reason="is the same with others")
def test_a_connection_of_the_programs_own_has_the_spans_that_it_had(asked: Asked) -> None:
    def act() -> None:
        own = sqlite3.connect(":memory:")
        assert own.cursor().execute("SELECT 8 AS own").fetchall() == [(8,)]

    recorded = asked(act)
    assert [span.attributes["db.statement"] for span in recorded.of(DRIVER_SCOPE)] == ["SELECT 8 AS own"]
    assert recorded.queries == []


@in_proxies
def test_an_instrumentation_with_a_provider_of_its_own_keeps_its_spans(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = InMemorySpanExporter()
    other = TracerProvider(shutdown_on_exit=False)
    other.add_span_processor(SimpleSpanProcessor(seen))
    connection.ensure_connection()
    proxy: Any = connection.connection
    monkeypatch.setattr(proxy._self_db_api_integration, "_tracer", other.get_tracer(DRIVER_SCOPE))
    vars(connections[DEFAULT_DB_ALIAS]).pop("_otel2test_driver", None)  # as if it had just connected
    try:
        recorded = asked(lambda: Shelf.objects.get(name="top"))
    finally:
        vars(connections[DEFAULT_DB_ALIAS]).pop("_otel2test_driver", None)
    assert "drivers_shelf" in str([dict(span.attributes or {}) for span in seen.get_finished_spans()])
    assert recorded.query("drivers_shelf")["fetched"] == 1


def test_a_tracer_that_bears_no_question_is_somebody_elses() -> None:
    class Silent:
        @property
        def span_processor(self) -> NoReturn:
            raise RuntimeError

    assert not executions.is_recorded(Silent())


def test_a_connection_that_another_thread_replaces_meanwhile_stays() -> None:
    proxy, inner, new = object(), object(), object()
    shared: Any = SimpleNamespace(connection=proxy, _otel2test_driver=drivers.Driver(proxy, inner, None, {}))
    with drivers.unrecorded(shared):
        assert shared.connection is inner
    assert shared.connection is proxy
    with drivers.unrecorded(shared):
        shared.connection = new
    assert shared.connection is new


@contextmanager
def somebody_else_looking() -> Iterator[None]:
    """Have another processor on the provider."""
    RECORDER.provider.add_span_processor(SpanProcessor())
    processors = RECORDER.provider._active_span_processor
    try:
        yield
    finally:
        processors._span_processors = processors._span_processors[:-1]


@pytest.mark.skipif(DRIVER.vendor == "sqlite", reason="SQLite has no procedures")
def test_procedures(asked: Asked) -> None:
    body = (
        "CREATE PROCEDURE answer(IN n INT) BEGIN SELECT n + 1; END"
        if DRIVER.vendor == "mysql"
        else "CREATE OR REPLACE FUNCTION answer(n INT) RETURNS INT LANGUAGE SQL AS 'SELECT n + 1'"
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP PROCEDURE IF EXISTS answer" if DRIVER.vendor == "mysql" else "SELECT 1")
        cursor.execute(body)

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.callproc("answer", [41])
            assert cursor.fetchall()[0][0] == 42

    query = asked(act).query("CALL answer")
    assert (query["params"], query["rows"]) == ([41], [[42]])
