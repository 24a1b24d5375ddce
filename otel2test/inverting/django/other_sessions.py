"""Sessions that rows name by their keys: of other clients, and the test client's own.

Sessions are no rows of a test, and their keys are drawn anew in every run. A row that names one is
made after the client whose session it is, and takes the key from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from otel2test.inverting import plan
from otel2test.inverting.arrangements import (
    Arrange,
    CreateInBulk,
    CreateRow,
    KeepSessionKey,
    LogIn,
    LogInOther,
)
from otel2test.inverting.django.rows import Arrangement
from otel2test.inverting.expressions import Attribute, Value, Values, Variable
from otel2test.inverting.state import State
from otel2test.reading.exchanges import Exchange


def with_sessions(
    made: Sequence[Arrange],
    login: Sequence[Arrange],
    exchange: Exchange,
    state: State,
    arrangement: Arrangement,
) -> tuple[Arrange, ...]:
    """Return the steps that make the rows, then those that log in, with sessions where rows name them.

    ``exchange`` is the first request of the test.
    """
    keys = _keys(state, arrangement)
    if not keys:
        return (*made, *login)
    own = exchange.request.cookies.get(exchange.schema.session_cookie)
    namer = _Namer(arrangement, keys, own, [step for step in login if isinstance(step, LogIn)])
    steps: list[Arrange] = []
    for step in made:
        steps += namer.step(step)
        namer.there |= plan.made(step)
    return (*steps, *(step for step in login if step not in steps))


def _keys(state: State, arrangement: Arrangement) -> frozenset[str]:
    """Return the keys of the sessions that were there before."""
    tables = {
        model.table: key.column
        for model in arrangement.models.schema.models
        if model.framework == "session" and (key := arrangement.models.primary_key(model)) is not None
    }
    known = [
        entity.before.get(tables[entity.table])
        for entity in state.entities
        if entity.existed and entity.table in tables
    ]
    return frozenset(item.value for item in known if item is not None and isinstance(item.value, str))


@dataclass(slots=True)
class _Namer:
    arrangement: Arrangement
    keys: frozenset[str]
    own: str | None
    login: Sequence[LogIn]
    variable: str | None = None
    """Of the own session's key, once that was asked for."""
    there: set[str] = field(default_factory=set)
    """Variables of the rows made until now."""

    def step(self, step: Arrange) -> Iterator[Arrange]:
        """Yield what must come before the step, and the step with keys taken from sessions."""
        match step:
            case CreateRow(values=values):
                before, named = self._values(values)
                made: Arrange = replace(step, values=named)
            case CreateInBulk(rows=rows):
                found = [self._values(values) for values in rows]
                before = [each for steps, _ in found for each in steps]
                made = replace(step, rows=tuple(named for _, named in found))
            case _:
                before, made = [], step
        if not before and made == step:
            yield step
            return
        yield from before
        # What tells of the rows that a step makes is found by the step.
        self.arrangement.made += [(made, rows) for other, rows in self.arrangement.made if other is step]
        yield made

    def _values(self, values: Values) -> tuple[list[Arrange], Values]:
        before: list[Arrange] = []
        named: list[tuple[str, Value]] = []
        for name, value in values:
            if isinstance(value, str) and value in self.keys:
                steps, session = self._session(value, dict(values))
                before += steps
                named.append((name, session))
            else:
                named.append((name, value))
        return before, tuple(named)

    def _session(self, key: str, values: Mapping[str, Value]) -> tuple[Sequence[Arrange], Value]:
        if key != self.own:
            client = self.arrangement.names.give("other_client")
            user = self._user(values)
            return [LogInOther(client, user)], Attribute(client, "session.session_key")
        if not self.login or any(step.variable not in self.there for step in self.login):
            return [], key
        if self.variable is not None:
            return [], Variable(self.variable)
        self.variable = self.arrangement.names.give("session_key")
        return [*self.login, KeepSessionKey(self.variable)], Variable(self.variable)

    def _user(self, values: Mapping[str, Value]) -> str | None:
        """Return the variable of the user to whom the row belongs."""
        users = {row.variable for row in self.arrangement.rows if row.model.user} & self.there
        named = [value.name for value in values.values() if isinstance(value, Variable)]
        return next((name for name in named if name in users), None)
