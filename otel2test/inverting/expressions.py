"""What stands for a value in a test: a Python value, or a small expression where it must be said by name."""

from dataclasses import dataclass
from typing import TypeAlias

from otel2test.inverting.sortkeys import SortKey


@dataclass(frozen=True, slots=True)
class Name:
    """Something to import: ``from module import name``."""

    module: str
    name: str
    """Dotted for a class inside a class."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A local variable of the test."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """``variable.name``."""

    variable: str
    name: str


@dataclass(frozen=True, slots=True)
class Formatted:
    """An f-string: literal text, and variables and attributes, in turn."""

    parts: tuple[str | Attribute | Variable, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """``str(variable.name)``."""

    of: "Attribute | Shown"


@dataclass(frozen=True, slots=True)
class ContentTypeOf:
    """The content type of a model, whose id differs between databases."""

    app_label: str
    model: str
    """In lower case, as content types have it."""
    name: Name | None
    """The class, if the recording tells where it is."""


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password as its column holds it: ``make_password(…)``."""

    password: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """In rows that look alike, what tells one from the next: text around the row's number.

    The bare number where ``text`` is false.
    """

    before: str = ""
    after: str = ""
    text: bool = True


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is there but differs from run to run; ``reason`` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """``data[…]``: another part of the JSON that the assertion is about."""

    keys: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """``sorted([…], key=…)``."""

    items: tuple["Value", ...]
    key: SortKey


@dataclass(frozen=True, slots=True)
class LooseUrl:
    """A URL that differs from run to run."""

    recorded: str
    pattern: str
    """What the whole of it matches."""
    path: str
    """What its path matches."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in a multipart form."""

    name: str
    content: bytes
    content_type: str


Value: TypeAlias = object
"""A Python value, possibly holding the expressions above in lists and dicts."""


Values: TypeAlias = tuple[tuple[str, Value], ...]
"""Keyword arguments, in order."""
