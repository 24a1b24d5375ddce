"""What a scan finds: which secret, where, and what to do about it."""

from dataclasses import dataclass

from otel2test.errors import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret that stands where it should not. Printed as ``where: kind, excerpt; remedy``."""

    where: str
    """File and line; in a recording the trace, the span and the attribute too."""
    kind: str
    excerpt: str
    """Enough to find it by, too little to use it."""
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}, {self.excerpt}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Scan:
    """All that was found in some files, and what could not be looked at."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]


def masked(secret: str) -> str:
    """Return a secret's beginning, if that is a small part of it, and its length."""
    shown = secret[:4] if len(secret) >= 16 and secret[:4].isprintable() else ""
    return f"{shown}… ({len(secret)} characters)"
