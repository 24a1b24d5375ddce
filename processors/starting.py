"""Recording begins: one recorder a process, on as many providers as there are.

Every way to start ends in :func:`record`. Where recording can't work, it says so in one
line on stderr and returns None; the app goes on without.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel2test.processors.guard import fault, guard
from otel2test.processors.notices import say
from otel2test.processors.settings import RecorderSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from otel2test.processors.recorder import Recorder

OLDEST_PYTHON: Final = (3, 11)
OLDEST_DJANGO: Final = (4, 2)
SPAN_ATTRIBUTES: Final = 1000
"""Attributes a span may have; the SDK's own 128 lose the oldest, which name the request."""

_locks: Final = [threading.RLock()]


def _renew_lock() -> None:
    # Another thread of the parent may have held it when the process forked.
    _locks[:] = [threading.RLock()]


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_renew_lock)


def record(provider: TracerProvider | None = None, **settings: Any) -> Recorder | None:
    """Record the spans of ``provider``, or of the global one, which is made where there is none.

    ``settings`` are fields of :class:`~otel2test.processors.settings.RecorderSettings` and
    come before the environment. Again on the same provider does nothing; the settings of
    the first call stand.
    """
    obstacle = find_obstacle(os.environ)
    if obstacle is not None:
        say(*obstacle)
        return None
    from otel2test.processors import delivering, instrumenting

    with _locks[0]:
        found = provider if provider is not None else _global_provider()
        if not hasattr(found, "add_span_processor"):
            kind = f"{type(found).__module__}.{type(found).__qualname__}"
            say(
                f"not recording, {kind} takes no span processors",
                "use the TracerProvider of opentelemetry-sdk",
            )
            return None
        recorder = _the_recorder(settings)
        recorder.attach(found)
        with guard("starting: delivering"):
            delivering.install(recorder)
        instrumenting.install(recorder)
        return recorder


def make_settings(overrides: Mapping[str, Any]) -> RecorderSettings:
    """Return the settings of this process: ``overrides``, then the environment, then the defaults."""
    settings = replace(RecorderSettings.from_environ(os.environ), **overrides)
    return replace(settings, directory=_absolute(Path(settings.directory)))


def find_obstacle(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return why this process cannot record and what to do about it, None if it can."""
    return (
        find_old_version(sys.version_info[:2], _version("django"))
        or find_broken_sdk()
        or find_disabled_sdk(environ)
    )


def find_old_version(python: tuple[int, ...], django: tuple[int, ...] | None) -> tuple[str, str] | None:
    """Return what to say of a version that is too old."""
    for name, version, oldest in (("Python", python, OLDEST_PYTHON), ("Django", django, OLDEST_DJANGO)):
        if version is not None and version < oldest:
            found, needed = (".".join(map(str, numbers)) for numbers in (version, oldest))
            return f"not recording, {name} {found} is not supported", f"use {name} {needed} or later"
    return None


def find_broken_sdk() -> tuple[str, str] | None:
    """Return what to say where opentelemetry-sdk cannot be imported."""
    try:
        import_module("opentelemetry.sdk.trace")
    except Exception as error:  # noqa: BLE001 - a broken installation fails in any way
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        return (
            f"not recording, opentelemetry-sdk is missing or broken ({why})",
            'run: pip install --force-reinstall "opentelemetry-sdk>=1.42,<2"',
        )
    return None


def find_disabled_sdk(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return what to say where the environment switches the SDK off."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return "not recording, OTEL_SDK_DISABLED is set", "unset it"
    return None


def _version(distribution: str) -> tuple[int, ...] | None:
    try:
        parts = metadata.version(distribution).split(".")[:2]
    except metadata.PackageNotFoundError:
        return None
    return tuple(int(part) for part in parts if part.isdecimal())


def _global_provider() -> Any:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    provider = trace.get_tracer_provider()
    if not isinstance(provider, trace.ProxyTracerProvider):
        return provider
    made = TracerProvider(sampler=ALWAYS_ON, span_limits=SpanLimits(max_span_attributes=SPAN_ATTRIBUTES))
    trace.set_tracer_provider(made)
    return made


def _the_recorder(overrides: Mapping[str, Any]) -> Recorder:
    from otel2test.processors.files import TraceFile
    from otel2test.processors.recorder import Recorder, activate, active
    from otel2test.processors.redaction import redactor

    recorder = active()
    if recorder is None:
        settings = make_settings(overrides)
        redactor.configure(settings)
        file = TraceFile(
            settings.directory, settings.max_file_bytes, settings.keep_files, settings.compression
        )
        recorder = Recorder(settings, file)
        activate(recorder)
    return recorder


def _absolute(directory: Path) -> Path:
    """Return ``directory`` as it is meant now: apps change their working directory."""
    try:
        return directory.absolute()
    except OSError as error:  # the working directory is gone; writing will say so
        fault("starting: working directory", error)
        return directory
