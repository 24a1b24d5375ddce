"""What the semantic conventions of OpenTelemetry say about a span, under old and new names.

Two sets of names live side by side: those of 1.x before 2023 and those that became stable
(``OTEL_SEMCONV_STABILITY_OPT_IN=http,database``). What enters are a span's attributes; each
function gives one thing that they tell, or None. A value of another type than the
conventions give it counts as not told.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from otel2test.reading.spans import Attribute, Span

_VENDORS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "cockroachdb": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "oracle.db": "oracle",
    "mssql": "microsoft",
    "microsoft.sql_server": "microsoft",
}
"""``db.system`` and ``db.system.name`` → ``connection.vendor`` of Django."""

Attributes: TypeAlias = Mapping[str, Attribute]


def method(attributes: Attributes) -> str | None:
    """Return the method of an HTTP request."""
    # The original stands here where the method is none of the known ones.
    return _text(attributes, "http.request.method_original", "http.request.method", "http.method")


def status(attributes: Attributes) -> int | None:
    """Return the status of an HTTP response."""
    for name in ("http.response.status_code", "http.status_code"):
        value = attributes.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isdecimal() and len(value) == 3:
            return int(value)
    return None


def route(attributes: Attributes) -> str | None:
    """Return the pattern that the path of an HTTP request matched."""
    return _text(attributes, "http.route")


def url(attributes: Attributes) -> str | None:
    """Return the whole address of an HTTP request."""
    return _text(attributes, "url.full", "http.url")


def path(attributes: Attributes) -> str | None:
    """Return the path of an HTTP request, decoded, without the query."""
    told = _text(attributes, "url.path")
    if told is None:
        told = _text(attributes, "http.target")
        told = url(attributes) if told is None else told
        told = None if told is None else _split(told)[0]
    return None if told is None else unquote(told) or "/"


def query_string(attributes: Attributes) -> str:
    """Return the query of an HTTP request as it was sent, or ``""``."""
    told = _text(attributes, "url.query")
    if told is not None:
        return told
    target = _text(attributes, "http.target") or ""
    # The old names give the query in the target, in the whole address, or in both.
    return _split(target)[1] or _split(url(attributes) or "")[1]


def scheme(attributes: Attributes) -> str | None:
    """Return ``http`` or ``https``."""
    return _text(attributes, "url.scheme", "http.scheme")


def host(attributes: Attributes) -> str | None:
    """Return the host that an HTTP request asked for, with the port if that is told."""
    told = _text(attributes, "http.host")
    if told is not None:
        return told
    name = _text(attributes, "server.address", "http.server_name", "net.host.name", "net.peer.name")
    port = attributes.get("server.port", attributes.get("net.host.port", attributes.get("net.peer.port")))
    if name is None or not isinstance(port, int) or port in {80, 443} or ":" in name:
        return name
    return f"{name}:{port}"


def vendor(attributes: Attributes) -> str | None:
    """Return Django's name of a relational database's make."""
    told = _text(attributes, "db.system.name", "db.system")
    return None if told is None else _VENDORS.get(told.lower())


def statement(attributes: Attributes) -> str | None:
    """Return the text of a database query."""
    return _text(attributes, "db.query.text", "db.statement")


def service(resource: Attributes) -> str:
    """Return the name of the service, or ``""`` where nobody gave it one."""
    told = _text(resource, "service.name")
    return "" if told is None or told.startswith("unknown_service") else told


def exception(span: Span) -> tuple[str, str] | None:
    """Return type and message of the last exception that was recorded on a span."""
    for event in reversed(span.events):
        kind = _text(event.attributes, "exception.type")
        if event.name == "exception" and kind is not None:
            return kind, _text(event.attributes, "exception.message") or ""
    return None


def _text(attributes: Attributes, *names: str) -> str | None:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def _split(address: str) -> tuple[str, str]:
    """Return path and query of a whole address or of its end."""
    try:
        parts = urlsplit(address)
    except ValueError:
        # Such as "http://[": recorded as it came from the network.
        before, _, query = address.partition("?")
        return before, query
    return parts.path, parts.query
