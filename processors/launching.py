"""The environment that recording needs, set before the app's process begins.

``opentelemetry-instrument`` imports this module (entry point
``opentelemetry_environment_variables``) before it replaces itself by the app. Nothing of
ours runs again before a distro is chosen, and which of several is chosen is left to the
order of a directory: hence importing this module, where ``otel2test`` is asked for, puts
the defaults into ``os.environ``. What the user set stands.
"""

import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Final

EXPORTER: Final = "otel2test"
_EXPORTERS: Final = "OTEL_TRACES_EXPORTER"
_METRICS: Final = "OTEL_METRICS_EXPORTER"
_CONFIG_FILE: Final = "OTEL_CONFIG_FILE"
_DISABLED: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
_DEFAULTS: Final = {
    "OTEL_PYTHON_DISTRO": "otel2test",
    # The stock distro wants otlp for all three, and fails as a whole where its exporter isn't installed.
    _METRICS: "none",
    "OTEL_LOGS_EXPORTER": "none",
    # The stock sampler drops requests whose traceparent says that the caller isn't recording.
    "OTEL_TRACES_SAMPLER": "always_on",
    # The stock 128 lose the oldest attributes, which name the request.
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "1000",
}


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Return whether the environment names our exporter, itself or through a configuration file."""
    return EXPORTER in _names(environ) or _is_in_config_file(environ.get(_CONFIG_FILE, ""))


def wants_no_metrics(environ: Mapping[str, str]) -> bool:
    """Return whether nobody is to get what is measured."""
    return environ.get(_METRICS, "").strip() == "none" and not environ.get(_CONFIG_FILE)


def set_defaults(environ: MutableMapping[str, str]) -> None:
    """Set what records everything and needs no other package, where the user said nothing."""
    for name, value in _DEFAULTS.items():
        environ.setdefault(name, value)


def take_back(environ: MutableMapping[str, str]) -> None:
    """Remove our exporter: this process and its children can't record, as has been said.

    With it goes what only we make safe: the instrumentation of Django, which breaks an app
    whose settings aren't known yet.
    """
    if _EXPORTERS in environ:
        environ[_EXPORTERS] = ",".join(name for name in _names(environ) if name != EXPORTER) or "none"
    if "DJANGO_SETTINGS_MODULE" not in environ:
        others = environ.get(_DISABLED)
        environ[_DISABLED] = f"{others},django" if others else "django"


def _names(environ: Mapping[str, str]) -> list[str]:
    return [name.strip() for name in environ.get(_EXPORTERS, "").split(",")]


def _is_in_config_file(name: str) -> bool:
    try:
        return bool(name) and f"{EXPORTER}:" in Path(name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False  # OpenTelemetry itself complains of a file that can't be read


def _option(arguments: Sequence[str]) -> str:
    """Return what ``--traces_exporter`` of opentelemetry-instrument says."""
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--traces_exporter":
            return value or "".join(arguments[position + 1 : position + 2])
    return ""


if is_asked_for({_EXPORTERS: _option(sys.argv[1:])}) or is_asked_for(os.environ):
    set_defaults(os.environ)
