"""The sample project's settings, and every statement that reaches SQLite appended to a file.

The driver itself tells, below Django and below any instrumentation: whoever asks is seen.
"""

import os
from pathlib import Path
from typing import Any

from config.settings import *  # type: ignore[import-not-found]  # noqa: F403 - settings are meant to be extended so
from django.db.backends.signals import connection_created

STATEMENTS = Path(os.environ["STATEMENTS"])


def watch(connection: Any, **_: object) -> None:
    """Have a new connection tell its statements."""
    connection.connection.set_trace_callback(note)


def note(statement: str) -> None:
    """Write a statement down, on one line."""
    with STATEMENTS.open("a", encoding="utf-8") as log:
        log.write(" ".join(statement.split()) + "\n")


connection_created.connect(watch)
