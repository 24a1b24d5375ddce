"""Statements with their parameters, and rows as the program fetches them."""

import datetime as dt
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Max
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext
from opentelemetry import context as otel_context
from opentelemetry.context import Context

from otel2test import values
from tests.processors.django.projects.shop.conftest import RECORDER, Visit
from tests.processors.django.projects.shop.harness import Memory, Recorded
from tests.processors.django.projects.shop.models import ApiToken, Bargain, Book, Product, Shelf, Status, Tag

OWN_SCOPE = "otel2test.processors.django.database"
ON_SQLITE = connection.vendor == "sqlite"
Asked = Callable[[Callable[[], object]], Recorded]


@pytest.fixture(autouse=True)
def _stock() -> Iterator[None]:
    shelf = Shelf.objects.create(name="top")
    tag = Tag.objects.create(label="new")
    for number in range(3):
        product = Product.objects.create(
            title=f"p{number}", price=Decimal("1.50"), shelf=shelf, facts={"n": number}
        )
        product.tags.add(tag)
    yield
    for model in (ApiToken, User, Product, Tag, Shelf):
        model._default_manager.all().delete()


@pytest.fixture
def asked(visit: Visit) -> Asked:
    """Do something inside a request and return what was recorded."""

    def run(act: Callable[[], object]) -> Recorded:
        def view(request: HttpRequest) -> HttpResponse:
            act()
            return HttpResponse("ok")

        response, recorded = visit(view)
        assert response.status_code == 200
        return recorded

    return run


def test_get(asked: Asked) -> None:
    query = asked(lambda: Shelf.objects.get(name="top")).query("shop_shelf")
    assert query["alias"] == "default"
    assert query["vendor"] == connection.vendor
    assert "%s" in query["sql"]
    assert query["params"][0] == "top"
    assert query["model"] == "shop.Shelf"
    assert query["columns"] == ["id", "name"]
    assert [row[1] for row in query["rows"]] == ["top"]
    assert (query["fetched"], query["exhausted"]) == (1, True)
    assert query["sources"] == [
        {"model": "shop.Shelf", "field": "id"},
        {"model": "shop.Shelf", "field": "name"},
    ]


def test_what_the_rest_tells_is_not_told_again(asked: Asked) -> None:
    recorded = asked(lambda: [list(Shelf.objects.all()), list(Product.objects.all()[:1])])
    shelves, products = (
        json.loads(item["value"]["stringValue"])
        for resource in json.loads(recorded.line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
        for item in span["attributes"]
        if item["key"] == "otel2test.db.query"
    )
    assert shelves.keys() == {"params", "rows", "sources"}
    # The column of this field has another name.
    assert products.keys() == {"params", "columns", "rows", "sources"}


def test_its_text_stands_on_the_span_once(asked: Asked) -> None:
    assert asked(lambda: Shelf.objects.get(name="top")).line.count("LIMIT 21") == 1


def test_values_keep_the_types_of_the_driver(asked: Asked) -> None:
    sku = uuid.uuid4()
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 6, dt.UTC)
    Product.objects.filter(title="p1").update(sku=sku, added=moment)
    query = asked(lambda: Product.objects.get(sku=sku)).query("shop_product")
    row = dict(zip(query["columns"], [values.decode(cell) for cell in query["rows"][0]], strict=True))
    if ON_SQLITE:
        assert (row["sku"], row["price"]) == (sku.hex, 1.5)
        assert row["added"] == moment.replace(tzinfo=None)
        assert query["params"][0] == sku.hex
    else:
        assert (row["sku"], row["price"], row["added"]) == (sku, Decimal("1.50"), moment)
        assert values.decode(query["params"][0]) == sku
    assert row["caption"] == "p1"
    assert row["facts"] == '{"n": 1}'


def test_join_names_the_model_of_each_column(asked: Asked) -> None:
    query = asked(lambda: list(Product.objects.select_related("shelf").filter(shelf__name="top"))).query(
        "JOIN"
    )
    sources = [(source["model"], source["field"]) for source in query["sources"]]
    assert ("shop.Product", "title") in sources
    assert ("shop.Product", "shelf_id") in sources
    assert sources[-2:] == [("shop.Shelf", "id"), ("shop.Shelf", "name")]
    assert len(query["rows"]) == 3


def test_annotations_and_values(asked: Asked) -> None:
    def act() -> None:
        list(Shelf.objects.annotate(many=Count("product"), again=F("name")).values("name", "many", "again"))

    query = asked(act).query("COUNT")
    found = dict(zip(query["columns"], query["sources"], strict=True))
    assert found["many"] == {"annotation": "many"}
    assert found["name"]["field"] == "name"
    assert found["again"]["annotation"] == "again"


def test_deferred_and_inherited_columns(asked: Asked) -> None:
    Book.objects.create(title="b", pages=3)
    query = asked(lambda: list(Book.objects.only("title"))).query("shop_book")
    sources = [(source["model"], source["field"]) for source in query["sources"]]
    assert sources == [("shop.Product", "title"), ("shop.Book", "product_ptr_id")]


