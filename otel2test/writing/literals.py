"""Values → source text: literals, the few constructor calls that stand for one, and expressions.

Whatever a recording said reaches the code through here, as a literal; there is no other way.
"""

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from otel2test.identifiers import is_dotted
from otel2test.inverting.expressions import (
    Anything,
    Attribute,
    ContentTypeOf,
    Formatted,
    HashedPassword,
    LooseUrl,
    Name,
    Numbered,
    Shown,
    Sorted,
    Text,
    UploadedFile,
    Value,
    Variable,
)
from otel2test.inverting.sortkeys import SortKey
from otel2test.values import EnumValue, RangeValue
from otel2test.writing.imports import Imports

_RANGES: Final = (
    (dt.datetime, "DateTimeTZRange"),
    (dt.date, "DateRange"),
    ((int, Decimal), "NumericRange"),
)


_Part: TypeAlias = str | Attribute | Variable
_LONGEST: Final = 78
"""What fits into a line together with what stands around it, as a rule."""
_BEGUN: Final = re.compile(r"<[a-zA-Z/][^<>]*\Z|\{\{[^{}]*\Z")
_MOST_LINES: Final = 40
"""Of a longer text nobody reads every line."""


class UnwritableError(ValueError):
    """A value that has no literal form."""


class Literals:
    """Writes values, adding to ``imports`` what their text needs."""

    def __init__(self, imports: Imports) -> None:
        self.imports = imports
        self._writers: Mapping[type, Callable[..., str]] = {
            type(None): repr,
            bool: repr,
            int: repr,
            str: self._text,
            bytes: repr,
            float: self._float,
            Decimal: self._decimal,
            uuid.UUID: self._uuid,
            dt.datetime: self._datetime,
            dt.date: self._date,
            dt.time: self._time,
            dt.timedelta: self._timedelta,
            list: self._list,
            tuple: self._tuple,
            set: self._set,
            frozenset: self._set,
            dict: self._dict,
            EnumValue: lambda value: self.write(value.value),
            Variable: lambda value: value.name,
            Attribute: lambda value: f"{value.variable}.{value.name}",
            Text: lambda value: f"str({self.write(value.of)})",
            Formatted: self._formatted,
            ContentTypeOf: self._content_type,
            Anything: lambda _: self.imports.name("unittest.mock", "ANY"),
            Name: self._name,
            Shown: lambda value: f"data{self.parts(value.keys)}",
            Sorted: lambda value: f"sorted({self._list(list(value.items))}{self.sort_key(value.key)})",
            LooseUrl: lambda value: f"{self.imports.module('re')}.compile({raw(f'^{value.pattern}$')})",
            HashedPassword: self._hashed,
            Numbered: _numbered,
            UploadedFile: self._uploaded,
            RangeValue: self._range,
        }

    def write(self, value: Value) -> str:
        """Return the source text of ``value``; raises :class:`UnwritableError` if it has none."""
        writer = self._writers.get(type(value))
        if writer is None:
            raise UnwritableError(f"a value of type {type(value).__name__} can't be written as a literal")
        return writer(value)

    def parts(self, keys: Sequence[str | int]) -> str:
        """Return ``[key]`` for each of the keys."""
        return "".join(f"[{self.write(key)}]" for key in keys)

    def sort_key(self, key: SortKey) -> str:
        """Return the argument ``key=…`` behind a comma; nothing where items compare by themselves."""
        if key.natural or not (key.keys or key.text):
            return ""
        if not key.keys:
            return ", key=str"
        if not key.text:
            names = ", ".join(map(self.write, key.keys))
            return f", key={self.imports.name('operator', 'itemgetter')}({names})"
        texts = [f"str(entry{self.parts([name])})" for name in key.keys]
        return f", key=lambda entry: {_one_or_several(texts)}"

    def _text(self, value: str) -> str:
        return self._broken((value,)) if _is_to_be_broken(value) else repr(value)

    def _float(self, value: float) -> str:
        return repr(value) if math.isfinite(value) else f'float("{value}")'

    def _decimal(self, value: Decimal) -> str:
        return f"{self.imports.name('decimal', 'Decimal')}({str(value)!r})"

    def _uuid(self, value: uuid.UUID) -> str:
        return f"{self.imports.name('uuid', 'UUID')}({str(value)!r})"

    def _datetime(self, value: dt.datetime) -> str:
        parts = [
            value.year,
            value.month,
            value.day,
            value.hour,
            value.minute,
            value.second,
            value.microsecond,
        ]
        if value.tzinfo is not None:
            try:
                value = value.astimezone(dt.UTC)
            except OverflowError as error:
                raise UnwritableError("an instant before the year 1 or after 9999, in UTC") from error
            parts[2:5] = [value.day, value.hour, value.minute]
            parts[:2] = [value.year, value.month]
        while len(parts) > 5 and parts[-1] == 0:
            parts.pop()
        text = ", ".join(map(str, parts))
        if value.tzinfo is not None:
            text += f", tzinfo={self.imports.name('datetime', 'UTC')}"
        return f"{self.imports.name('datetime', 'datetime')}({text})"

    def _date(self, value: dt.date) -> str:
        return f"{self.imports.name('datetime', 'date')}({value.year}, {value.month}, {value.day})"

    def _time(self, value: dt.time) -> str:
        parts = [value.hour, value.minute, value.second, value.microsecond]
        while len(parts) > 2 and parts[-1] == 0:
            parts.pop()
        text = ", ".join(map(str, parts))
        if value.tzinfo is not None:
            if value.utcoffset() != dt.timedelta():
                raise UnwritableError("a time of day in a zone of its own")
            text += f", tzinfo={self.imports.name('datetime', 'UTC')}"
        return f"{self.imports.name('datetime', 'time')}({text})"

    def _timedelta(self, value: dt.timedelta) -> str:
        parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
        text = ", ".join(f"{name}={number}" for name, number in parts.items() if number)
        return f"{self.imports.name('datetime', 'timedelta')}({text})"

    def _list(self, value: list[Value]) -> str:
        return f"[{', '.join(map(self.write, value))}]"

    def _tuple(self, value: tuple[Value, ...]) -> str:
        items = ", ".join(map(self.write, value))
        return f"({items},)" if len(value) == 1 else f"({items})"

    def _set(self, value: set[Value] | frozenset[Value]) -> str:
        items = sorted(map(self.write, value))
        text = f"{{{', '.join(items)}}}" if items else "set()"
        return f"frozenset({text if items else ''})" if isinstance(value, frozenset) else text

    def _dict(self, value: dict[Value, Value]) -> str:
        return f"{{{', '.join(f'{self.write(key)}: {self.write(item)}' for key, item in value.items())}}}"

    def _formatted(self, value: Formatted) -> str:
        whole = self._line(value.parts)
        return self._broken(value.parts) if _is_to_be_broken(whole) else whole

    def _broken(self, parts: Sequence[_Part]) -> str:
        """Return a long text as several strings in brackets, one below the other, broken between words."""
        lines: list[list[_Part]] = [[]]
        width = 0
        for word in _words(parts):
            told = len(self._line(word))
            if lines[-1] and (width + told > _LONGEST or str(lines[-1][-1]).endswith("\n")):
                lines.append([])
                width = 0
            lines[-1] += word
            width += told - len('""')
        if not 1 < len(lines) <= _MOST_LINES:
            return self._line(parts)
        return f"({' '.join(map(self._line, lines))})"

    def _line(self, parts: Sequence[_Part]) -> str:
        if all(isinstance(part, str) for part in parts):
            return repr("".join(map(str, parts)))
        inside = (
            _inside_f_string(part) if isinstance(part, str) else f"{{{self.write(part)}}}" for part in parts
        )
        return f'f"{"".join(inside)}"'

    def _range(self, value: RangeValue) -> str:
        """Return a range as psycopg has it, by the type of its ends."""
        ends = [end for end in (value.lower, value.upper) if end is not None]
        kind = next((name for type_, name in _RANGES if ends and isinstance(ends[0], type_)), "Range")
        range_ = self.imports.name("django.db.backends.postgresql.psycopg_any", kind)
        if not value.bounds:
            return f"{range_}(empty=True)"
        bounds = "" if value.bounds == "[)" else f", {value.bounds!r}"
        return f"{range_}({self.write(value.lower)}, {self.write(value.upper)}{bounds})"

    def _name(self, value: Name) -> str:
        outer, dot, inner = value.name.partition(".")
        if dot and not is_dotted(inner):
            raise UnwritableError(f"not a name: {value.name}")
        return f"{self.imports.name(value.module, outer)}{dot}{inner}"

    def _content_type(self, value: ContentTypeOf) -> str:
        manager = f"{self.imports.name('django.contrib.contenttypes.models', 'ContentType')}.objects"
        if value.name is not None:
            return f"{manager}.get_for_model({self.write(value.name)})"
        return f"{manager}.get_by_natural_key({value.app_label!r}, {value.model!r})"

    def _hashed(self, value: HashedPassword) -> str:
        return f"{self.imports.name('django.contrib.auth.hashers', 'make_password')}({value.password!r})"

    def _uploaded(self, value: UploadedFile) -> str:
        factory = self.imports.name("django.core.files.uploadedfile", "SimpleUploadedFile")
        content_type = f", content_type={value.content_type!r}" if value.content_type else ""
        return f"{factory}({value.name!r}, {value.content!r}{content_type})"


