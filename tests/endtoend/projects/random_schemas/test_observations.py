"""What was recorded of one database, arranged in another, is observed there again."""

import itertools
import os
from collections.abc import Iterator
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.endtoend.projects.random_schemas.laboratory import Example, Lines
from tests.endtoend.projects.random_schemas.operations import operations, within_reach
from tests.endtoend.projects.random_schemas.schemas import schemas
from tests.endtoend.projects.random_schemas.stock import stocks

NUMBERS: Final[Iterator[int]] = itertools.count(1)
ASKED_FOR: Final = os.environ.get("OTEL2TEST_TEST_EXAMPLES")
EXAMPLES: Final = int(ASKED_FOR or "40")


def test_the_same_operations_observe_the_same(written: Lines) -> None:
    unmet: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=ASKED_FOR is None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        schema = data.draw(schemas())
        stock = data.draw(stocks(schema))
        asked = data.draw(st.lists(operations(schema, stock), min_size=1, max_size=5))
        with_keys = data.draw(st.booleans())
        example = Example(schema, stock, within_reach(asked), with_keys, f"lab{next(NUMBERS)}")
        unmet.extend(example.check(written))

    check()

    assert len(unmet) <= EXAMPLES // 1000, "".join(unmet)
