"""Statements and outbound calls of both sides, in order: which is which, and how they differ."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Final

from otel2test.inverting.collecting import compared_columns
from otel2test.proving.comparing import telling
from otel2test.proving.comparing.alignment import Pair, align
from otel2test.proving.comparing.anatomy import Column
from otel2test.proving.comparing.cells import cell_form, same_cell
from otel2test.proving.comparing.clocks import Clock
from otel2test.proving.comparing.keys import as_key
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.outbound import compare_calls, only_one_call
from otel2test.proving.comparing.results import Cell, Divergence
from otel2test.proving.comparing.rows import RowsComparison, RowsUnlike, parameters
from otel2test.proving.comparing.steps import Call, Sql, Step
from otel2test.proving.comparing.tallying import Tally

_MOST_PARAMETERS: Final = 2000


class StatementsComparison:
    """Lays the steps of a replay beside the recorded ones.

    ``likeness`` learns which keys are each other's. Recorded steps after the position ``deferred``
    may be missing: they waited for the commit, and ran after the replay's request.
    """

    def __init__(
        self,
        likeness: Likeness,
        recorded: Sequence[Step],
        replayed: Sequence[Step],
        deferred: int | None = None,
    ) -> None:
        self.likeness = likeness
        self.recorded = recorded
        self.replayed = replayed
        self.created: set[tuple[str, str]] = set()
        """(table, recorded key) of rows that the request made."""
        self.reordered: set[str] = set()
        self._deferred = deferred

    def pairs(self, hints: Likeness | None = None) -> list[Pair]:
        """Return which step is which; ``hints`` knows keys from an earlier look."""
        return list(
            align(
                [self._forms(step, 0, hints) for step in self.recorded],
                [self._forms(step, 1, hints) for step in self.replayed],
            )
        )

    def learn_from_unique(self) -> None:
        """Learn which keys are each other's from statements of whose form each side has just one."""
        ours, theirs = (
            {step.form: step for step in _unique(side)} for side in (self.recorded, self.replayed)
        )
        if len(ours) == len(self.recorded):
            return  # which is which shows without keys
        for form, step in ours.items():
            other = theirs.get(form)
            if isinstance(step, Sql) and isinstance(other, Sql) and step.anatomy.verb == "read":
                RowsComparison(self.likeness, step.query, other.query, step.anatomy).unlike()

    def into(self, tally: Tally, pairs: Sequence[Pair]) -> None:
        """Compare the steps pair by pair."""
        for one, other in pairs:
            recorded = None if one is None else self.recorded[one]
            replayed = None if other is None else self.replayed[other]
            if recorded is not None and replayed is not None:
                self._compare(tally, recorded, replayed)
            elif recorded is not None:
                late = self._deferred is not None and recorded.position > self._deferred
                if not recorded.optional and not late:
                    self._alone(tally, recorded, missing=True)
            elif replayed is not None and not replayed.optional:
                self._alone(tally, replayed, missing=False)

    # --- which is which

    def _forms(self, step: Step, side: int, hints: Likeness | None) -> tuple[Hashable, Hashable]:
        if isinstance(step, Call) or step.is_transaction:
            return step.form, step.form
        known = hints or self.likeness
        values = tuple(
            cell_form(known, item, step.anatomy.parameters.get(key), side)
            for given in parameters(step.query)
            for key, item in given.items()
        )
        return (step.form, values[:_MOST_PARAMETERS]), step.form

    # --- how they differ

    def _compare(self, tally: Tally, recorded: Step, replayed: Step) -> None:
        if isinstance(recorded, Call) and isinstance(replayed, Call):
            compare_calls(tally, self.likeness, recorded.call, replayed.call)
        elif isinstance(recorded, Sql) and isinstance(replayed, Sql):
            if recorded.is_transaction:
                tally.match()
            else:
                self._statement(tally, recorded, replayed)

    def _statement(self, tally: Tally, recorded: Sql, replayed: Sql) -> None:
        # Rows tell which keys are each other's better than parameters do, which may come in any order.
        rows = RowsComparison(self.likeness, recorded.query, replayed.query, recorded.anatomy)
        unlike_rows = rows.unlike() if rows.observed else None
        with self.likeness.trial() as trial:
            unlike = self._unlike_parameters(recorded, replayed)
            trial.kept = unlike is None
        if unlike is None:
            tally.match()
        else:
            where = recorded.position, recorded.query.span_id, recorded.query.sql
            sentence = f"{telling.sql(recorded.query)}: {unlike}"
            tables, cells = recorded.anatomy.tables, self._unlike_cells(recorded, replayed)
            tally.diverge(Divergence("statement", "other", sentence, *where, tables, cells=cells))
        if not rows.observed:
            return
        if unlike_rows is not None and unlike_rows.order and not unlike_rows.asked_for:
            self.reordered |= recorded.anatomy.tables
            unlike_rows = None
        if unlike_rows is None:
            tally.match()
            self._note_created(recorded)
        else:
            tally.diverge(self._rows_divergence(recorded, replayed, unlike_rows))

    def _unlike_parameters(self, recorded: Sql, replayed: Sql) -> str | None:
        """Return how the parameters differ in words, None if they don't."""
        one, other = recorded.query, replayed.query
        if one.sql != other.sql and not self.likeness.text(one.sql, other.sql):
            return telling.first_part(one, other)
        executions = one.executions or len(one.many or ()), other.executions or len(other.many or ())
        if executions[0] != executions[1]:
            return f"{executions[0]} executions recorded, {executions[1]} in the replay"
        for given, regiven in zip(parameters(one), parameters(other), strict=False):
            if len(given) != len(regiven):
                return f"{len(given)} parameters recorded, {len(regiven)} in the replay"
            members = self._members_of_lists(recorded, given, regiven)
            for key, item in given.items():
                column = recorded.anatomy.parameters.get(key)
                again = regiven.get(key)
                if key in members or same_cell(
                    self.likeness, item, again, column, column[1] if column else ""
                ):
                    continue
                if column is None and self.likeness.keys.spaces(item, again):
                    continue  # a key, of whatever table
                of = f" for {column[1]}" if column else ""
                return f"{telling.value(item)}{of} recorded, {telling.value(again)} in the replay"
        return None

    def _unlike_cells(self, recorded: Sql, replayed: Sql) -> tuple[Cell, ...]:
        """Return the columns in which rows are given other values, or NULL without a parameter."""
        many = recorded.query.many is not None or replayed.query.many is not None
        if many or recorded.anatomy.verb == "insert":
            return ()
        given, regiven = (
            {
                column: item
                for each in parameters(step.query)
                for key, item in each.items()
                if key not in step.anatomy.compared
                and (column := step.anatomy.parameters.get(key)) is not None
            }
            for step in (recorded, replayed)
        )
        with self.likeness.trial():
            return tuple(
                Cell(*column, item, regiven.get(column))
                for column, item in given.items()
                if (column in regiven or column[1] in replayed.anatomy.changed)
                and not same_cell(self.likeness, item, regiven.get(column), column, column[1])
            )

    def _members_of_lists(
        self, recorded: Sql, given: dict[int | str, object], regiven: dict[int | str, object]
    ) -> set[int | str]:
        """Return the parameters of lists of keys that hold the same in the replay, in whatever order.

        Programs put sets of keys into ``IN (…)``, and bulk inserts.
        """
        lists: dict[Column, list[int | str]] = {}
        for key in given:
            column = recorded.anatomy.parameters.get(key)
            if column is not None and column in self.likeness.schemas.spaces:
                lists.setdefault(column, []).append(key)
        found: set[int | str] = set()
        for column, keys in lists.items():
            space = self.likeness.schemas.spaces[column]
            wanted = sorted(self.likeness.keys.of(space, given[key]) or as_key(given[key]) for key in keys)
            if len(keys) > 1 and wanted == sorted(as_key(regiven.get(key)) for key in keys):
                found.update(keys)
        return found

    def _rows_divergence(self, recorded: Sql, replayed: Sql, unlike: RowsUnlike) -> Divergence:
        return Divergence(
            kind="rows",
            difference="order" if unlike.order else "other",
            sentence=f"{telling.sql(recorded.query)}: {unlike.sentence}",
            position=recorded.position,
            span_id=recorded.query.span_id,
            sql=recorded.query.sql,
            tables=recorded.anatomy.tables,
            excess=unlike.excess,
            fewer=unlike.fewer,
            asked=_asked(recorded) if unlike.fewer else frozenset(),
            cells=unlike.cells,
            clocked=self._is_clocked(recorded, replayed),
        )

    def _is_clocked(self, recorded: Sql, replayed: Sql) -> bool:
        """Say whether both statements compared rows with the time of their requests."""
        clocks = self.likeness.clocks
        return any(
            (clocks.recorded.is_now(given.get(key)) and clocks.replayed.is_now(regiven.get(key)))
            or (clocks.recorded.is_today(given.get(key)) and clocks.replayed.is_today(regiven.get(key)))
            for given, regiven in zip(parameters(recorded.query), parameters(replayed.query), strict=False)
            for key in recorded.anatomy.compared
        )

    def _note_created(self, recorded: Sql) -> None:
        if recorded.anatomy.verb != "insert":
            return
        spaces = self.likeness.schemas.spaces
        for row in recorded.query.rows:
            for cell, column in zip(row, recorded.anatomy.outputs, strict=False):
                if column is not None and spaces.get(column) == column[0]:
                    self.created.add((column[0], as_key(cell)))
        if recorded.query.lastrowid is not None:
            self.created |= {(table, as_key(recorded.query.lastrowid)) for table in recorded.anatomy.tables}

    def _alone(self, tally: Tally, step: Step, *, missing: bool) -> None:
        if isinstance(step, Call):
            only_one_call(tally, step.call, missing=missing)
            return
        query = step.query
        absent = "recorded, missing in the replay" if missing else "only in the replay"
        said = _TRANSACTION[step.anatomy.verb] if step.is_transaction else telling.sql(query)
        tally.diverge(
            Divergence(
                "statement",
                "missing" if missing else "extra",
                f"{said}: {absent}",
                step.position,
                query.span_id,
                query.sql,
                tables=step.anatomy.tables,
            )
        )
        if not step.is_transaction and RowsComparison(self.likeness, query, query, step.anatomy).observed:
            tally.observations += 1  # its rows, of which the same is to be said


_TRANSACTION: Final = {
    "begin": "the beginning of a transaction",
    "end": "the end of a transaction",
    "undo": "the rolling back of a transaction",
}


def _asked(step: Sql) -> frozenset[Column]:
    """Return the columns by which a statement asks for rows."""
    given = (step.anatomy.parameters.get(key) for key in step.anatomy.compared)
    return compared_columns((step.query,)).union(column for column in given if column is not None)


def _unique(found: Sequence[Step]) -> list[Step]:
    counts = Counter(step.form for step in found)
    return [step for step in found if counts[step.form] == 1]


def compares_with(found: Sequence[Step], clock: Clock) -> bool:
    """Say whether a statement compares rows with the time of its request."""
    return any(
        clock.is_now(given.get(key)) or clock.is_today(given.get(key))
        for step in found
        if isinstance(step, Sql)
        for given in parameters(step.query)
        for key in step.anatomy.compared
    )
