"""One request with everything that happened inside it, in order.

What enters is a :class:`~otel2test.reading.traces.Trace`; what leaves is an
:class:`Exchange` for each request in it. Wire values are decoded here, once, so that
later stages see Python values only.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from otel2test.reading.effects import SideEffects
from otel2test.reading.spans import Origin

BodyKind: TypeAlias = Literal["empty", "form", "multipart", "json", "text", "binary", "unread", "streamed"]

PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_XML: Final = frozenset({"application/xml", "text/xml"})
"""The media types of pages."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file."""

    field: str
    name: str
    content_type: str
    content: bytes
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A body, read as far as its kind allows."""

    kind: BodyKind = "empty"
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[Upload, ...] = ()
    text: str = ""
    content: bytes = b""
    """For ``binary``."""
    cut: bool = False
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query_string: str
    scheme: str
    host: str
    headers: tuple[tuple[str, str], ...]
    cookies: Mapping[str, str]
    content_type: str
    body: Body
    script_name: str = ""


@dataclass(frozen=True, slots=True)
class Cookie:
    name: str
    value: str
    attributes: Mapping[str, str | bool | int]
    deleted: bool


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[Cookie, ...]
    body: Body
    streaming: bool = False

    def header(self, name: str) -> str | None:
        """Return the first header of that name, however it is spelt."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def media_type(self) -> str:
        """Of what kind the body is said to be, in lower case, without parameters: ``text/html``."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def is_page(self) -> bool:
        """True for what a browser shows as a page."""
        return self.media_type in PAGES

    @property
    def is_markup(self) -> bool:
        """True for pages and for XML, such as a feed."""
        return self.is_page or self.media_type in _XML or self.media_type.endswith("+xml")


@dataclass(frozen=True, slots=True)
class View:
    module: str
    qualname: str
    route: str
    url_name: str | None
    kwargs: Mapping[str, object]
    args: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    authenticated: bool
    model: str | None = None
    pk: object = None
    backend: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Messages:
    """What the messages framework held: (level, text) each; no text where it was lazy."""

    before: tuple[tuple[int, str | None], ...] = ()
    added: tuple[tuple[int, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    context_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormError:
    """What is wrong with a field, as far as it could be told."""

    code: str = ""
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A form or formset that a template was given, validated."""

    key: str
    """In the template's context."""
    name: str
    """``module.QualName`` of its class."""
    errors: Mapping[str, tuple[FormError, ...]]
    """By field, ``__all__`` for the whole."""
    forms: tuple[Mapping[str, tuple[FormError, ...]], ...] | None = None
    """Of a formset: the errors of each of its forms."""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception, recorded."""

    type: str
    message: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """Where a column of a result comes from, as the ORM told."""

    model: str | None = None
    field: str | None = None
    alias: str | None = None
    annotation: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """The innermost frame of the project under which a statement or an outbound call was made."""

    module: str
    qualname: str
    file: str
    line: int
    locals: Mapping[str, object] = field(default_factory=dict)
    """Plain values, and rows as :class:`~otel2test.values.ModelValue` without their fields."""


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL statement with what came back."""

    span_id: str
    position: int
    """Place in the exchange; later is greater. Shared numbering with :class:`Outbound`."""
    alias: str
    vendor: str
    sql: str
    params: tuple[object, ...] | Mapping[str, object] | None = None
    many: tuple[tuple[object, ...] | Mapping[str, object], ...] | None = None
    columns: tuple[str, ...] = ()
    sources: tuple[ColumnSource | None, ...] | None = None
    model: str | None = None
    rows: tuple[tuple[object, ...], ...] = ()
    fetched: int | None = None
    exhausted: bool = False
    rowcount: int | None = None
    lastrowid: object = None
    error: Failure | None = None
    kind: Literal["statement", "commit", "rollback"] = "statement"
    connection: int = 0
    """Which connection of ``alias``."""
    executions: int | None = None
    """How often an ``executemany`` executed; ``many`` may hold fewer."""
    savepoint: bool | None = None
    """Of a ``BEGIN``: whether the block sets a savepoint in a test; None where nothing told."""
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One hop of an outbound HTTP call."""

    span_id: str
    position: int
    library: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: Body
    status: int | None = None
    reason: str = ""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: Body | None = None
    error: Failure | None = None
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function of the project."""

    id: int
    parent: int | None
    span_id: str
    module: str
    qualname: str
    file: str
    line: int
    start: int
    duration: int
    arguments: Mapping[str, object]
    locals: Mapping[str, object] = field(default_factory=dict)
    returned: object = None
    raised: Failure | None = None
    yielded: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One concrete field of a model; see :class:`otel2test.attributes.FieldPayload`."""

    name: str
    attname: str
    column: str
    type: str
    python_class: str
    null: bool = False
    blank: bool = False
    unique: bool = False
    primary_key: bool = False
    auto_now: bool = False
    auto_now_add: bool = False
    editable: bool = True
    max_length: int | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    choices: tuple[object, ...] = ()
    has_default: bool = False
    """True where the default is a plain value, which ``default`` then holds."""
    default: object = None
    default_callable: str | None = None
    db_default: bool = False
    related_model: str | None = None
    related_field: str | None = None
    parent_link: bool = False
    generated: bool = False


@dataclass(frozen=True, slots=True)
class ManyToMany:
    name: str
    related_model: str
    through: str
    through_auto_created: bool
    source_column: str
    target_column: str


@dataclass(frozen=True, slots=True)
class GenericForeignKey:
    name: str
    content_type: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model; see :class:`otel2test.attributes.ModelPayload`."""

    module: str
    name: str
    label: str
    table: str
    fields: tuple[Field, ...]
    many_to_many: tuple[ManyToMany, ...] = ()
    generic_foreign_keys: tuple[GenericForeignKey, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    ordering: tuple[str, ...] = ()
    managed: bool = True
    proxy_for: str | None = None
    auto_created: bool = False
    manager: str = "objects"
    custom_save: bool = False
    seeded: bool = False
    signals: tuple[str, ...] = ()
    verbose_name: str = ""
    user: bool = False
    username_field: str | None = None
    required_fields: tuple[str, ...] = ()
    create_user: bool = False
    framework: Literal["content_type", "permission", "site", "session"] | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of the project: its models and the settings that matter."""

    django: str = ""
    use_tz: bool = True
    time_zone: str = "UTC"
    language: str | None = None
    databases: Mapping[str, str] = field(default_factory=dict)
    root_urlconf: str | None = None
    settings_module: str | None = None
    site_id: int | None = None
    session_cookie: str = "sessionid"
    csrf_cookie: str = "csrftoken"
    language_cookie: str = "django_language"
    login_url: str | None = None
    content_types: Mapping[str, str] = field(default_factory=dict)
    models: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to a Django application and everything that happened inside."""

    trace_id: str
    span_id: str
    service: str
    start: dt.datetime
    """Aware, UTC."""
    end: dt.datetime
    origin: Origin
    request: Request
    response: Response | None
    view: View | None
    user: User | None
    session: Session | None
    templates: tuple[Template, ...]
    exception: Failure | None
    queries: tuple[Query, ...]
    outbound: tuple[Outbound, ...]
    calls: tuple[Call, ...]
    schema: Schema
    faults: tuple[str, ...] = ()
    messages: Messages = field(default_factory=Messages)
    forms: tuple[Form, ...] = ()
    effects: SideEffects = field(default_factory=SideEffects)
