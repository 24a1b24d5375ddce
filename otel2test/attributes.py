"""Names and payload shapes of every span attribute that we write or read.

This module is the contract between the recorder (``processors/``) and the
synthesizer: nothing else is shared but :mod:`otel2test.values`.

A recording is plain OTLP JSON. What the OpenTelemetry semantic conventions
already name is written under their names; what they lack is written under
``otel2test.*``, each as *one* string attribute that holds JSON (55 times faster
to write than nested key-value lists, half the bytes, and still valid OTLP).
Inside a payload, every place marked ``Wire`` holds a value as
:func:`otel2test.values.encode` writes it, so that it keeps its Python type.

==============================  ==========================  ========================
attribute                       on which span               payload
==============================  ==========================  ========================
``otel2test.format``            the request's               the string ``"2"``
``otel2test.http.request``      the request's               :class:`RequestPayload`
``otel2test.http.response``     the request's               :class:`ResponsePayload`
``otel2test.http.view``         the request's               :class:`ViewPayload`
``otel2test.user``              the request's               :class:`UserPayload`
``otel2test.session``           the request's               :class:`SessionPayload`
``otel2test.messages``          the request's               :class:`MessagesPayload`
``otel2test.templates``         the request's               list of :class:`TemplatePayload`
``otel2test.forms``             the request's               list of :class:`FormPayload`
``otel2test.exception``         the request's               :class:`ExceptionPayload`
``otel2test.calls``             the request's               :class:`CallsPayload`
``otel2test.calls.dropped``     the request's               how many calls were too many
``otel2test.mails``             the request's               list of :class:`MailPayload`
``otel2test.cache``             the request's               list of :class:`CachePayload`
``otel2test.tasks``             the request's               list of :class:`TaskPayload`
``otel2test.signals``           the request's               list of :class:`SignalPayload`
``otel2test.files``             the request's               list of :class:`StoredFilePayload`
``otel2test.logs``              the request's               list of :class:`LogPayload`
``otel2test.draws``             the request's               list of :class:`DrawPayload`
``otel2test.commit_hooks``      the request's               list of :class:`CommitHookPayload`
``otel2test.schema``            the request's               :class:`SchemaPayload`
``otel2test.faults``            the request's               list of strings
``otel2test.db.query``          one per statement           :class:`QueryPayload`
``otel2test.http.outbound``     one per hop                 :class:`OutboundPayload`
``otel2test.caller``            statement's and hop's       :class:`CallerPayload`
``otel2test.operation``         an operation's              :class:`OperationPayload`
==============================  ==========================  ========================

"The request's span" is the one made by ``opentelemetry.instrumentation.django``
(kind SERVER, or INTERNAL where a WSGI or ASGI span stands above it). What runs outside of
any request (a management command, a Celery task, a block of a script) has an operation's
span instead, with ``otel2test.operation`` and everything above that isn't about HTTP.

Side effects (mails to commit hooks) are in the order in which they happened; ``start``
says when, on one clock with calls and, by the time that their spans began, with statements
and hops. Each list is bounded; where it is, the last item is ``{"dropped": n}``
(:class:`DroppedPayload`) and says how many more there were.

The text of a body is no JSON of ours. It has an attribute of its own beside the payload, so that it
is escaped once and not twice: ``otel2test.http.request.body``, ``otel2test.http.response.body``,
``otel2test.http.outbound.body`` and ``otel2test.http.outbound.response.body``. In recordings of
format ``"1"`` it stands in the payload.

What follows from something else that is told is left out: "where it isn't …" says from what.
Recordings of format ``"1"`` tell it all.
"""

from collections.abc import Mapping
from typing import Final, Literal, NotRequired, TypedDict, cast

from otel2test.values import Wire

FORMAT: Final = "otel2test.format"
FORMAT_VERSION: Final = "2"
READABLE_VERSIONS: Final = ("1", FORMAT_VERSION)

