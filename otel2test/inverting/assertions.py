"""The steps that state what must be true afterwards, and those that fetch what they speak of: assert."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from otel2test.inverting.arrangements import Mock
from otel2test.inverting.expressions import Name, Value, Values
from otel2test.inverting.likenesses import Likeness
from otel2test.inverting.sortings import Keys, SortList
from otel2test.inverting.sortkeys import SortKey


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
    sorts: tuple[SortList, ...] = ()
    """Its lists that are sorted first."""
    named: bool = False
    """True where there is more to do with it than to compare it at once: it is kept as ``data``."""


@dataclass(frozen=True, slots=True)
class AssertBody:
    """The whole body: text, or bytes."""

    content: Value
    streamed: bool = False
    unordered: str = ""
    """Why its lines may come in any order, where they may."""


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
    count: int | None = None
    """How often, where that is asserted; 0 for a text that must not stand there."""


@dataclass(frozen=True, slots=True)
class AssertHeader:
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class AssertLacks:
    """Nothing of that name is in the response's headers or cookies, or in the session."""

    where: Literal["headers", "cookies", "session"]
    name: str


@dataclass(frozen=True, slots=True)
class AssertAllow:
    """The methods that ``Allow`` names, whose order means nothing."""

    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class AssertMessages:
    """The texts that the messages framework holds for the user, in order."""

    texts: tuple[Value, ...]
    named: bool = False
    """True where more is said of some: they are kept as ``messages``."""
    unordered: str = ""
    """Why they may come in any order, where they may: both sides are sorted."""


@dataclass(frozen=True, slots=True)
class AssertCookie:
    name: str
    value: Value
    """None where only its presence can be asserted."""


@dataclass(frozen=True, slots=True)
class AssertSession:
    key: str
    value: Value
    sorts: tuple[SortList, ...] = ()
    """Its lists that are sorted first: it is kept as ``stored`` for that."""


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
    sorted_by: str = ""
    """The attribute by which they are sorted, where they may be made in any order."""
    unordered: str = ""
    """Why they may."""


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
    mock: Mock = "responses"


@dataclass(frozen=True, slots=True)
class AssertAllAnswered:
    """None of the answers was left over."""

    mock: Mock


@dataclass(frozen=True, slots=True)
class AssertSentBody:
    """The body of the outbound call number ``index``, counted from 0 for each mock."""

    index: int
    text: str | bytes
    mock: Mock = "responses"


@dataclass(frozen=True, slots=True)
class AssertSentJson:
    """The same for a body that is JSON."""

    index: int
    value: Value
    mock: Mock


@dataclass(frozen=True, slots=True)
class AssertSentForm:
    """The same for the fields of a form, each with all of its values."""

    index: int
    fields: tuple[tuple[str, Value], ...]
    mock: Mock

    @property
    def has_blank(self) -> bool:
        """Whether a value is the empty string."""
        return any(isinstance(values, list) and "" in values for _, values in self.fields)


@dataclass(frozen=True, slots=True)
class AssertSentHeader:
    """The same for one of its headers."""

    index: int
    name: str
    value: Value
    mock: Mock = "responses"


@dataclass(frozen=True, slots=True)
class AssertSentInAnyOrder:
    """The bodies of several outbound calls, those from ``start`` to before ``stop``, in any order."""

    of: AssertSentBody | AssertSentJson | AssertSentForm
    """What would compare one of them."""
    start: int
    stop: int | None
    """None for the last of all."""
    bodies: tuple[Value, ...]
    """As ``key`` sorts them."""
    key: SortKey
    unordered: str
    """Why they may come in any order."""


@dataclass(frozen=True, slots=True)
class FetchMails:
    """``[variables] = mail.outbox``: so many e-mails were sent, and no others."""

    variables: tuple[str, ...]
    earlier: int = 0
    """So many were sent by earlier requests of the same test."""
    sorted_by: str = ""
    """The attribute by which they are sorted first, where they may come in any order."""
    unordered: str = ""
    """Why they may."""
    numbers: tuple[int, ...] = ()
    """Which of those that were sent each is; empty where that is their order."""


@dataclass(frozen=True, slots=True)
class AssertMailCount:
    """Of many e-mails only the number is asserted."""

    number: int


@dataclass(frozen=True, slots=True)
class AssertContained:
    """A text stands in an attribute of a variable, such as the body of an e-mail."""

    variable: str
    attribute: str
    text: Value


@dataclass(frozen=True, slots=True)
class AssertLines:
    """An attribute is a text of these lines, which may come in any order; ``unordered`` says why."""

    variable: str
    attribute: str
    lines: tuple[str, ...]
    """Sorted."""
    unordered: str


@dataclass(frozen=True, slots=True)
class AssertAttached:
    """The names of an e-mail's attachments, in order."""

    variable: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssertCached:
    """What a cache holds under a key; nothing where the value is None."""

    alias: str
    key: str
    value: Value
    version: int | None = None
    sorts: tuple[SortList, ...] = ()
    """Its lists that are sorted first: it is kept as ``stored`` for that."""


@dataclass(frozen=True, slots=True)
class AssertCalledOnce:
    """The replacement that a :class:`Patch` put in place was called once, with these arguments."""

    variable: str
    arguments: tuple[Value, ...]
    keywords: Values


@dataclass(frozen=True, slots=True)
class AssertCalls:
    """The same for several calls, in order: (arguments, keywords) each."""

    variable: str
    calls: tuple[tuple[tuple[Value, ...], Values], ...]
    unordered: str = ""
    """Why they may come in any order, where they may."""


@dataclass(frozen=True, slots=True)
class AssertStoredContent:
    """The content of the file to which ``variable.attribute`` points."""

    variable: str
    attribute: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AssertStoredFile:
    """A file is in the default storage, with this content where it is asserted."""

    name: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class AssertLike:
    """What ``of`` compares, or the part of it under ``keys``, isn't the same in every run: what all share."""

    of: "Assert"
    like: Likeness
    keys: Keys = ()
    told: bool = False
    """True where a comment before has said so."""
    reason: str = "differs from run to run"


@dataclass(frozen=True, slots=True)
class AssertNothing:
    """A comment in the place of an assertion: what isn't compared, and why."""

    text: str


@dataclass(frozen=True, slots=True)
class KeepValue:
    """``variable = response.json()[…]``: what a later request of the test sends."""

    variable: str
    keys: tuple[str | int, ...]
    of_data: bool = False
    """True where an assertion before has kept the JSON as ``data``, its lists sorted."""


@dataclass(frozen=True, slots=True)
class KeepLink:
    """``variable = re.search(pattern, mail.outbox[index].body)[0]``: a link or a code for a later request."""

    variable: str
    pattern: str
    index: int
    text: str = "body"
    """Where it stands in the e-mail."""
    escaped: bool = False
    """True where it is written as HTML is."""


Assert: TypeAlias = (
    AssertStatus
    | AssertRedirect
    | AssertJson
    | AssertBody
    | AssertTemplate
    | AssertContains
    | AssertHeader
    | AssertLacks
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
    | AssertAllAnswered
    | AssertSentBody
    | AssertSentJson
    | AssertSentForm
    | AssertSentHeader
    | AssertSentInAnyOrder
    | AssertLike
    | AssertNothing
    | KeepValue
    | KeepLink
    | FetchMails
    | AssertMailCount
    | AssertContained
    | AssertLines
    | AssertAttached
    | AssertCached
    | AssertCalledOnce
    | AssertCalls
    | AssertStoredContent
    | AssertStoredFile
)
