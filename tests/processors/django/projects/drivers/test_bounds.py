"""What is kept of a statement is bounded, and says so where it was cut, to the reader too."""

import pytest
from django.db import connection

from otel2test.values import Cut, decode
from tests.processors.django.projects.drivers.conftest import RECORDER, Asked
from tests.processors.django.projects.drivers.models import Everything, Item, Shelf

LIMITS = RECORDER.settings


def test_rows(asked: Asked) -> None:
    shelf = Shelf.objects.get()
    Item.objects.bulk_create(Item(shelf=shelf, label=f"b{number}") for number in range(97))
    query = asked(lambda: list(Item.objects.all())).query("drivers_item")
    assert (len(query["rows"]), query["fetched"], query["exhausted"]) == (LIMITS.max_rows, 100, True)


def test_sets_of_parameters(asked: Asked) -> None:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO drivers_shelf (name) VALUES (%s)", [[f"s{number}"] for number in range(60)]
            )

    query = asked(act).query("INSERT")
    assert (len(query["many"]), query["executions"], query["rowcount"]) == (LIMITS.max_rows, 60, 60)


@pytest.mark.parametrize(("field", "value"), [("raw", b"x" * 5000), ("facts", "x" * 4998)])
def test_long_values(asked: Asked, field: str, value: object) -> None:
    def act() -> None:
        created = Everything.objects.create(**{field: value})
        Everything.objects.values_list(field).get(pk=created.pk)

    recorded = asked(act)
    given = [decode(param) for param in recorded.query("INSERT")["params"]]
    fetched = decode(recorded.query("SELECT")["rows"][0][0])
    for cut in (next(item for item in given if isinstance(item, Cut)), fetched):
        assert isinstance(cut, Cut)
        assert cut.size == 5000
        assert isinstance(cut.kept, (str, bytes))
        assert len(cut.kept) == LIMITS.max_body


def test_the_whole_trace(asked: Asked) -> None:
    """Statements go on, with their counts; only what they hold is left out."""
    Everything.objects.bulk_create(Everything(facts="x" * 900) for _ in range(40))

    def act() -> None:
        for _ in range(10):
            assert len(Everything.objects.all()) == 40

    recorded = asked(act)
    queries = [query for query in recorded.queries if query["sql"].startswith("SELECT")]
    assert len(queries) == 10
    assert [query["fetched"] for query in queries] == [40] * 10
    kept = [len(query["rows"]) for query in queries]
    assert kept[0] == 40
    assert kept[-1] == 0
    assert sum(kept) * 900 < 2 * LIMITS.max_trace_bytes
    assert any("OTEL2TEST_MAX_TRACE_BYTES" in fault for fault in recorded["faults"])
