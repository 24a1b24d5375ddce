"""What OpenTelemetry's own instrumentations put on spans, without its secrets.

What enters are attributes under the names of the semantic conventions (``url.full``,
``db.query.text``, ``exception.message``) and whatever a program sets itself; what leaves are the
same with pseudonyms. An attribute of ours (``otel2test.*``) was redacted when it was made.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, Status

from otel2test.processors.arguments import conceal_arguments, conceal_command_line
from otel2test.processors.raw_sql import hidden_sql
from otel2test.processors.redaction import redactor
from otel2test.secrets.names import words

_OURS: Final = "otel2test."
_URLS: Final = ("url", "uri", "url.full", "http.target", "url.original", "referer", "referrer")
_QUERIES: Final = ("url.query", "query_string", "url.fragment")
_SQL: Final = ("db.statement", "db.query.text")
_ARGUMENTS: Final = "process.command_args"
_COMMAND_LINE: Final = "process.command_line"
_COUNTED: Final = frozenset({"tokens", "count", "length", "size"})
_SMALLEST: Final = 1000
_MOST_KEYS: Final = 1000
_ways: Final[dict[str, Callable[[str], str]]] = {}
"""By the key of an attribute."""


def redact_attribute(key: str, value: object) -> object:
    """Return the value of an attribute with its secrets replaced."""
    match value:
        case str():
            return value if key.startswith(_OURS) else _text(key, value)
        case bool() | float() | None:
            return value
        case int():
            counts = abs(value) < _SMALLEST or not _COUNTED.isdisjoint(words(key)[-1:])
            return value if counts or not redactor.is_secret_name(key) else redactor.scramble(value)
        case bytes():
            return redactor.redact_bytes(value)
        case Sequence():
            if key == _ARGUMENTS:
                value = conceal_arguments(map(str, value))
            return [redact_attribute(key, item) for item in value]
        case Mapping():
            return {name: redact_attribute(str(name), item) for name, item in value.items()}
        case _:
            return value


def _text(key: str, value: str) -> str:
    redact = _ways.get(key)
    if redact is None:
        if len(_ways) >= _MOST_KEYS:
            _ways.clear()
        redact = _ways[key] = _way(key)
    # What is secret by its name is the user's to change at any time.
    return redactor.redact_field(key, value) if redactor.secret_names[key] else redact(value)


def _way(key: str) -> Callable[[str], str]:
    """Return how texts under this key are redacted, unless the key is a secret's."""
    if key.endswith(_URLS):
        return redactor.redact_url
    if key.endswith(_QUERIES):
        return redactor.redact_query_string
    if key in _SQL:
        return hidden_sql
    if key == _COMMAND_LINE:
        return lambda line: redactor.redact_text(conceal_command_line(line))
    if key.endswith("url.path"):
        return redactor.redact_path
    return redactor.redact_text


class Cleansing:
    """Spans as they may leave the process: also without the secrets that came by after ``since``."""

    def __init__(self, since: int) -> None:
        self._since = since
        self._resources: dict[int, tuple[Resource, Resource]] = {}
        """By the id of each, as hashing one serializes it, and the spans of a process share one."""

    def span(self, span: ReadableSpan) -> ReadableSpan:
        """Return ``span`` without its secrets."""
        described = span.status.description
        kept = self._attributes(span.attributes)
        kept.dropped = span.dropped_attributes
        return ReadableSpan(
            name=self._text(span.name),
            context=span.get_span_context(),
            parent=span.parent,
            resource=self._resource(span.resource),
            attributes=kept,
            events=[
                Event(self._text(event.name), self._attributes(event.attributes), event.timestamp)
                for event in span.events
            ],
            links=[
                Link(link.context, self._attributes(link.attributes)) if link.attributes else link
                for link in span.links
            ],
            kind=span.kind,
            status=Status(span.status.status_code, self._text(described) if described else described),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=self._scope(span.instrumentation_scope),
        )

    def _resource(self, resource: Resource) -> Resource:
        known = self._resources.get(id(resource))
        if known is None:
            made = Resource(self._attributes(resource.attributes), resource.schema_url)
            known = self._resources[id(resource)] = resource, made
        return known[1]

    def _scope(self, scope: InstrumentationScope | None) -> InstrumentationScope | None:
        if scope is None or not scope.attributes:
            return scope
        return InstrumentationScope(
            scope.name, scope.version, scope.schema_url, self._attributes(scope.attributes)
        )

    def _attributes(self, found: Mapping[str, object] | None) -> BoundedAttributes:
        made = {key: self._swept(redact_attribute(key, value)) for key, value in (found or {}).items()}
        return BoundedAttributes(attributes=made)  # type: ignore[arg-type] # of the same types as they were

    def _text(self, text: str) -> str:
        return str(self._swept(redactor.redact_text(text)))

    def _swept(self, value: object) -> object:
        if isinstance(value, str):
            data = redactor.sweep(value.encode("utf-8", "surrogatepass"), self._since)
            return data.decode("utf-8", "surrogatepass")
        if isinstance(value, (list, tuple)):
            return [self._swept(item) for item in value]
        return value
