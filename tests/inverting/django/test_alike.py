"""Which rows that look alike are made together."""

from otel2test.inverting.django.alike import in_a_loop, runs
from otel2test.inverting.django.rows import Row
from otel2test.inverting.expressions import Values
from tests.inverting.shop import SHOP, TODO
from tests.recordings import recorded, request

(MODEL,) = (
    model
    for model in recorded(request("GET", "/", schema=SHOP)).exchange().schema.models
    if model.label == TODO["label"]
)


def stretches(*values: Values) -> list[tuple[int, bool]]:
    """Return how many made-up rows are made at once, and whether in a loop; titles are made up."""
    rows = [Row(MODEL, {}, number, made_up={"title": ""}) for number in range(len(values))]
    return [(len(run), in_a_loop(run, given) is not None) for run, given in runs(rows, values)]


def test_rows_that_count_are_made_in_a_loop() -> None:
    assert stretches(*((("title", f"T{number}"),) for number in range(1, 6))) == [(5, True)]


def test_rows_too_few_for_a_loop_are_made_with_their_neighbours() -> None:
    keyed = [(("pk", number), ("title", "T")) for number in (4, 8, 9)]
    counted = [(("title", f"T{number}"),) for number in range(1, 5)]

    assert stretches(*keyed, (("title", "T"),)) == [(4, False)]
    assert stretches(*keyed, *counted, *keyed) == [(3, False), (4, True), (3, False)]


def test_keys_that_count_are_made_in_a_loop_though_they_are_given() -> None:
    rows = [(("pk", number), ("title", "T")) for number in (12, 13, 14, 15, 23)]

    assert stretches(*rows) == [(4, True), (1, False)]