REQUEST: Final = "otel2test.http.request"
REQUEST_BODY: Final = "otel2test.http.request.body"
RESPONSE: Final = "otel2test.http.response"
RESPONSE_BODY: Final = "otel2test.http.response.body"
VIEW: Final = "otel2test.http.view"
USER: Final = "otel2test.user"
SESSION: Final = "otel2test.session"
MESSAGES: Final = "otel2test.messages"
TEMPLATES: Final = "otel2test.templates"
FORMS: Final = "otel2test.forms"
EXCEPTION: Final = "otel2test.exception"
CALLS: Final = "otel2test.calls"
CALLS_DROPPED: Final = "otel2test.calls.dropped"
"""A number as a string, only where calls were left out of ``otel2test.calls``; not JSON of ours."""
SCHEMA: Final = "otel2test.schema"
FAULTS: Final = "otel2test.faults"
MAILS: Final = "otel2test.mails"
CACHE: Final = "otel2test.cache"
TASKS: Final = "otel2test.tasks"
SIGNALS: Final = "otel2test.signals"
FILES: Final = "otel2test.files"
LOGS: Final = "otel2test.logs"
DRAWS: Final = "otel2test.draws"
COMMIT_HOOKS: Final = "otel2test.commit_hooks"
QUERY: Final = "otel2test.db.query"
OUTBOUND: Final = "otel2test.http.outbound"
OUTBOUND_BODY: Final = "otel2test.http.outbound.body"
OUTBOUND_RESPONSE_BODY: Final = "otel2test.http.outbound.response.body"
CALLER: Final = "otel2test.caller"
OPERATION: Final = "otel2test.operation"

JSON_PAYLOADS: Final = frozenset(
    {
        REQUEST,
        RESPONSE,
        VIEW,
        USER,
        SESSION,
        MESSAGES,
        TEMPLATES,
        FORMS,
        EXCEPTION,
        CALLS,
        SCHEMA,
        FAULTS,
        MAILS,
        CACHE,
        TASKS,
        SIGNALS,
        FILES,
        LOGS,
        DRAWS,
        COMMIT_HOOKS,
        QUERY,
        OUTBOUND,
        CALLER,
        OPERATION,
    }
)
"""Attributes whose string value is JSON and is to be parsed by the reader."""

BODY_TEXTS: Final = frozenset({REQUEST_BODY, RESPONSE_BODY, OUTBOUND_BODY, OUTBOUND_RESPONSE_BODY})
"""Attributes whose string value is the text of a body."""


class FilePayload(TypedDict):
    """One uploaded file of a multipart form."""

    field: str
    name: str
    content_type: str
    size: int
    """Bytes that were uploaded; ``content`` may hold fewer, see ``cut``."""
    content: str
    """The bytes, base64."""
    cut: NotRequired[bool]


class BodyPayload(TypedDict):
    """The body of a request or response, inbound or outbound.

    ``kind`` says which of the other keys are there:

    - ``empty``: nothing;
    - ``form``: ``fields`` (``application/x-www-form-urlencoded``);
    - ``multipart``: ``fields`` and ``files``;
    - ``json``: ``text``, the JSON as it was sent;
    - ``text``: ``text``, decoded;
    - ``binary``: ``base64``;
    - ``unread``: the program never read it, so neither did the recorder;
    - ``streamed``: a stream of which no copy was kept.
    """

    kind: Literal["empty", "form", "multipart", "json", "text", "binary", "unread", "streamed"]
    size: NotRequired[int]
    """Bytes, before any cut."""
    fields: NotRequired[list[tuple[str, str]]]
    """In the order sent, repeated keys repeated."""
    files: NotRequired[list[FilePayload]]
    text: NotRequired[str | int]
    """The text itself, or how many characters it has where it stands in an attribute of its own: one that
    is shorter was cut on its way."""
    base64: NotRequired[str]
    cut: NotRequired[bool]
    """True where ``text`` or ``base64`` is only the beginning."""


