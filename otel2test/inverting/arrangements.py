"""The steps that make the state in which a request is made: arrange."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from otel2test.inverting.expressions import LooseUrl, Name, Value, Values
from otel2test.inverting.likenesses import Likeness
from otel2test.inverting.sortings import Keys


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
    left_out: str = ""
    """Why the request must not find the row, if it is there for that: ``status other than 'published'``."""


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
    left_out: str = ""
    """Why the request must not find the rows, if they are there for that."""


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
    method: Literal["get", "get_current"] = "get"
    """How it is looked up: the site that the settings name is the current one."""


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """``Model.objects.filter(pk=variable.pk).update(…)``: for what ``save()`` would overwrite."""

    variable: str
    model: Name
    manager: str
    values: Values


@dataclass(frozen=True, slots=True)
class DeleteRows:
    """``Model.objects.all().delete()``: rows that a migration left, and the recorded database didn't hold."""

    model: Name
    manager: str
    explained: bool = True
    """True for the first such step of a test, which says why."""


@dataclass(frozen=True, slots=True)
class AddLinks:
    """``variable.accessor.add(…)``."""

    variable: str
    accessor: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResetSequences:
    """Let the database count on from the greatest key of each model."""

    models: tuple[Name, ...]
    database: str = "default"


@dataclass(frozen=True, slots=True)
class LogIn:
    """``client.force_login(variable)``."""

    variable: str


@dataclass(frozen=True, slots=True)
class LogInOther:
    """``variable = Client()``, which the user logs in: somebody else's session, or on another device."""

    variable: str
    user: str | None
    """The variable of the user; None for a session of nobody known."""


@dataclass(frozen=True, slots=True)
class KeepSessionKey:
    """``variable = client.session.session_key``."""

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


Mock: TypeAlias = Literal["responses", "respx", "mocket"]
"""What answers outbound calls: of requests, of httpx, and of all that opens sockets by itself."""


Loose: TypeAlias = "tuple[Keys, Likeness]"
"""Where in a value something differs from run to run, and what is left to say of it."""


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """What an outbound call was answered with, and what it must have sent."""

    method: str
    url: str | LooseUrl
    status: int
    body: str | bytes | None
    json: Value
    is_json: bool
    content_type: str | None
    headers: tuple[tuple[str, str], ...] = ()
    sent_json: Value = None
    sends_json: bool = False
    sent_form: tuple[tuple[str, Value], ...] | None = None
    sent_text: str | bytes | None = None
    sent_headers: tuple[tuple[str, str], ...] = ()
    """Those that are asserted."""
    error: Name | None = None
    error_message: str = ""
    error_arguments: tuple[Value, ...] = ()
    """Before the message."""
    mock: Mock = "responses"
    loose: "tuple[Loose, ...]" = ()
    """Parts of what was sent that differ from run to run, and what all such have in common."""
    then: tuple["AnswerCall", ...] = ()
    """How the same call was answered later, where the mock wants to know that at once."""
    loop: tuple[int, int, str] | None = None
    """(request, first call, why) where it is one of several calls that may come in any order."""
    by_content: bool = False
    """True where what is sent decides which of the answers to one URL is given."""

    @property
    def matched_form(self) -> Values:
        """The form as ``responses`` reads it: of a field with several values the last."""
        fields = self.sent_form or ()
        return tuple((name, value[-1] if isinstance(value, list) else value) for name, value in fields)

    @property
    def has_blank(self) -> bool:
        """Whether a value of that is the empty string."""
        return any(value == "" for _, value in self.matched_form)


@dataclass(frozen=True, slots=True)
class ClearCache:
    """Empties a cache, which outlives a test."""

    alias: str


@dataclass(frozen=True, slots=True)
class SetCache:
    """What the request found in a cache."""

    alias: str
    key: str
    value: Value
    version: int | None = None


@dataclass(frozen=True, slots=True)
class UseScratchMedia:
    """Files that the request stores go to a folder that is thrown away."""


@dataclass(frozen=True, slots=True)
class StoreFile:
    """``default_storage.save(name, …)``: a file that was there before the request."""

    name: str
    content: bytes


Arrange: TypeAlias = (
    CreateRow
    | CreateInBulk
    | CreateAlike
    | GetRow
    | UpdateRow
    | DeleteRows
    | AddLinks
    | ResetSequences
    | LogIn
    | LogInOther
    | KeepSessionKey
    | SetSession
    | SetCookie
    | SetClock
    | AnswerCall
    | ClearCache
    | SetCache
    | UseScratchMedia
    | StoreFile
)