def test_aggregates(asked: Asked) -> None:
    recorded = asked(lambda: (Product.objects.aggregate(top=Max("price")), Product.objects.count()))
    top, count = recorded.query("MAX"), recorded.query("COUNT(*)")
    assert top["sources"] == [{"annotation": "top"}]
    assert count["rows"] == [[3]]


def test_aggregate_over_a_subquery(asked: Asked) -> None:
    query = asked(lambda: Product.objects.all()[:2].aggregate(many=Count("id"))).query("subquery")
    assert query["sources"] == [{"annotation": "many"}]
    assert query["rows"] == [[2]]


def test_only_what_the_program_fetches(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT caption FROM shop_product ORDER BY caption")
            cursor.fetchone()
            cursor.fetchmany(1)

    query = asked(act).query("SELECT caption")
    assert query["rows"] == [["p0"], ["p1"]]
    assert (query["fetched"], query["exhausted"]) == (2, False)
    assert "sources" not in query
    assert "model" not in query


def test_exists_and_first(asked: Asked) -> None:
    recorded = asked(lambda: (Product.objects.filter(title="p1").exists(), Product.objects.first()))
    exists, first = recorded.queries
    assert (exists["rows"], exists["exhausted"]) == ([[1]], False)
    assert (first["fetched"], first["exhausted"]) == (1, True)


def test_iterating_a_cursor(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT caption FROM shop_product WHERE caption > %(low)s", {"low": "p0"})
            assert len(list(cursor)) == 2

    query = asked(act).query("SELECT caption")
    assert query["params"] == {"low": "p0"}
    assert (query["fetched"], query["exhausted"]) == (2, True)


def test_rows_are_bounded_but_counted(asked: Asked, memory: Memory) -> None:
    Shelf.objects.bulk_create(Shelf(name=f"s{number}") for number in range(120))
    query = asked(lambda: list(Shelf.objects.iterator(chunk_size=10))).query("shop_shelf")
    assert (len(query["rows"]), query["fetched"], query["exhausted"]) == (50, 121, True)


def test_insert(asked: Asked) -> None:
    query = asked(lambda: Shelf.objects.create(name="low")).query("INSERT")
    key = Shelf.objects.get(name="low").pk
    assert query["model"] == "shop.Shelf"
    assert query["params"] == ["low"]
    assert query["rows"] == [[key]]
    assert query["sources"] == [{"model": "shop.Shelf", "field": "id"}]


def test_enum_parameters_are_what_the_driver_sees(asked: Asked) -> None:
    recorded = asked(lambda: Product.objects.create(title="live", status=Status.LIVE))
    assert "live" in recorded.query("INSERT")["params"]


def test_bulk_create(asked: Asked) -> None:
    query = asked(lambda: Tag.objects.bulk_create([Tag(label="a"), Tag(label="b")])).query("INSERT")
    flat = [item for value in query["params"] for item in (value if isinstance(value, list) else [value])]
    assert flat == ["a", "b"]
    assert len(query["rows"]) == 2


def test_update_and_delete(asked: Asked) -> None:
    recorded = asked(
        lambda: (
            Product.objects.filter(title="p1").update(price=F("price") + 1),
            Tag.objects.create(label="x").delete(),
        )
    )
    update = recorded.query("UPDATE")
    assert (update["rowcount"], update["model"]) == (1, "shop.Product")
    assert "columns" not in update
    assert recorded.query('DELETE FROM "shop_tag"')["rowcount"] == 1


def test_prefetch_tells_its_extra_column(asked: Asked) -> None:
    query = asked(lambda: list(Product.objects.prefetch_related("tags"))).query('FROM "shop_tag"')
    assert query["sources"][0] == {"annotation": "_prefetch_related_val_product_id"}
    assert query["sources"][-1]["field"] == "label"


def test_union(asked: Asked) -> None:
    def act() -> None:
        first, last = Shelf.objects.filter(name="top"), Shelf.objects.filter(name="nix")
        list(first.union(last).values_list("name"))

    query = asked(act).query("UNION")
    assert query["rows"] == [["top"]]


def test_proxy_is_the_model_of_the_query(asked: Asked) -> None:
    recorded = asked(lambda: list(Bargain.objects.all()))
    assert recorded.query("shop_product")["model"] == "shop.Bargain"
    assert "shop.Bargain" in {model["label"] for model in recorded["schema"]["models"]}


def test_raw_query_set(asked: Asked) -> None:
    query = asked(lambda: list(Shelf.objects.raw("SELECT * FROM shop_shelf"))).query("SELECT *")
    assert query["columns"] == ["id", "name"]
    assert len(query["rows"]) == 1


@pytest.mark.parametrize("lazily", [False, True], ids=["list", "generator"])
def test_executemany(asked: Asked, lazily: bool) -> None:
    rows = [["m1"], ["m2"]]

    def act() -> None:
        with connection.cursor() as cursor:
            given: Any = (row for row in rows) if lazily and ON_SQLITE else rows
            cursor.executemany("INSERT INTO shop_tag (label) VALUES (%s)", given)

    query = asked(act).query("INSERT")
    assert query["many"] == rows
    assert query["rowcount"] == 2
    assert Tag.objects.filter(label__startswith="m").count() == 2


def test_parameters_are_taken_before_they_change(asked: Asked) -> None:
    def act() -> None:
        params = ["top"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM shop_shelf WHERE name = %s", params)
            params[0] = "changed"

    assert asked(act).query("SELECT id")["params"] == ["top"]


def test_error_is_told_and_passes_untouched(asked: Asked) -> None:
    def act() -> None:
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Shelf.objects.create(name="top")
        assert type(caught.value) is IntegrityError

    recorded = asked(act)
    error = recorded.query("INSERT")["error"]
    assert error["type"] == "django.db.utils.IntegrityError"
    assert error["message"]
    assert error["where"].startswith("tests/processors/django/projects/shop/test_queries.py:")


def test_transaction_is_told_from_begin_to_end(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic():
            Tag.objects.create(label="kept")
        with suppress(ZeroDivisionError), transaction.atomic():
            Tag.objects.create(label="lost")
            raise ZeroDivisionError

    told = [(query["sql"].split()[0], query.get("kind", "statement")) for query in asked(act).queries]
    assert told == [
        ("BEGIN", "statement"),
        ("INSERT", "statement"),
        ("COMMIT", "commit"),
        ("BEGIN", "statement"),
        ("INSERT", "statement"),
        ("ROLLBACK", "rollback"),
    ]


def test_savepoints(asked: Asked) -> None:
    def act() -> None:
        with transaction.atomic(), transaction.atomic():
            pass

    told = [query["sql"].split()[0] for query in asked(act).queries]
    assert told == ["BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"]


def test_debug_cursor_still_logs(asked: Asked) -> None:
    def act() -> None:
        with CaptureQueriesContext(connection) as captured:
            Shelf.objects.get(name="top")
        assert len(captured) == 1

    assert len(asked(act).query("shop_shelf")["rows"]) == 1


def test_a_statement_has_one_span(asked: Asked) -> None:
    """Ours, as nobody else looks at the driver's; the drivers' tests have both."""
    recorded = asked(lambda: Shelf.objects.get(name="top"))
    assert len(recorded.spans) == 2
    (span,) = recorded.of(OWN_SCOPE)
    assert span.name.startswith("SELECT")
    attributes = span.attributes or {}
    assert attributes.get("db.statement") or attributes.get("db.query.text")


def test_outside_of_any_span_nothing_is_recorded(memory: Memory) -> None:
    Shelf.objects.count()
    assert memory.traces == []


def test_inside_a_span_that_is_no_request(memory: Memory) -> None:
    with RECORDER.tracer("jobs").start_as_current_span("job"):
        Shelf.objects.count()
    (recorded,) = memory.traces
    assert recorded.query("COUNT")["rows"] == [[1]]


def test_secret_columns(asked: Asked) -> None:
    key = "0123456789abcdef0123456789abcdef01234567"
    owner = User.objects.create_user("eve", password="open sesame")

    def act() -> None:
        ApiToken.objects.create(key=key, owner=owner)
        ApiToken.objects.get(key=key)
        ApiToken.objects.filter(key__in=[key]).update(owner=owner)
        with connection.cursor() as cursor:
            cursor.execute("SELECT owner_id FROM shop_apitoken WHERE key = %s", [key])
        owner.set_password("another one")
        owner.save()

    recorded = asked(act)
    assert key not in str(recorded.spans)
    assert owner.password not in str(recorded.spans)
    hidden = recorded.query("INSERT")["params"][0]
    assert len(hidden) == 40
    assert recorded.query("LIMIT")["params"][0] == hidden
    assert recorded.query("LIMIT")["rows"][0][0] == hidden
    assert recorded.query("SELECT owner_id")["params"] == [hidden]


@pytest.mark.skipif(ON_SQLITE, reason="SQLite has no arrays")
def test_arrays_and_json_parameters(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::int[]", [[1, 2]])
            cursor.fetchall()[0][0].append(3)
        Product.objects.create(title="j", facts={"a": [1]})

    recorded = asked(act)
    array = recorded.query("int[]")
    assert (array["params"], array["rows"]) == ([[1, 2]], [[[1, 2]]])
    assert '{"a": [1]}' in recorded.query("INSERT")["params"]


@pytest.mark.parametrize(("context_is_handed_on", "recorded_rows"), [(False, []), (True, [[[1]]])])
def test_threads(visit: Visit, context_is_handed_on: bool, recorded_rows: list[object]) -> None:
    def count(handed_on: Context) -> None:
        otel_context.attach(handed_on)
        Shelf.objects.count()
        connection.close()

    def view(request: HttpRequest) -> HttpResponse:
        handed_on = otel_context.get_current() if context_is_handed_on else Context()
        thread = threading.Thread(target=count, args=[handed_on])
        thread.start()
        thread.join()
        return HttpResponse("ok")

    _, recorded = visit(view)
    assert [query["rows"] for query in recorded.queries] == recorded_rows
    touched = [model["label"] for model in recorded["schema"]["models"]]
    assert ("shop.Shelf" in touched) is context_is_handed_on
