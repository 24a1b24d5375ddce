"""Old and new names of the semantic conventions say the same."""

from collections.abc import Callable

import pytest

from otel2test.reading import semconv
from otel2test.reading.spans import Attribute

CASES: list[tuple[Callable[[semconv.Attributes], object], dict[str, Attribute], object]] = [
    (semconv.method, {"http.method": "GET"}, "GET"),
    (semconv.method, {"http.request.method": "GET"}, "GET"),
    (semconv.method, {"http.request.method": "_OTHER", "http.request.method_original": "PURGE"}, "PURGE"),
    (semconv.method, {"http.method": 7}, None),
    (semconv.status, {"http.status_code": 200}, 200),
    (semconv.status, {"http.response.status_code": 404}, 404),
    (semconv.status, {"http.status_code": "302"}, 302),
    (semconv.status, {"http.status_code": True}, None),
    (semconv.route, {"http.route": "todo/<int:pk>/"}, "todo/<int:pk>/"),
    (semconv.url, {"http.url": "http://h/a?b=c"}, "http://h/a?b=c"),
    (semconv.url, {"url.full": "http://h/a?b=c"}, "http://h/a?b=c"),
    (semconv.path, {"url.path": "/a b"}, "/a b"),
    (semconv.path, {"http.target": "/caf%C3%A9?b=c"}, "/café"),
    (semconv.path, {"http.url": "http://h/a?b=c"}, "/a"),
    (semconv.path, {"http.url": "http://h"}, "/"),
    (semconv.path, {"http.url": "http://[h/a?b"}, "http://[h/a"),
    (semconv.path, {}, None),
    (semconv.query_string, {"url.query": "b=c"}, "b=c"),
    (semconv.query_string, {"http.target": "/a?b=%20c"}, "b=%20c"),
    (semconv.query_string, {"http.target": "/a", "http.url": "http://h/a?b=c"}, "b=c"),
    (semconv.query_string, {}, ""),
    (semconv.scheme, {"http.scheme": "https"}, "https"),
    (semconv.scheme, {"url.scheme": "https"}, "https"),
    (semconv.host, {"http.host": "h:8000"}, "h:8000"),
    (semconv.host, {"server.address": "h", "server.port": 8000}, "h:8000"),
    (semconv.host, {"net.host.name": "h", "net.host.port": 80}, "h"),
    (semconv.host, {"net.peer.name": "h", "net.peer.port": "x"}, "h"),
    (semconv.host, {}, None),
    (semconv.vendor, {"db.system": "sqlite"}, "sqlite"),
    (semconv.vendor, {"db.system.name": "PostgreSQL"}, "postgresql"),
    (semconv.vendor, {"db.system": "mariadb"}, "mysql"),
    (semconv.vendor, {"db.system": "redis"}, None),
    (semconv.statement, {"db.statement": "SELECT 1"}, "SELECT 1"),
    (semconv.statement, {"db.query.text": "SELECT 1"}, "SELECT 1"),
    (semconv.service, {"service.name": "shop"}, "shop"),
    (semconv.service, {"service.name": "unknown_service:python"}, ""),
    (semconv.service, {}, ""),
]


@pytest.mark.parametrize(("function", "attributes", "expected"), CASES)
def test_names(
    function: Callable[[semconv.Attributes], object], attributes: dict[str, Attribute], expected: object
) -> None:
    assert function(attributes) == expected