class RequestPayload(TypedDict):
    """The request as the program saw it."""

    method: str
    path: str
    """Decoded, without the script name and the query."""
    script_name: NotRequired[str]
    query_string: str
    """As sent, still percent-encoded; ``""`` where there was none."""
    scheme: str
    host: str
    headers: list[tuple[str, str]]
    """Names as ``Title-Case``; without ``Cookie``."""
    cookies: dict[str, str]
    content_type: str
    body: BodyPayload


class CookiePayload(TypedDict):
    """One cookie that the response sets or clears."""

    name: str
    value: str
    attributes: dict[str, str | bool | int]
    """``max-age``, ``path``, ``httponly``, …, those that are set."""
    deleted: bool


class ResponsePayload(TypedDict):
    """The response as it left the last middleware."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    """Without ``Set-Cookie``."""
    cookies: NotRequired[list[CookiePayload]]
    body: BodyPayload
    streaming: NotRequired[bool]


class ViewPayload(TypedDict):
    """What answered the request."""

    module: str
    qualname: str
    """Of the function, or of the class for a class-based view."""
    route: str
    url_name: str | None
    """With namespaces, as :func:`django.urls.reverse` takes it."""
    kwargs: NotRequired[dict[str, Wire]]
    args: NotRequired[list[Wire]]


class UserPayload(TypedDict):
    """``request.user``, if the program resolved it."""

    authenticated: bool
    model: NotRequired[str]
    """``app_label.ModelName``."""
    pk: NotRequired[Wire]
    backend: NotRequired[str]


class SessionPayload(TypedDict):
    """The session's data before and after, where the program touched it.

    Keys that Django's own authentication keeps (``_auth_user_id``,
    ``_auth_user_backend``, ``_auth_user_hash``) are among them; the hash is
    redacted.
    """

    before: dict[str, Wire]
    after: NotRequired[dict[str, Wire]]
    """Where it isn't as ``before``."""


class MessagesPayload(TypedDict):
    """What the messages framework held: ``[level, text]`` each; no text where it was lazy to the end."""

    before: list[tuple[int, str | None]]
    """Left over from earlier requests, as far as the program looked."""
    added: list[tuple[int, str | None]]
    """During the request, in order."""


class TemplatePayload(TypedDict):
    """One template rendered. One of the two lists of keys is there."""

    name: str
    context_keys: NotRequired[list[str]]
    further_keys: NotRequired[list[str]]
    """The context had the keys of that of the template before, and these."""


class FormErrorPayload(TypedDict):
    """One thing that is wrong with what was sent."""

    code: NotRequired[str]
    """The ``ValidationError``'s."""
    message: NotRequired[str]
    """Absent where it was lazy, had parameters to be filled in, or was too long."""


class FormPayload(TypedDict):
    """One form or formset that a template was given, bound and validated."""

    key: str
    """In the template's context, as a template looks it up: ``form``, ``adminform.form``, ``steps.0``."""
    form: str
    """``module.QualName`` of its class."""
    errors: dict[str, list[FormErrorPayload]]
    """Field → what is wrong with it; ``__all__`` has what is wrong with the form as a whole."""
    forms: NotRequired[list[dict[str, list[FormErrorPayload]]]]
    """Of a formset: the ``errors`` of each of its forms."""
    cut: NotRequired[bool]
    """True where there were more than are told."""


class ExceptionPayload(TypedDict):
    """An exception that no view and no middleware of the program handled."""

    type: str
    """``module.QualName``."""
    message: str
    where: str
    """``file:line`` of the innermost frame of the project."""


