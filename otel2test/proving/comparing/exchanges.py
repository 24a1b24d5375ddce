"""One replayed request beside the recorded one."""

from otel2test.proving.comparing.answers import compare_answer, compare_client
from otel2test.proving.comparing.effects import compare_caches, compare_effects, deferred
from otel2test.proving.comparing.likeness import Likeness
from otel2test.proving.comparing.results import Comparison
from otel2test.proving.comparing.statements import StatementsComparison
from otel2test.proving.comparing.steps import steps
from otel2test.proving.comparing.tallying import Tally
from otel2test.reading.exchanges import Exchange


def compare(recorded: Exchange, replayed: Exchange) -> Comparison:
    """Lay a replayed request beside the recorded one; see :class:`Comparison` for what is counted.

    Alike is what is the same but for what two runs can't share: primary keys that were drawn and all
    that refers to them, consistently; times read off the clock; what came by chance; pseudonyms; the
    host; logging in; where transactions begin. Calls of the project's functions, signals, logs and
    draws are not compared.
    """
    # Statements of one form are told apart by keys, which others tell.
    hints = _Beside(recorded, replayed)
    hints.statements.learn_from_unique()
    first = _Beside(recorded, replayed)
    pairs = first.statements.pairs(hints.likeness)
    result = first.compare(pairs)
    if not result.divergences:
        return result
    second = _Beside(recorded, replayed)
    better = second.statements.pairs(first.likeness)
    return result if better == pairs else second.compare(better)


class _Beside:
    def __init__(self, recorded: Exchange, replayed: Exchange) -> None:
        self._recorded = recorded
        self._replayed = replayed
        self.likeness = Likeness(recorded, replayed)
        schemas = self.likeness.schemas
        self.statements = StatementsComparison(
            self.likeness, steps(recorded, schemas), steps(replayed, schemas), self._deferred()
        )

    def _deferred(self) -> int | None:
        """Return the position of the commit after which the replay didn't run what waited for it."""
        if deferred(self._recorded, self._replayed) is None:
            return None
        commits = (
            query.position
            for query in self._recorded.queries
            if query.kind == "commit" or query.sql.strip().upper() == "COMMIT"
        )
        return min(commits, default=None)

    def compare(self, pairs: list[tuple[int | None, int | None]]) -> Comparison:
        recorded, replayed, likeness = self._recorded, self._replayed, self.likeness
        found, done, answered = Tally(), Tally(), Tally()
        self.statements.into(done, pairs)
        # Keys are learnt from rows, hence what the request found is compared after them, and told before.
        compare_client(found, likeness, recorded, replayed)
        compare_caches(found, likeness, recorded, replayed)
        compare_effects(answered, likeness, recorded, replayed)
        compare_answer(answered, likeness, recorded, replayed)
        tallies = (found, done, answered)
        renamed: dict[str, dict[str, str]] = {}
        for space, one, other in likeness.keys.differing():
            if not space.startswith("\0"):
                renamed.setdefault(space, {})[one] = other
        return Comparison(
            matched=sum(tally.matched for tally in tallies),
            observations=sum(tally.observations for tally in tallies),
            divergences=tuple(each for tally in tallies for each in tally.divergences),
            renamed=renamed,
            shown=frozenset(table for table, key in likeness.shown - self.statements.created),
            reordered=frozenset(self.statements.reordered),
            stamps=tuple(likeness.stamps),
        )
