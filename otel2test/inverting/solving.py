"""Facts → :class:`State`: the rows that were there before the request, and what became of them.

The facts are gone through once, in order. The first sight of a column before anything
was written to it is of the starting state; a row that the request inserted never is,
nor is anything read of it later. What a rolled-back savepoint wrote is undone, what was
read inside still counts. Rows that were only counted, or that an update hit unseen, are
made up at the end, after every other row is known.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final, assert_never

from otel2test.inverting.avoiding import Avoider
from otel2test.inverting.belonging import Belonging
from otel2test.inverting.catalog import Catalog
from otel2test.inverting.changing import Changes
from otel2test.inverting.checking import Checker, Contradiction
from otel2test.inverting.completing import Completer
from otel2test.inverting.conditions import AnyOf, Condition, supposes_absence
from otel2test.inverting.counting import Counting
from otel2test.inverting.entities import Entity, Rows
from otel2test.inverting.facts import (
    Averaged,
    Complete,
    Counted,
    Deleted,
    Fact,
    Inserted,
    LeftOut,
    Missing,
    NotInverted,
    Savepoint,
    Seen,
    Source,
    Summed,
    Updated,
    Window,
)
from otel2test.inverting.foresight import Foresight
from otel2test.inverting.judging import Judge
from otel2test.inverting.keys import NamedKeys
from otel2test.inverting.limits import Limit, Limits
from otel2test.inverting.mending import Mender
from otel2test.inverting.ranking import Ranking
from otel2test.inverting.rewriting import Rewriter
from otel2test.inverting.sparing import spare
from otel2test.inverting.state import State
from otel2test.inverting.trying import Attempt
from otel2test.inverting.witnesses import Witnesses

_MOST_HALF_SEEN: Final = 200
"""So many rows that were seen in part are looked at for each list that has to stay complete."""
_MOST_ATTEMPTS: Final = 40
_MOST_FOR_LEFT_OUT: Final = 4
"""So many, where rows are added that the test could do without."""
_MOST_RETRIED: Final = 3000
"""Of more facts than these, the first attempt has to do."""
_NOT_AT_ONCE: Final = "together with other queries, which no rows were found for at once"
_UNCHECKED: Final = "whether it would find nothing more of what is made up: too many rows to look at"
_MOST_JUDGED: Final = 1000
"""So many rows are looked at for each list from which rows were excluded for what goes with them."""


def solve(
    facts: Iterable[Fact],
    catalog: Catalog,
    left_out: Sequence[LeftOut] = (),
    *,
    lacking: Collection[str] = (),
) -> State:
    """Return the state that explains ``facts``, with a further row for each that queries leave out.

    Of the tables that were found to be ``lacking`` rows, every row that was made up is there.

    Where one query is contradicted by what was made up for another, it is tried again in another way;
    what is contradicted in every way is listed as not inverted.
    """
    facts = tuple(facts)
    solver, state = _solve(facts, catalog, Attempt(), left_out, lacking)
    most = _MOST_FOR_LEFT_OUT if left_out else _MOST_ATTEMPTS
    for number in range(1, most if len(facts) <= _MOST_RETRIED else 1):
        if not solver.contradicted:
            break
        other, told = _solve(facts, catalog, Attempt(number), left_out, lacking)
        if len(other.contradicted) < len(solver.contradicted):
            solver, state = other, told
    if solver.contradicted:
        solver.mend()
        state = replace(state, entities=solver.entities)
    said = {item.source.position for item in state.not_inverted}
    more = [
        NotInverted(source, _NOT_AT_ONCE) for source in solver.contradicted if source.position not in said
    ]
    # Of one that stands for all: there may be thousands.
    more += [NotInverted(source, _UNCHECKED) for source in solver.unchecked[:1]]
    return replace(state, not_inverted=(*state.not_inverted, *more))


def _solve(
    facts: Sequence[Fact],
    catalog: Catalog,
    attempt: Attempt,
    left_out: Sequence[LeftOut],
    lacking: Collection[str],
) -> "tuple[_Solver, State]":
    solver = _Solver(facts, catalog, attempt, left_out, lacking)
    for fact in facts:
        solver.learn(fact)
    return solver, solver.finish()


class _Solver:
    def __init__(
        self,
        facts: Sequence[Fact],
        catalog: Catalog,
        attempt: Attempt,
        left_out: Sequence[LeftOut],
        lacking: Collection[str],
    ) -> None:
        self.facts = facts
        self.left_out = left_out
        self.lacking = lacking
        self.rows = Rows(catalog)
        self.judge = Judge(self.rows)
        self.attempt = attempt
        self.completer = Completer(self.rows, self.judge, attempt)
        self.avoider = Avoider(self.judge, self.completer)
        self.limits = Limits(self.rows, self.judge)
        self.completer.allowed = lambda row, column, value, source: self.limits.allows(
            row, {column: value}, source
        )
        self.completer.missing = lambda table: (
            limit.conditions for limit in self.limits.of_table.get(table, ())
        )
        self.counting = Counting(self.rows, self.judge, self.completer, self.avoider, self.limits)
        foresight = Foresight(self.rows, self.judge, self.completer, facts)
        self.changes = Changes(self.rows, self.judge, self.completer, self.limits, foresight)
        self.changes.settle = self._settle
        self.witnesses = Witnesses(self.rows, self.judge, self.limits, self.changes, attempt)
        self.changes.conditions_of = self.witnesses.conditions_of
        self.belonging = Belonging(self.rows, self.completer, self.limits)
        self.contradictions: tuple[Contradiction, ...] = ()
        self.unchecked: tuple[Source, ...] = ()
        """The queries of which nobody looked whether they are contradicted."""
        self.unavoidable: set[tuple[int, int]] = set()
        """``id`` of a row, and position of a query that would find it, whatever it has."""
        self.joined: list[Seen] = []
        """The parts of one row of a result, until the next begins."""
        self.counted: list[tuple[Counted, int]] = []
        """With how many rows of before would have been counted."""
        self.windows: list[Window] = []
        self.sums: list[Summed] = []
        self.means: list[Averaged] = []
        self.missing: list[Missing] = []
        self.ranking = Ranking(self.rows, self.judge, self.completer, self.counting)
        self.named_keys = NamedKeys(catalog)
        self.not_inverted: list[NotInverted] = []

    # --- going through the facts

    def learn(self, fact: Fact) -> None:
        self.named_keys.learn(fact)
        if isinstance(fact, Seen):
            last = self.joined[-1] if self.joined else fact
            if (last.source.position, last.witness) != (
                fact.source.position,
                fact.witness,
            ) or fact.witness < 0:
                self._see()
            self.joined.append(fact)
            return
        self._see()
        match fact:
            case Counted():
                self.counted.append((fact, fact.number - self.changes.change_of_count(fact)))
            case Missing():
                self.missing.append(fact)
                self.limits.add(Limit(fact.table, fact.conditions, fact.source, 0))
            case Complete():
                self.limits.add(Limit(fact.table, fact.conditions, fact.source))
            case Window():
                self.windows.append(fact)
            case Summed():
                self.sums.append(replace(fact, total=self.changes.total_before(fact)))
            case Averaged():
                self.means.append(fact)
            case Inserted():
                self.changes.insert(fact)
            case Updated():
                self.changes.update(fact)
            case Deleted():
                self.changes.delete(fact)
            case Savepoint():
                self.changes.set_savepoint(fact)
            case NotInverted():
                self.not_inverted.append(fact)
            case _:
                assert_never(fact)

    def _see(self) -> None:
        if self.joined:
            self.witnesses.see(self.joined)
            self.joined = []

    def _settle(self) -> bool:
        """Find the rows that were seen without a key, before a write hits rows that nobody saw."""
        waiting = len(self.witnesses.vague)
        self.witnesses.match_vague(so_far=True)
        return len(self.witnesses.vague) < waiting

    # --- what was only implied

    def finish(self) -> State:
        self._see()
        self.witnesses.match_vague()
        self.belonging.complete_inherited()
        for window in self.windows:
            seen = self._seen_in(window)
            self.counting.rank_seen(window, seen)
            if window.limited and seen and not seen[-1].created:
                self.limits.add(
                    Limit(
                        window.table,
                        window.conditions,
                        window.source,
                        window.offset,
                        until=seen[-1],
                        order=window.order,
                        more=window.more,
                    )
                )
        for item in self.witnesses.required:
            if self.witnesses.verdict(item) is None:
                self.completer.satisfy(item.entity, item.conditions, item.source)
        counted = self.attempt.of(self.counted)
        for fact, number in sorted(counted, key=lambda item: _openness(item[0].conditions)):
            self.counting.reach(fact, number)
        others = [
            *(item.conditions for item in self.witnesses.required),
            *(limit.conditions for limits in self.limits.of_table.values() for limit in limits),
        ]
        spared = spare(tuple(counted), others, self.rows, self.judge, self.lacking)
        for left_out in self.left_out:
            # No query is known to find such a row, hence none is excused.
            nowhere = replace(left_out.source, position=-1)
            known = len(self.rows.entities)
            self.completer.make_up(left_out.table, left_out.conditions, nowhere).left_out = left_out
            for made in self.rows.entities[known:]:
                made.decoy = True
        for window in self.windows:
            seen = self._seen_in(window)
            if seen and (window.offset or window.limited):
                (self.ranking if window.order[0].counted else self.counting).place(window, seen)
        for summed in self.sums:
            self.counting.sum_up(summed)
        for averaged in self.means:
            self.counting.level(averaged)
        self.belonging.complete_links()
        self.belonging.complete_inherited()
        self._find_others()
        self._keep_apart()
        self._find_others()
        checker = self._checker
        self.contradictions = tuple(checker.contradictions(self.facts))
        self.unchecked = tuple(checker.unchecked)
        not_inverted = (*self.not_inverted, *self.changes.not_inverted, *self.counting.not_inverted)
        return State(
            self.entities,
            tuple(self.missing),
            not_inverted,
            self.rows,
            self.limits,
            self.named_keys.of_keys(),
            spared,
        )

    def mend(self) -> None:
        """Try other values where nobody saw any, until as few queries as can be are contradicted."""
        rewriter = Rewriter(self.rows, self.changes, self.facts)
        mender = Mender(self.rows, self.completer, self._checker, rewriter, self.facts)
        self.contradictions = tuple(mender.mend(self.contradictions, self._settle_others))
        self.unchecked = tuple(mender.checker.unchecked)

    def _settle_others(self) -> None:
        """Keep what was made up for one query from what others found, or didn't."""
        self._keep_apart()
        self._find_others()

    @property
    def entities(self) -> tuple[Entity, ...]:
        """All rows that there were, before the request or since."""
        return tuple(item for item in self.rows.entities if not item.undone)

    @property
    def contradicted(self) -> tuple[Source, ...]:
        """The queries that the state doesn't explain."""
        return tuple(dict.fromkeys(item.source for item in self.contradictions))

    @property
    def _checker(self) -> Checker:
        made = {row.table for row in self.witnesses.made}
        settled = frozenset(self.completer.learnt | made | self.witnesses.guessed)
        return Checker(
            self.rows, self.changes.history, self.limits, self.witnesses, settled, self.unavoidable
        )

    def _seen_in(self, window: Window) -> list[Entity]:
        found = [
            self.witnesses.of_result.get((window.source.position, window.alias, witness))
            for witness in range(window.seen)
        ]
        existing = [entity for entity in found if entity is not None and entity.existed]
        # Rows that the request itself made come first or last just as well.
        return existing or [entity for entity in found if entity is not None and not entity.undone]

    def _keep_apart(self) -> None:
        """See to it that nothing made up is found where nothing was, or counted on top."""
        vague: dict[str, list[Entity]] = {}
        for row in self.witnesses.made:
            vague.setdefault(row.table, []).append(row)
        for table, limits in self.limits.of_table.items():
            for limit in limits:
                unseen = (*self.completer.made_up.get(table, ()), *vague.get(table, ()))
                half_seen = self.counting.half_seen(table, limit.conditions)
                for row in (*unseen, *half_seen[:_MOST_HALF_SEEN]):
                    if (
                        row.existed
                        and not row.changed_before(limit.source, limit.columns)
                        and self.limits.reaches(limit, row)
                    ):
                        apart = self.avoider.avoid(row, limit.conditions, limit.source)
                        if not apart and self.avoider.is_unavoidable(row, limit.conditions, limit.source):
                            self.unavoidable.add((id(row), limit.source.position))

    def _find_others(self) -> None:
        """Make up what kept rows out of results, where a row was excluded for what goes together with it."""
        limits = [
            limit
            for found in self.limits.of_table.values()
            for limit in found
            if supposes_absence(limit.conditions)
        ]
        if not limits:
            return
        for limit in limits:
            found, _ = self.counting.existing(limit.table, limit.conditions, _MOST_JUDGED)
            found = [row for row in found if not row.changed_before(limit.source)]
            if limit.number is None or limit.until is not None:
                found = [row for row in found if self.limits.reaches(limit, row)]
            for row in found[limit.number or 0 :]:
                self.avoider.refute(row, limit.conditions, limit.source)


def _openness(conditions: Sequence[Condition]) -> tuple[int, int]:
    """Return what sorts those first that leave least open: their rows may do for others, too."""
    return -len(conditions), sum(isinstance(condition, AnyOf) for condition in conditions)