class CallsPayload(TypedDict):
    """The calls of functions of the project: each a row, and what they have in common once.

    A value stands in a row

    - as itself, on the wire, if it is a number, a text, true, false, null or an object;
    - as ``[n]``: entry ``n`` of ``values``;
    - as ``[null, …]``: a list of what follows;
    - as ``[n, …]``: an instance of ``shapes[n]``. Of ``["$object", type, name, …]`` the values of
      these attributes follow, of ``["$model", label, name, …]`` the primary key and the values of
      these fields. Where ``[name, tag]`` stands for a name, the value is what ``{tag: …}`` holds;
    - as ``[]``: a local that has no value, or an argument that has not changed.

    Entries of ``values`` are written in the same way, but refer to no other entry; all that is
    inside a value is on the wire.

    A row is a list of the number of the function in ``functions``, two times (below), the arguments,
    the locals, and how the call ended: ``[]`` where that isn't known, ``[true, value]`` for the
    exception that left it (:class:`ExceptionPayload`), else the value that was returned. Of a generator
    follows how many values it yielded.

    Rows are in the order in which calls ended; most say nothing of ``id``, ``parent`` and ``span``, as
    the row before lets expect them. The first time says in microseconds how much later the call began
    than that of the row before; it is less by one, and below zero, if the call began before that or is
    its parent. The second is the duration, rounded up. Then

    - ``id`` is the parent of the row before if the first time is below zero, else one more than all before;
    - ``parent`` is that of the row before, or ``id - 1`` where the first time is below zero or ``id`` is
      another than expected (none, if that is -1);
    - ``span`` is that of the row before.

    Up to three numbers at the end of a row say what is otherwise: how much greater ``id`` is than
    expected; how much greater than ``parent``, 0 for no parent; the number of ``span``. Before the
    first row is one of id -1 and no parent, in the first span, at 0.

    Older recordings have ``calls`` in the place of ``rows``, where each is ``id``, function, ``parent``,
    span, ``start``, ``duration`` (see :class:`CallPayload`), list of arguments, list of locals (empty
    where there are none to tell), how it ended (0: not known, 1: it returned, 2: it raised), what was
    returned or raised, and for generators ``yielded``.
    """

    functions: list[list[Wire]]
    """Module, qualified name, file, first line, arguments' names, locals' names, true for a generator."""
    spans: list[str]
    """Hex ids of the spans that were current."""
    shapes: list[list[Wire]]
    values: list[Wire]
    rows: list[list[Wire]]


class CallPayload(TypedDict):
    """One call of a function of the project. Older recordings have a list of these in ``otel2test.calls``."""

    id: int
    """Counts from 0 in the order of entry."""
    parent: int | None
    """The calling project function's ``id``."""
    span: str
    """Hex id of the span that was current at entry."""
    module: str
    qualname: str
    file: str
    line: int
    start: int
    """Nanoseconds since the request's span began; of rows, whole microseconds."""
    duration: int
    """Nanoseconds; likewise."""
    arguments: dict[str, Wire]
    locals: NotRequired[dict[str, Wire]]
    """At return, without the arguments that did not change."""
    returned: NotRequired[Wire]
    raised: NotRequired[ExceptionPayload]
    yielded: NotRequired[int]
    """For generators: how many values."""


class FieldPayload(TypedDict):
    """One concrete field of a model."""

    name: str
    attname: NotRequired[str]
    """Where it isn't :func:`usual_attname`."""
    column: NotRequired[str]
    """Where it isn't ``attname``."""
    type: str
    """``get_internal_type()``, such as ``CharField``."""
    python_class: NotRequired[str]
    """``module.QualName`` of the field's class, where it isn't :func:`usual_field_class` of ``type``."""
    null: NotRequired[bool]
    blank: NotRequired[bool]
    unique: NotRequired[bool]
    """Not told of a primary key."""
    primary_key: NotRequired[bool]
    auto_now: NotRequired[bool]
    auto_now_add: NotRequired[bool]
    editable: NotRequired[bool]
    """Only where false."""
    max_length: NotRequired[int]
    max_digits: NotRequired[int]
    decimal_places: NotRequired[int]
    choices: NotRequired[list[Wire]]
    """The values, groups flattened."""
    default: NotRequired[Wire]
    """The default if it is a plain value."""
    default_callable: NotRequired[str]
    """``module.qualname`` of the default if it is a callable."""
    db_default: NotRequired[bool]
    related_model: NotRequired[str]
    """``app_label.ModelName`` for foreign keys and one-to-ones."""
    related_field: NotRequired[str]
    """The attname it points to on the related model, where it isn't ``id``."""
    parent_link: NotRequired[bool]
    generated: NotRequired[bool]


