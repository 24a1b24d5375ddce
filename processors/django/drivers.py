"""Django's cursors past the driver's instrumentation, where its spans would be for the recorder alone.

A driver's connection may be in a proxy of OpenTelemetry's, whose cursors start a span for each
statement. Django's statements are recorded by :mod:`~.executions`, with the span of the proxy or one
of their own, which takes a fraction of the time. So where nobody else looks at spans, Django's
cursors are those of the connection itself. The proxy stays where it is: what a program executes
past Django has its spans as before. Where the instrumentation was asked for more than spans
(comments in the SQL, parameters, metrics) it is left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guarded

_KNOWN: Final = "_otel2test_driver"


class Driver(NamedTuple):
    """A connection that is in a proxy."""

    proxy: Any
    connection: Any
    tracer: object
    """Of the proxy's spans."""
    attributes: dict[str, str | int]
    """What the proxy would say of the server on each span."""


def install(
    base: Any,
    is_recording: Callable[[], bool],
    is_alone: Callable[[], bool],
    is_recorded: Callable[[object], bool],
) -> None:
    """Have the cursors of ``BaseDatabaseWrapper`` opened past the proxies.

    The last says whether the spans of a tracer are the recorder's: an instrumentation may have been given
    another provider, whose spans are somebody else's.
    """

    def make(open_cursor: Callable[..., Any]) -> Callable[..., Any]:
        def opened(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_alone() or not is_recording():
                return open_cursor(self, *args, **kwargs)
            if self.connection is None:
                self.ensure_connection()  # as it would
            driver = driver_of(self)
            if driver is None or not is_recorded(driver.tracer):
                return open_cursor(self, *args, **kwargs)
            self.connection = driver.connection
            try:
                return open_cursor(self, *args, **kwargs)
            finally:
                # A connection that failed its health check was replaced.
                if self.connection is driver.connection:
                    self.connection = driver.proxy

        return opened

    replace_method(base, "_cursor", make)


@contextmanager
def unrecorded(connection: Any) -> Iterator[None]:
    """Start no spans for what is executed on Django's ``connection`` past its cursors."""
    driver = driver_of(connection)
    if driver is None:
        with suppress_instrumentation():
            yield
        return
    connection.connection = driver.connection
    try:
        yield
    finally:
        # Where threads share it, another one may have replaced it.
        if connection.connection is driver.connection:
            connection.connection = driver.proxy


@guarded("django: driver", None)
def driver_of(wrapper: Any) -> Driver | None:
    """Return what is in the proxy of Django's connection; None where it isn't in one, or needs it."""
    proxy = wrapper.connection
    known: Driver | None = vars(wrapper).get(_KNOWN)
    if known is None or known.proxy is not proxy:
        known = vars(wrapper)[_KNOWN] = _look_into(proxy)
    return known if known.connection is not None else None


def _look_into(proxy: Any) -> Driver:
    module = sys.modules.get("opentelemetry.instrumentation.dbapi")
    if module is None or type(proxy) is not module.TracedConnectionProxy:
        return Driver(proxy, None, None, {})
    integration = proxy._self_db_api_integration
    wanted = (
        integration.enable_commenter,
        integration.enable_attribute_commenter,
        integration.capture_parameters,
        integration._duration_histogram is not None,
        integration._returned_rows_histogram is not None,
    )
    if any(wanted):
        return Driver(proxy, None, None, {})
    attributes = dict(integration.span_attributes)
    if integration.database:
        attributes["db.name"] = integration.database
    return Driver(proxy, proxy.__wrapped__, integration._tracer, attributes)
