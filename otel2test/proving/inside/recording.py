"""The recorder in the project's process: at work from the start, so that it hooks into everything.

It is the recorder of a served application, with the settings of the environment. The forked
process of a job that isn't recorded stops it; that of another leaves its lines here.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Final

from otel2test import attributes
from otel2test.processors import record
from otel2test.processors.recorder import active
from otel2test.processors.redaction import redactor
from otel2test.proving.inside import answering

_NEEDED: Final = ("opentelemetry.instrumentation.django", "otel2test.processors.django.handlers")
"""Imported when a first request comes, which would be once for each job."""
_HUGE: Final = 1 << 60


def start(folder: Path) -> None:
    """Record whatever spans this process and its forks will make; files go to ``folder``."""
    recorder = record(directory=folder, files=True, max_file_bytes=_HUGE, keep_files=0, compression="none")
    if recorder is not None:
        answering.install(recorder)


def prepare() -> None:
    """Import what each recorded job needs, once Django is set up."""
    for module in _NEEDED:
        with contextlib.suppress(ImportError):
            import_module(module)


def keep(texts: Iterable[str]) -> None:
    """Record as they are those of these that stand for secrets already."""
    redactor.keep(texts)


def stop() -> None:
    """Record nothing in this process."""
    recorder = active()
    if recorder is not None:
        recorder.stop()


def take(folder: Path) -> list[str]:
    """Return what this process has recorded of requests and operations, a line a trace, as written."""
    recorder = active()
    if recorder is not None:
        recorder.shutdown()
    lines = []
    for file in sorted(folder.glob(f"*-{os.getpid()}*.json"), key=lambda path: (len(path.name), path.name)):
        lines += file.read_text(encoding="utf-8").splitlines()
        file.unlink()
    return [line for line in lines if f'"{attributes.FORMAT}"' in line]
