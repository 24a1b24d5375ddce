"""What tests and their first requests import, imported once in the warm process."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from otel2test.proving.jobs import Job

_LIBRARIES: Final = re.compile(
    r"^(?:import|from) (mocket|responses|respx|time_machine|unittest\.mock)\b", re.MULTILINE
)
"""What generated tests import, and costs more than the test does."""


def prepare() -> None:
    """Load URLs with their views, middleware and template engines.

    What fails here fails again in the test that needs it, and is told there. The chain of middleware is
    not made, as the recorder belongs into that of some jobs only.
    """
    from django.template import engines

    loads: tuple[Callable[[], object], ...] = (_urls, _middleware, engines.all)
    for load in loads:
        with contextlib.suppress(Exception):
            load()


def prepare_for(job: Job) -> None:
    """Import what the job's module does of the libraries that many of them need."""
    with contextlib.suppress(Exception):
        text = Path(job.module).read_text(encoding="utf-8") if job.source is None else job.source
        for library in _LIBRARIES.findall(text):
            import_module(library)
        if job.shift:
            import_module("time_machine")


def _urls() -> object:
    from django.urls import get_resolver

    resolver = get_resolver()
    # All patterns are gone through for the first reverse().
    return resolver.url_patterns, resolver.reverse_dict


def _middleware() -> object:
    from django.conf import settings
    from django.utils.module_loading import import_string

    return [import_string(path) for path in settings.MIDDLEWARE]
