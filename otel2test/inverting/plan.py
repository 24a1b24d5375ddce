"""What a test does, step by step, before it is text.

A :class:`Plan` is arrange, act and assert for one test. Its values are Python values, or
one of the small expressions below where the test must say something by name. Nothing here
knows pytest from unittest: that is for writing.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal, TypeAlias

from otel2test.inverting.facts import Source


@dataclass(frozen=True, slots=True)
class Name:
    """Something to import: ``from module import name``."""

    module: str
    name: str
    """Dotted for a class inside a class."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A local variable of the test."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """``variable.name``."""

    variable: str
    name: str


@dataclass(frozen=True, slots=True)
class Formatted:
    """An f-string: literal text and attributes in turn."""

    parts: tuple[str | Attribute, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """``str(variable.name)``."""

    of: Attribute


@dataclass(frozen=True, slots=True)
class ContentTypeOf:
    """The content type of a model, whose id differs between databases."""

    app_label: str
    model: str
    """In lower case, as content types have it."""
    name: Name | None
    """The class, if the recording tells where it is."""


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password as its column holds it: ``make_password(…)``."""

    password: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """In rows that look alike, what tells one from the next: text around the row's number.

    The bare number where ``text`` is false.
    """

    before: str = ""
    after: str = ""
    text: bool = True


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is there but differs from run to run; ``reason`` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in a multipart form."""

    name: str
    content: bytes
    content_type: str


Value: TypeAlias = object
"""A Python value, possibly holding the expressions above in lists and dicts."""

Values: TypeAlias = tuple[tuple[str, Value], ...]
"""Keyword arguments, in order."""


# --- arrange --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateRow:
    """``variable = Model.objects.create(…)``; no variable where nothing names the row later."""

    variable: str | None
    model: Name
    manager: str
    method: Literal["create", "create_user", "update_or_create", "get_or_create"]
    values: Values
    made_up: tuple[str, ...] = ()
    """Names of values that weren't recorded; ``("*",)`` where the whole row wasn't."""
    lookup: Values = ()
    """By what a row is found that a signal handler, or a migration, may have made: for ``…_or_create``."""


@dataclass(frozen=True, slots=True)
class CreateInBulk:
    """``variables = Model.objects.bulk_create([…])``, which runs neither ``save()`` nor signal handlers."""

    variables: tuple[str | None, ...]
    model: Name
    manager: str
    rows: tuple[Values, ...]
    made_up: tuple[str, ...] = ()
    explained: bool = True
    """True for the first such step of a test, which says why."""


@dataclass(frozen=True, slots=True)
class CreateAlike:
    """Rows that look alike, made in one loop over ``numbers``; nothing names them later."""

    model: Name
    manager: str
    values: Values
    numbers: range
    made_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GetRow:
    """``variable = Model.objects.get(…)``, in arrange for rows that Django makes itself."""

    variable: str
    model: Name
    manager: str
    lookup: Values


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """``Model.objects.filter(pk=variable.pk).update(…)``: for what ``save()`` would overwrite."""

    variable: str
    model: Name
    manager: str
    values: Values


@dataclass(frozen=True, slots=True)
class AddLinks:
    """``variable.accessor.add(…)``."""

    variable: str
    accessor: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogIn:
    """``client.force_login(variable)``."""

    variable: str


@dataclass(frozen=True, slots=True)
class SetSession:
    """Session data that was there before the request."""

    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie that the request brought along."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SetClock:
    """The recorded instant, from which the clock ticks on; aware."""

    instant: dt.datetime


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """What an outbound call was answered with, and what it must have sent."""

    method: str
    url: str
    status: int
    body: str | bytes | None
    json: Value
    is_json: bool
    content_type: str | None
    headers: tuple[tuple[str, str], ...] = ()
    sent_json: Value = None
    sends_json: bool = False
    sent_form: tuple[tuple[str, Value], ...] | None = None
    sent_text: str | None = None
    error: Name | None = None
    error_message: str = ""


Arrange: TypeAlias = (
    CreateRow
    | CreateInBulk
    | CreateAlike
    | GetRow
    | UpdateRow
    | AddLinks
    | LogIn
    | SetSession
    | SetCookie
    | SetClock
    | AnswerCall
)


# --- act ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendRequest:
    """``response = client.method(path, data, …)``."""

    method: str
    path: Value
    data: Value = None
    has_data: bool = False
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    secure: bool = False
    raises: Name | None = None
    raises_match: str = ""
    queries: int | None = None
    """How many statements it makes on the default database; None where that isn't asserted."""


# --- assert ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssertStatus:
    status: int


@dataclass(frozen=True, slots=True)
class AssertRedirect:
    url: Value
    status: int = 302


@dataclass(frozen=True, slots=True)
class AssertJson:
    value: Value


@dataclass(frozen=True, slots=True)
class AssertBody:
    """The whole body: text, or bytes."""

    content: Value


@dataclass(frozen=True, slots=True)
class AssertTemplate:
    name: str


@dataclass(frozen=True, slots=True)
class AssertContains:
    """The text stands in the body, escaped as a template would."""

    text: Value
    status: int = 200
    escaped: bool = False
    """True where escaping changes the text."""


@dataclass(frozen=True, slots=True)
class AssertHeader:
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class AssertAllow:
    """The methods that ``Allow`` names, whose order means nothing."""

    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class AssertMessages:
    """The texts that the messages framework holds for the user, in order."""

    texts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class AssertCookie:
    name: str
    value: Value
    """None where only its presence can be asserted."""


@dataclass(frozen=True, slots=True)
class AssertSession:
    key: str
    value: Value


@dataclass(frozen=True, slots=True)
class AssertLoggedIn:
    variable: str


@dataclass(frozen=True, slots=True)
class AssertLoggedOut:
    pass


@dataclass(frozen=True, slots=True)
class FetchRow:
    """``variable = Model.objects.get(…)`` for a row that the request created."""

    variable: str
    model: Name
    manager: str
    lookup: Values
    latest: bool = False
    """True where nothing but its being the newest tells the row from others."""


@dataclass(frozen=True, slots=True)
class FetchRows:
    """``variables = Model.objects.order_by("pk")``: created rows that only their order tells apart."""

    variables: tuple[str, ...]
    model: Name
    manager: str
    newest: bool
    """True where others are there, older than these."""


@dataclass(frozen=True, slots=True)
class RefreshRow:
    variable: str


@dataclass(frozen=True, slots=True)
class AssertAttribute:
    variable: str
    attribute: str
    value: Value


@dataclass(frozen=True, slots=True)
class AssertStored:
    """The row has these values in the database, whatever its attributes make of them."""

    variable: str
    model: Name
    manager: str
    values: Values


@dataclass(frozen=True, slots=True)
class AssertFileName:
    """The file's name begins so; storage adds to a name that is taken."""

    variable: str
    attribute: str
    beginning: str


@dataclass(frozen=True, slots=True)
class AssertRecent:
    """The attribute is a time within a minute of ``instant``, or of now."""

    variable: str
    attribute: str
    instant: dt.datetime
    now: bool = True


@dataclass(frozen=True, slots=True)
class AssertPresent:
    """The attribute has a value, which differs from run to run."""

    variable: str
    attribute: str


@dataclass(frozen=True, slots=True)
class AssertPassword:
    variable: str
    password: str


@dataclass(frozen=True, slots=True)
class AssertGone:
    variable: str
    model: Name
    manager: str


@dataclass(frozen=True, slots=True)
class AssertCount:
    """So many rows of the model are there."""

    model: Name
    manager: str
    number: int
    lookup: Values = ()


@dataclass(frozen=True, slots=True)
class AssertLinked:
    variable: str
    accessor: str
    target: str
    linked: bool


@dataclass(frozen=True, slots=True)
class AssertCallCount:
    """So many outbound calls were made, and no others."""

    number: int


@dataclass(frozen=True, slots=True)
class AssertSentBody:
    """The body of the outbound call number ``index``, counted from 0."""

    index: int
    text: str


Assert: TypeAlias = (
    AssertStatus
    | AssertRedirect
    | AssertJson
    | AssertBody
    | AssertTemplate
    | AssertContains
    | AssertHeader
    | AssertAllow
    | AssertMessages
    | AssertCookie
    | AssertSession
    | AssertLoggedIn
    | AssertLoggedOut
    | FetchRow
    | FetchRows
    | RefreshRow
    | AssertAttribute
    | AssertStored
    | AssertFileName
    | AssertRecent
    | AssertPresent
    | AssertPassword
    | AssertGone
    | AssertCount
    | AssertLinked
    | AssertCallCount
    | AssertSentBody
)


Step: TypeAlias = Arrange | SendRequest | Assert


@dataclass(frozen=True, slots=True)
class Note:
    """Something that could not be inverted, for a reader of the test."""

    text: str
    source: Source | None = None


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

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order in which they happen."""
        return (*self.arrange, self.act, *self.asserts)


def referred(value: Value) -> frozenset[str]:
    """Return the variables that a step or an expression refers to, not the one that it makes."""
    if isinstance(value, Mapping):
        return _union(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return _union(value)
    match value:
        case Variable(name):
            return frozenset({name})
        case AddLinks(variable, _, targets):
            return frozenset({variable, *targets})
        case AssertLinked(variable, _, target):
            return frozenset({variable, target})
        case _ if is_dataclass(value):
            named = getattr(value, "variable", None)
            own = frozenset({named}) if isinstance(named, str) and not made(value) else frozenset()
            return own | _union(getattr(value, item.name) for item in fields(value))
        case _:
            return frozenset()


def made(step: object) -> frozenset[str]:
    """Return the variables that a step makes."""
    match step:
        case CreateRow(str(variable)) | GetRow(variable) | FetchRow(variable):
            return frozenset({variable})
        case CreateInBulk(variables) | FetchRows(variables):
            return frozenset(variable for variable in variables if variable is not None)
        case _:
            return frozenset()


def unbound(plan: Plan) -> frozenset[str]:
    """Return the variables that a step of the plan refers to before any step makes them."""
    known: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    for step in plan.steps:
        missing |= referred(step) - known
        known |= made(step)
    return missing


def _union(values: Iterable[Value]) -> frozenset[str]:
    return frozenset().union(*map(referred, values))
