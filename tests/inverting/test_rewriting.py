"""Writes done again on another starting state, and how rows end then."""

from otel2test.inverting.changing import Changes
from otel2test.inverting.completing import Completer
from otel2test.inverting.entities import Known, Rows
from otel2test.inverting.facts import Inserted, Source
from otel2test.inverting.foresight import Foresight
from otel2test.inverting.history import History
from otel2test.inverting.judging import Judge
from otel2test.inverting.limits import Limits
from otel2test.inverting.rewriting import Rewriter
from otel2test.inverting.trying import Attempt
from tests.inverting.library import CATALOG


def test_what_the_database_gave_a_row_stays_where_other_writes_hit_it() -> None:
    rows = Rows(CATALOG)
    judge = Judge(rows)
    completer = Completer(rows, judge, Attempt())
    foresight = Foresight(rows, judge, completer, ())
    changes = Changes(rows, judge, completer, Limits(rows, judge), foresight)
    changes.insert(Inserted(Source("a", 0), "book", {"id": 1, "title": "Ale"}))
    (book,) = rows.entities
    rows.set_after(book, "pages", Known(7, Source("b", 1)))
    again = History()
    again.add(changes.history.writes[0])
    again.altered.add(id(book))

    Rewriter(rows, changes, ()).settle(again)

    assert {column: known.value for column, known in book.after.items()} == {
        "id": 1,
        "title": "Ale",
        "pages": 7,
    }