_RELATIONS: Final = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField"})


def usual_field_class(internal_type: str) -> str:
    """Return the class of Django's that has this ``get_internal_type()``."""
    module = "django.db.models.fields.related" if internal_type in _RELATIONS else "django.db.models.fields"
    return f"{module}.{internal_type}"


def usual_attname(name: str, internal_type: str) -> str:
    """Return what Django calls the attribute with the column's value."""
    return f"{name}_id" if internal_type in {"ForeignKey", "OneToOneField"} else name


class ManyToManyPayload(TypedDict):
    """One many-to-many relation, told from the side that declares it."""

    name: str
    related_model: str
    through: NotRequired[str]
    """``app_label.ModelName`` of the joining model, where it isn't ``<label>_<name>``."""
    through_auto_created: NotRequired[bool]
    """Only where false."""
    source_column: NotRequired[str]
    """Column of the joining table that points to the declaring model, where it isn't :func:`usual_link`."""
    target_column: NotRequired[str]
    """Column that points to the related model, where it isn't :func:`usual_link`."""


def usual_link(label: str) -> str:
    """Return the column of a joining table that points to the model ``label``."""
    return f"{label.rpartition('.')[2].lower()}_id"


class GenericForeignKeyPayload(TypedDict):
    """One generic foreign key: two fields that together point to a row of any model."""

    name: str
    content_type: str
    """Name of the foreign key to the content type."""
    object_id: str
    """Name of the field that holds the key."""


class ModelPayload(TypedDict):
    """What the generator must know of one model."""

    module: NotRequired[str]
    """Where the class can be imported from, if that isn't ``<app_label>.models``."""
    name: NotRequired[str]
    """Only in recordings of format ``"1"``: it is the end of ``label``."""
    label: str
    """``app_label.ModelName``."""
    table: NotRequired[str]
    """Where it isn't :func:`usual_table`."""
    database: NotRequired[str]
    fields: list[FieldPayload]
    many_to_many: NotRequired[list[ManyToManyPayload]]
    generic_foreign_keys: NotRequired[list[GenericForeignKeyPayload]]
    unique_together: NotRequired[list[list[str]]]
    """Lists of field names; from ``unique_together`` and unconditional ``UniqueConstraint``."""
    ordering: NotRequired[list[str]]
    managed: NotRequired[bool]
    """Only where false."""
    proxy_for: NotRequired[str]
    auto_created: NotRequired[bool]
    manager: NotRequired[str]
    """Name of the default manager where it isn't ``objects``; ``""`` if there is none usable."""
    custom_save: NotRequired[bool]
    """True where the project or a package overrides ``save()``."""
    seeded: NotRequired[bool]
    """True where migrations of the model's app may have made rows, or what listens to ``post_migrate``."""
    signals: NotRequired[list[str]]
    """Names of ``pre_save``, ``post_save``, … that have receivers for this model."""
    verbose_name: NotRequired[str]
    """Where it isn't the end of ``label`` in lower case."""
    user: NotRequired[bool]
    """True for the model that ``AUTH_USER_MODEL`` names."""
    username_field: NotRequired[str]
    required_fields: NotRequired[list[str]]
    create_user: NotRequired[bool]
    """True where the user model's manager has ``create_user``."""
    framework: NotRequired[Literal["content_type", "permission", "site", "session"]]
    """For rows that Django makes or keeps itself."""


def usual_table(label: str) -> str:
    """Return how Django names the table of the model ``label``."""
    return label.lower().replace(".", "_")