def raw(pattern: str) -> str:
    """Return a regular expression as a raw string, if it can be one."""
    quote = next((quote for quote in "\"'" if quote not in pattern), None)
    if quote is None or not pattern.isprintable() or pattern.endswith("\\"):
        return repr(pattern)
    return f"r{quote}{pattern}{quote}"


def _is_to_be_broken(text: str) -> bool:
    return _LONGEST < len(text) <= _LONGEST * _MOST_LINES


def _words(parts: Sequence[_Part]) -> Iterator[list[_Part]]:
    """Yield a text word by word, each with the blanks behind it and all that isn't text between blanks.

    A tag of HTML is one word, and so is what stands in a template's brackets.
    """
    word: list[_Part] = []
    for part in parts:
        for piece in re.findall(r"\S*\s*", part)[:-1] if isinstance(part, str) else [part]:
            word.append(piece)
            if isinstance(piece, str) and piece[-1:].isspace() and not _is_open(word):
                yield word
                word = []
    if word:
        yield word


def _is_open(word: Sequence[_Part]) -> bool:
    """Say whether a tag was begun that isn't ended yet."""
    text = "".join(part for part in word if isinstance(part, str))
    return _BEGUN.search(text) is not None


def _inside_f_string(text: str) -> str:
    quoted = repr(text)
    escaped = quoted[1:-1]
    if quoted[0] == "'":
        escaped = escaped.replace("\\'", "'").replace('"', '\\"')
    return escaped.replace("{", "{{").replace("}", "}}")


def _one_or_several(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def _numbered(value: Numbered) -> str:
    """Return text around ``n``, which counts in the loop around it."""
    if not value.text:
        return "n"
    return f'f"{_inside_f_string(value.before)}{{n}}{_inside_f_string(value.after)}"'


def reasons(value: Value) -> tuple[str, ...]:
    """Return why parts of ``value`` aren't compared, each reason once."""
    return tuple(dict.fromkeys(_reasons(value)))


def _reasons(value: Value) -> Iterator[str]:
    if isinstance(value, Anything):
        yield value.reason
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _reasons(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _reasons(item)
