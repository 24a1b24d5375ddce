"""What ``opentelemetry-instrument`` loads of ours, in the app's process.

Both entry points act only where the exporter ``otel2test`` is asked for. The distro sets
defaults that record everything, and otherwise leaves the floor to the distro that would
have been chosen without us. ``pre_instrument`` comes after the SDK was set up and before
the first instrumentor; it sees to it that there is an SDK at all (without
opentelemetry-distro nobody sets one up) and that the recorder is attached.
"""

import logging
import os
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.instrumentation.dependencies import DependencyConflictError
from opentelemetry.instrumentation.distro import (  # type: ignore[attr-defined]  # it switches typing off
    BaseDistro,
    DefaultDistro,
)
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.util._importlib_metadata import entry_points

from otel2test.processors import launching, postponing
from otel2test.processors.guard import guard
from otel2test.processors.notices import say
from otel2test.processors.starting import find_broken_sdk, find_obstacle, record

_logger: Final = logging.getLogger(__name__)


class RecordingUnavailableError(Exception):
    """Nothing can be set up, and the user has been told."""


class Otel2testDistro(BaseDistro):  # type: ignore[misc]  # see the import
    """Sets our defaults, then does as the distro beside us does."""

    _beside: BaseDistro

    def _configure(self, **kwargs: Any) -> None:
        if launching.is_asked_for(os.environ):
            _set_up()
        self._beside = _other_distro()
        self._beside.configure(**kwargs)

    def load_instrumentor(self, entry_point: EntryPoint, **kwargs: Any) -> None:
        """Instrument one library. One that fails must not keep the others from it."""
        if launching.is_asked_for(os.environ) and launching.wants_no_metrics(os.environ):
            # The SDK's own counts and sorts each request for readers that there are none of.
            kwargs.setdefault("meter_provider", NoOpMeterProvider())
        try:
            self._beside.load_instrumentor(entry_point, **kwargs)
        except (DependencyConflictError, ImportError):
            raise  # known to the caller, who goes on to the next
        except Exception:
            _logger.exception("Instrumenting of %s failed, skipping it", entry_point.name)


def pre_instrument() -> None:
    """Attach the recorder, setting up the SDK where nobody did."""
    if not launching.is_asked_for(os.environ):
        return
    with guard("starting"):
        postponing.install()
        if find_obstacle(os.environ) is None and isinstance(
            trace.get_tracer_provider(), trace.ProxyTracerProvider
        ):
            _configure_sdk()
        record()


def _configure_sdk() -> None:
    from opentelemetry.sdk._configuration import _OTelSDKConfigurator

    try:
        _OTelSDKConfigurator().configure()  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the user's configuration
        say(f"OpenTelemetry could not be set up as configured ({error})", "recording goes on without")


def _set_up() -> None:
    obstacle = find_obstacle(os.environ)
    if obstacle is None:
        launching.set_defaults(os.environ)
        # It has to see the provider that a configuration file makes before it is asked for itself.
        import_module("otel2test.processors.exporting")
        return
    say(*obstacle)
    launching.take_back(os.environ)
    if find_broken_sdk() is not None:
        # Going on would print a traceback for each part of OpenTelemetry that needs the SDK.
        logging.getLogger("opentelemetry.instrumentation.auto_instrumentation").addFilter(_is_news)
        raise RecordingUnavailableError(*obstacle)


def _is_news(entry: logging.LogRecord) -> bool:
    return not (entry.exc_info and isinstance(entry.exc_info[1], RecordingUnavailableError))


def _other_distro() -> BaseDistro:
    for entry_point in entry_points(group="opentelemetry_distro"):
        if entry_point.name != "otel2test":
            distro = entry_point.load()()
            if isinstance(distro, BaseDistro):
                return distro
    return DefaultDistro()
