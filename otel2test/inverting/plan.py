"""What a test does, step by step, before it is text.

A :class:`Plan` is arrange, act and assert for one test. Its values are Python values, or
one of the small expressions below where the test must say something by name. Nothing here
knows pytest from unittest: that is for writing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Final, TypeAlias

from otel2test.inverting.acts import Patch, SendRequest
from otel2test.inverting.arrangements import (
    AddLinks,
    Arrange,
    CreateInBulk,
    CreateRow,
    GetRow,
    KeepSessionKey,
    LogInOther,
)
from otel2test.inverting.assertions import (
    Assert,
    AssertCached,
    AssertContains,
    AssertJson,
    AssertLinked,
    AssertMessages,
    AssertSession,
    AssertStatus,
    AssertTemplate,
    FetchMails,
    FetchRow,
    FetchRows,
    KeepLink,
    KeepValue,
)
from otel2test.inverting.expressions import Name, Value, Variable
from otel2test.inverting.facts import Source

Step: TypeAlias = Arrange | SendRequest | Assert

OF_PAGE: Final = (AssertStatus, AssertTemplate, AssertContains)
"""What a test asserts first of a page; more that it must show, or must not, follows the last of these."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that could not be inverted, for a reader of the test."""

    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """One more request of a test: what changes before it, the act, what is true after it."""

    arrange: tuple[Arrange, ...]
    act: SendRequest
    asserts: tuple[Assert, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One test."""

    name: str
    """Without ``test_``; a valid identifier."""
    trace_id: str
    arrange: tuple[Arrange, ...]
    act: SendRequest
    asserts: tuple[Assert, ...]
    notes: tuple[Note, ...] = ()
    database: bool = True
    databases: tuple[str, ...] = ()
    """Aliases beside ``default``."""
    first_party: frozenset[str] = frozenset()
    """Top packages of the project, for sorting imports."""
    alternatives: tuple[str, ...] = ()
    """Longer names, for when another test of the module has the first."""
    then: tuple[Scene, ...] = ()
    """The requests that follow the first, where the test is a story of several."""
    fails: str = ""
    """Why the test is known to fail, where it is kept all the same."""
    verdict: str = ""
    """What proving the test has shown, for a comment."""

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The test, request by request."""
        return (Scene(self.arrange, self.act, self.asserts), *self.then)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order in which they happen."""
        return tuple(step for scene in self.scenes for step in (*scene.arrange, scene.act, *scene.asserts))


_PLAIN: Final = frozenset({type(None), bool, int, float, str, bytes, Name})
"""Most of what a plan holds, and refers to nothing."""


_NOTHING: Final[frozenset[str]] = frozenset()


def referred(value: Value) -> frozenset[str]:
    """Return the variables that a step or an expression refers to, not the one that it makes."""
    found: set[str] = set()
    _refer(value, found)
    return frozenset(found)


def _refer(value: Value, found: set[str]) -> None:
    """Add to ``found`` what ``value`` refers to."""
    # Asked of each value of each row: what is most frequent comes first, and by its type.
    if type(value) in _PLAIN:
        return
    if isinstance(value, CreateRow):
        _refer_all((given for _, given in (*value.values, *value.lookup)), found)
    elif isinstance(value, (list, tuple, set, frozenset)):
        _refer_all(value, found)
    elif isinstance(value, Mapping):
        _refer_all(value.values(), found)
    else:
        _refer_by_name(value, found)


def _refer_all(values: Iterable[Value], found: set[str]) -> None:
    for value in values:
        if type(value) not in _PLAIN:
            _refer(value, found)


def _refer_by_name(value: Value, found: set[str]) -> None:
    kind: type = type(value)
    match value:
        case Variable(name):
            found.add(name)
        case AddLinks(variable, _, targets):
            found.update((variable, *targets))
        case LogInOther(user=user):
            found.update(() if user is None else (user,))
        case AssertLinked(variable, _, target):
            found.update((variable, target))
        case _ if is_dataclass(kind):
            named = getattr(value, "variable", None)
            if isinstance(named, str) and not made(value):
                found.add(named)
            _refer_all((getattr(value, name) for name in _fields(kind)), found)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def made(step: object) -> frozenset[str]:
    """Return the variables that a step makes."""
    if isinstance(step, CreateRow):  # most steps; all else would be asked of those that make no variable
        return frozenset({step.variable}) if step.variable is not None else _NOTHING
    match step:
        case GetRow(variable) | FetchRow(variable):
            return frozenset({variable})
        case AssertJson(named=True):
            return frozenset({"data"})
        case AssertSession(sorts=(_, *_)) | AssertCached(sorts=(_, *_)):
            return frozenset({"stored"})
        case AssertMessages(named=True):
            return frozenset({"messages"})
        case SendRequest(raises=raises, patches=patches):
            replacements = {patch.variable for patch in patches if patch.variable is not None}
            return frozenset(replacements | ({"response"} if raises is None else set()))
        case (
            LogInOther(variable)
            | KeepSessionKey(variable)
            | KeepValue(variable)
            | KeepLink(variable)
            | Patch(variable=str(variable))
        ):
            return frozenset({variable})
        case FetchMails(variables):
            return frozenset(variables)
        case CreateInBulk(variables) | FetchRows(variables):
            return frozenset(variable for variable in variables if variable is not None)
        case _:
            return frozenset()


def unbound(plan: Plan) -> frozenset[str]:
    """Return the variables that a step of the plan refers to before any step makes them."""
    known: set[str] = set()
    missing: set[str] = set()
    for step in plan.steps:
        missing |= referred(step) - known
        known |= made(step)
    return frozenset(missing)