class SchemaPayload(TypedDict):
    """The models whose tables this trace touched, and all they need to exist."""

    django: str
    """Version, such as ``5.2.8``."""
    use_tz: bool
    time_zone: str
    language: NotRequired[str]
    databases: dict[str, str]
    """Alias → vendor: ``sqlite``, ``postgresql``, ``mysql``."""
    root_urlconf: NotRequired[str]
    settings_module: NotRequired[str]
    site_id: NotRequired[int]
    """``SITE_ID``: which row of ``django.contrib.sites`` is the current one."""
    session_cookie: NotRequired[str]
    """This and the next two where they aren't called as in Django's own settings."""
    csrf_cookie: NotRequired[str]
    language_cookie: NotRequired[str]
    login_url: NotRequired[str]
    content_types: NotRequired[dict[str, str]]
    """Id → ``app_label.modelname``, as far as the program had looked them up."""
    models: list[ModelPayload]


class ColumnPayload(TypedDict):
    """Where one column of a result comes from, told by the ORM."""

    model: NotRequired[str]
    """``app_label.ModelName``."""
    field: NotRequired[str]
    """attname."""
    alias: NotRequired[str]
    """The table alias in the statement, where it isn't the table's name."""
    annotation: NotRequired[str]
    """Name of an annotation, where it is one."""


class ColumnsPayload(TypedDict):
    """Neighbouring columns that come from one table, but for those with an annotation's name."""

    model: str
    """``app_label.ModelName``."""
    fields: list[str]
    """attnames, one a column."""
    alias: NotRequired[str]


def names_of(sources: object) -> list[str] | None:
    """Return what columns are called as their sources are; None where one of them has no name."""
    if not isinstance(sources, list | tuple) or not sources:
        return None
    names: list[object] = []
    for source in sources:
        told = source if isinstance(source, Mapping) else {}
        fields = told.get("fields")
        names += fields if isinstance(fields, list) else [told.get("annotation", told.get("field"))]
    return cast("list[str]", names) if all(isinstance(name, str) for name in names) else None


class CellsPayload(TypedDict, total=False):
    """The cells of one column, in short: ``like`` alone, or ``cells`` with or without the others."""

    like: int
    """The cells are those of this column, counted from 0, which stands before."""
    cells: list[Wire]
    """One a row; all rows have the same if there is one only, and ``at`` is missing."""
    at: list[int] | int
    """For each row which of ``cells`` it has; a number: as the ``at`` of this column, which stands before."""
    tag: str
    """``cells`` stand inside of this tag, such as ``$datetime``; null doesn't."""


class RowsPayload(TypedDict, total=False):
    """The rows that the program fetched, raw as the driver gave them: in one of two forms."""

    rows: list[list[Wire]]
    """Row by row, where there are few; everywhere in older recordings."""
    cells: list[list[Wire] | CellsPayload]
    """Column by column; :func:`otel2test.tables.rows_of` makes rows of it."""


class QueryPayload(RowsPayload):
    """One SQL statement with what came back."""

    alias: NotRequired[str]
    """Django's name of the connection, where it isn't ``default``."""
    connection: NotRequired[int]
    """Which connection of this alias, counted within the trace: threads have their own, and one that
    was closed is followed by another. Absent for the first."""
    vendor: NotRequired[str]
    """``sqlite``, ``postgresql``, ``mysql``, ``oracle``. Absent where the span itself says the same, as
    ``db.system.name`` or ``db.system``."""
    sql: NotRequired[str]
    """As handed to the driver, placeholders in place. Absent where the span itself has the same text, as
    ``db.query.text`` or ``db.statement``."""
    params: NotRequired[Wire]
    """List (or mapping for named placeholders); ``$cut`` where the trace had no room for it. Long
    texts in it, as in rows, are ``$cut`` each."""
    many: NotRequired[list[Wire]]
    """For ``executemany``: one list of parameters each."""
    executions: NotRequired[int]
    """For ``executemany``: how many times; more than ``many`` where that was cut."""
    columns: NotRequired[list[str]]
    """From ``cursor.description``. Absent without a result, and where :func:`names_of` gives the same."""
    sources: NotRequired[list[ColumnPayload | ColumnsPayload | None]]
    """For as many as ``columns``; absent for SQL that the ORM did not make."""
    model: NotRequired[str]
    """``app_label.ModelName`` of the query set's model, where it isn't that of the first of ``sources``."""
    fetched: NotRequired[int]
    """How many rows the program fetched, where that is more than are told."""
    exhausted: NotRequired[bool]
    """False if the program didn't see the end of the result; told of a result only then."""
    rowcount: NotRequired[int]
    lastrowid: NotRequired[Wire]
    error: NotRequired[ExceptionPayload]
    kind: NotRequired[Literal["statement", "commit", "rollback"]]
    """``commit`` and ``rollback`` are those made through the connection, not by SQL text."""
    savepoint: NotRequired[bool]
    """Of a ``BEGIN``: whether the same ``atomic`` block sets a savepoint where a transaction runs already."""


