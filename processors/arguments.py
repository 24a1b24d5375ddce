"""The arguments of a command, as typed: ``--api-key XYZ`` names the secret that follows.

What enters are the arguments, in a list or in one line; what leaves are the same with pseudonyms
for the values of options whose names are secret. What is secret otherwise shows by its shape.
"""

import re
from collections.abc import Iterable
from typing import Final

from otel2test.processors.redaction import redactor

_WITH_VALUE: Final = re.compile(r"(?<!\S)(--?[\w-]+)(\s+)(?!-)(\S+)")


def conceal_arguments(typed: Iterable[str]) -> list[str]:
    """Return arguments without the secrets that options name."""
    told: list[str] = []
    hides = False
    for text in typed:
        name, equals, value = text.partition("=")
        is_secret = _is_secret(name)
        if is_secret and equals:
            told.append(f"{name}={redactor.secret(value)}")
        elif hides and not name.startswith("-"):
            told.append(redactor.secret(text))
        else:
            told.append(text)
        hides = is_secret and not equals
    return told


def conceal_command_line(line: str) -> str:
    """Return a command line without the secrets that options name and set apart by spaces."""

    def concealed(found: re.Match[str]) -> str:
        return found[1] + found[2] + redactor.secret(found[3]) if _is_secret(found[1]) else found[0]

    return _WITH_VALUE.sub(concealed, line)


def _is_secret(name: str) -> bool:
    return name.startswith("-") and redactor.is_secret_name(name.lstrip("-"))
