"""Secrets of the process's environment and command line are secrets wherever a program puts them.

A password out of ``os.environ`` has lost its name by the time that it is a local variable, an item of
``sys.argv`` or a line of a page that shows the settings. What enters are the variables and the
arguments, looked at anew when there are more or fewer variables (``.env`` files are read late); from
then on their secrets are found in all that is written (:mod:`~otel2test.processors.sweeping`), as far
as they are telling. A secret name may also lead to a place (``CSRF_TRUSTED_ORIGINS``), which is none.
"""

import os
import re
import sys
from collections.abc import Mapping
from typing import Final

from otel2test.processors.arguments import conceal_arguments
from otel2test.processors.redaction import Redactor, redactor
from otel2test.processors.sweeping import KnownSecrets

_PLACE: Final = re.compile(r"[./~]|[A-Za-z][\w+.-]*://|[\w-]+(?:\.[\w-]+)+(?::\d+)?\Z")
"""Paths, URLs, hosts and modules; what is secret inside of them shows by its shape."""

_learnt: Final[list[tuple[KnownSecrets, int, int]]] = []
"""Of what, and how many variables there were, when they were last looked at."""


def learn() -> None:
    """Have the redactor of this process know the secrets of its environment and command line."""
    state = redactor.known, redactor.generation, len(os.environ)
    if _learnt != [state]:
        since = redactor.now
        conceal_arguments(sys.orig_argv)
        redactor.known.keep(since)
        learn_from(os.environ, redactor)
        _learnt[:] = [state]


def learn_from(environ: Mapping[str, str], by: Redactor) -> None:
    """Have ``by`` look for the secrets of these variables in everything that it sweeps."""
    since = by.now
    for name, value in environ.items():
        if _PLACE.match(value):
            by.redact_text(value)
        else:
            by.redact_field(name, value)
    by.known.keep(since)