class OutboundPayload(TypedDict):
    """One hop of an outbound HTTP call."""

    library: Literal["requests", "urllib3", "httpx", "urllib"]
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: BodyPayload
    status: NotRequired[int]
    reason: NotRequired[str]
    response_headers: NotRequired[list[tuple[str, str]]]
    response_body: NotRequired[BodyPayload]
    error: NotRequired[ExceptionPayload]


class CallerPayload(TypedDict):
    """The innermost frame of the project under which a statement or hop was made."""

    module: str
    qualname: str
    file: str
    line: int
    """The line that was running, not the function's first."""
    locals: NotRequired[dict[str, Wire]]
    """At that moment, redacted: plain values, and models by their key alone; others are left out."""


class OperationPayload(TypedDict):
    """What ran where no request was: it is a trace of its own kind."""

    kind: Literal["command", "task", "block"]
    name: str
    """The command's, the task's, or the name given to the decorator or context manager."""
    module: NotRequired[str]
    qualname: NotRequired[str]
    arguments: NotRequired[list[Wire]]
    """Positional ones, as the function got them; for a command as typed."""
    keywords: NotRequired[dict[str, Wire]]
    returned: NotRequired[Wire]
    output: NotRequired[str]
    """What a command wrote to its ``stdout``."""


class DroppedPayload(TypedDict):
    """Ends a list that was cut."""

    dropped: int


class SideEffectPayload(TypedDict):
    """What every side effect says of itself."""

    span: str
    """Hex id of the span that was current."""
    start: int
    """Nanoseconds since the request's (or operation's) span began."""


class AttachmentPayload(TypedDict):
    """One attachment of an e-mail."""

    name: str
    content_type: str
    size: int
    content: NotRequired[str]
    """The bytes, base64; absent where they were too many."""


class MailPayload(SideEffectPayload):
    """One e-mail handed to Django's mail backend."""

    subject: NotRequired[str]
    """Absent, as ``body``, where it was lazy."""
    body: NotRequired[str]
    from_email: str
    to: list[str]
    cc: NotRequired[list[str]]
    bcc: NotRequired[list[str]]
    reply_to: NotRequired[list[str]]
    headers: NotRequired[dict[str, str]]
    """Extra headers that the program set."""
    alternatives: NotRequired[list[tuple[str, str]]]
    """``[content, MIME type]`` each."""
    attachments: NotRequired[list[AttachmentPayload]]
    error: NotRequired[ExceptionPayload]
    """Where the backend raised."""


class CachePayload(SideEffectPayload):
    """One operation on one of Django's caches, made by the program itself."""

    alias: str
    operation: Literal[
        "get", "get_many", "has_key", "set", "set_many", "add",
        "delete", "delete_many", "incr", "touch", "clear",
    ]  # fmt: skip
    keys: list[str]
    """As the program gave them, without prefix and version."""
    version: NotRequired[int]
    hits: NotRequired[list[bool]]
    """For reads, one a key."""
    values: NotRequired[list[Wire]]
    """What was read (null where missed) or written, one a key; for ``incr`` by how much, less than 0 for
    ``decr``."""
    timeout: NotRequired[Wire]
    """Seconds; absent where the cache's default held, null for ever."""
    result: NotRequired[Wire]
    """What ``add``, ``incr``, ``touch`` and ``delete`` returned."""
    error: NotRequired[ExceptionPayload]


