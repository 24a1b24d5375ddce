"""Secrets in a text that are no pseudonyms.

The rules are those by which the recorder replaces secrets (:mod:`otel2test.secrets`) and, where
it is installed, those of detect-secrets for the keys of services: its plugins that know a key by
its form. Its others judge by entropy or by names, and would take every id and every pseudonym for
a secret. Nothing is asked of the network.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final
from urllib.parse import unquote

from otel2test.secrets.anatomy import is_pseudonym
from otel2test.secrets.names import SecretNames
from otel2test.secrets.places import Found
from otel2test.secrets.shapes import Shapes

_LEFT_OUT: Final = frozenset({"keyword", "high_entropy_strings", "ip_public", "private_key", "jwt", "base"})
"""Plugins that judge by names or entropy, know no secrets, or see less than our own rules do."""
_SHORTEST: Final = 6
"""Letters and digits from which on a pseudonym can be told from what it might stand for."""
_SHORTEST_GROUP: Final = 8
_OF_A_TOKEN: Final = re.compile(r"[\w.+/=$~%-]")
_LINE_ENDS: Final = re.compile(r"(?:\\+[nrt]|\s)+")
_TELLING: Final = re.compile(r"\d|[a-z][A-Z]|[A-Z]{2}[a-z]|[^\w\s.,:;'-]")


class Detector:
    """The rules, with the names that the user's settings add and except."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        added, allowed = (
            environ.get(variable, "").split(",")
            for variable in ("OTEL2TEST_REDACT", "OTEL2TEST_REDACT_ALLOW")
        )
        patterns = environ.get("OTEL2TEST_REDACT_PATTERNS", "").split()
        self.names = SecretNames(added, allowed)
        self._shapes = Shapes(self.names, patterns=tuple(map(re.compile, patterns)))

    def find(self, text: str) -> Iterator[Found]:
        """Yield the secrets in ``text``, in order; none overlaps another."""
        position = 0
        for found in sorted(self._candidates(text), key=lambda found: (found.start, -found.end)):
            if found.start >= position and not _is_harmless(text, found):
                position = found.end
                yield found

    def _candidates(self, text: str) -> Iterator[Found]:
        for found in self._shapes.find(text):
            by_name = found.kind.endswith("name")
            if not by_name or _TELLING.search(text, found.start, found.end):
                yield found
        for kind, pattern in _borrowed():
            for match in pattern.finditer(text):
                groups = [index for index in range(1, pattern.groups + 1) if match[index]]
                group = max(groups, key=lambda index: len(match[index]), default=0)
                if group and len(match[group]) < _SHORTEST_GROUP:
                    group = 0
                yield Found(*match.span(group), kind)

    def is_secret(self, name: str, value: str) -> bool:
        """Return whether a value that goes by ``name`` should have been replaced and wasn't."""
        return (
            name in self.names
            and sum(map(str.isalnum, value)) >= _SHORTEST
            and value not in self.names
            and not is_pseudonym(value)
            and not is_pseudonym(unquote(value))
        )


def _is_harmless(text: str, found: Found) -> bool:
    value = text[found.start : found.end]
    if sum(map(str.isalnum, value)) < _SHORTEST:
        return True
    if found.form == "wrapped":
        return is_pseudonym(_LINE_ENDS.sub("", value))
    return any(is_pseudonym(candidate) for candidate in _wholes(text, found.start, found.end))


def _wholes(text: str, start: int, end: int) -> Iterable[str]:
    """Yield what the found text may be part of: a rule may see less of a secret than the recorder did."""
    first, last = start, end
    while first > 0 and _OF_A_TOKEN.match(text[first - 1]):
        first -= 1
    while last < len(text) and _OF_A_TOKEN.match(text[last]):
        last += 1
    whole, inner = text[first:last], text[start:end]
    parts = [part for part in re.split(r"[/=]|%2[0-9A-F]", whole) if inner in part or part in inner]
    for candidate in (inner, whole, text[start:last], text[first:end], *parts):
        yield candidate
        yield unquote(candidate)


@cache
def _borrowed() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the patterns of detect-secrets; none where it isn't installed."""
    try:
        from detect_secrets import plugins  # noqa: PLC0415 - an extra
        from detect_secrets.plugins.base import RegexBasedDetector  # noqa: PLC0415
    except ImportError:
        return ()
    found: list[tuple[str, re.Pattern[str]]] = []
    for module in pkgutil.iter_modules(plugins.__path__):
        if module.name in _LEFT_OUT:
            continue
        for rule in vars(importlib.import_module(f"{plugins.__name__}.{module.name}")).values():
            if (
                isinstance(rule, type)
                and issubclass(rule, RegexBasedDetector)
                and rule is not RegexBasedDetector
            ):
                patterns: Iterable[re.Pattern[str]] = rule.denylist  # type: ignore[assignment] # a property there
                found += [(str(rule.secret_type), pattern) for pattern in patterns]
    return tuple(found)