class TaskPayload(SideEffectPayload):
    """One task given to a queue: Celery's, or ``django.tasks`` from Django 6.0."""

    library: Literal["celery", "django"]
    name: str
    """``module.function``, as the queue names it."""
    id: str
    arguments: list[Wire]
    keywords: dict[str, Wire]
    options: dict[str, Wire]
    """``countdown``, ``eta``, ``queue``, … those that the program gave."""
    eager: bool
    """True where it ran at once, inside this trace."""
    function: NotRequired[str]
    """Celery's: ``module.name`` of the task object, where a test can find it."""
    method: NotRequired[Literal["delay", "apply_async", "apply", "send_task"]]
    """Celery's: how the program sent it."""
    named: NotRequired[list[str]]
    """Celery's: which of the method's parameters were given by name; those before were given by place."""
    listed: NotRequired[bool]
    """True where the program gave ``arguments`` as a list, not as a tuple: a mock tells the two apart."""
    returned: NotRequired[Wire]
    raised: NotRequired[ExceptionPayload]
    """By the task where it ran at once, else because it could not be sent."""


class SignalPayload(SideEffectPayload):
    """One sending of a Django signal that had receivers in the project."""

    signal: str
    """``module.name`` of the signal, such as ``django.db.models.signals.post_save``."""
    sender: str
    """``module.QualName``, or ``app_label.ModelName`` for a model."""
    arguments: dict[str, Wire]
    receivers: list[str]
    """``module.qualname`` of those in the project."""


class StoredFilePayload(SideEffectPayload):
    """One operation on a file through a Django storage."""

    storage: str
    """``module.QualName`` of the storage's class."""
    operation: Literal["save", "open", "delete", "exists", "url"]
    name: str
    """As the program gave it; for ``save`` as it was stored."""
    asked: NotRequired[str]
    """For ``save``: the name that was asked for, where another was taken."""
    mode: NotRequired[str]
    size: NotRequired[int]
    content: NotRequired[str]
    """Bytes written, base64; absent where they weren't at hand or were too many."""
    result: NotRequired[Wire]
    """What ``exists`` and ``url`` returned."""
    error: NotRequired[ExceptionPayload]


class LogPayload(SideEffectPayload):
    """One log record at WARNING or above, from any logger.

    Left out is what ``django.request`` says of every response of 4xx and 5xx: it repeats the response.
    """

    logger: str
    level: str
    message: str
    """Formatted, redacted."""
    where: str
    """``file:line``."""
    exception: NotRequired[ExceptionPayload]


class DrawPayload(SideEffectPayload):
    """A value that came by chance, drawn by code of the project or by Django for it."""

    source: str
    """The function as a test would patch it: ``random.randint``, ``uuid.uuid4``, ``secrets.token_hex``, …

    ``random.Random.randint`` where it was the method of a generator of the program's own.
    """
    arguments: list[Wire]
    keywords: NotRequired[dict[str, Wire]]
    value: Wire
    """A pseudonym where it is a secret; the same one wherever it turns up again. What was shuffled, in
    its new order."""
    target: NotRequired[str]
    """Where the caller's module holds the function under a name of its own: ``shop.codes.randint``."""
    caller: str
    """``module.qualname`` of the drawing function, or of the model's field whose default it became:
    ``shop.models.Product.sku``."""


class CommitHookPayload(SideEffectPayload):
    """One function registered with ``transaction.on_commit``."""

    alias: str
    function: str
    """``module.qualname``."""
    ran: NotRequired[int]
    """When the hooks of its transaction began to run, as ``start``; absent where it did not: it was
    rolled back, or one before it raised."""
