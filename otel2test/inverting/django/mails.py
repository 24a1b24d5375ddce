"""E-mails that a request sent, as assertions: to whom, about what, and as much of the text as holds still."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from otel2test.identifiers import Names
from otel2test.inverting.assertions import (
    Assert,
    AssertAttached,
    AssertAttribute,
    AssertContained,
    AssertLines,
    AssertMailCount,
    AssertNothing,
    AssertPresent,
    FetchMails,
)
from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.enumerating import Enumerating
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.paths import with_keys
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Attribute, Formatted, Value, Variable
from otel2test.inverting.loops import unordered_rounds
from otel2test.inverting.pages import lines_of, looked_for, tags_of
from otel2test.inverting.plan import Note
from otel2test.reading.effects import Attachment, Mail, SideEffects
from otel2test.reading.exchanges import Query

_MOST_MAILS: Final = 5
_LONGEST_BODY: Final = 300
_LONGEST_WHOLE: Final = 2000
"""Where it is known that a broken program would say something else."""
_MOST_LINES: Final = 4
_SHORTEST_TOLD: Final = 4
_KEY: Final = re.compile(r"(?<=[-#/])\d+\b")
_URL: Final = re.compile(r"https?://[^\s<>\"']+|(?<!\S)/[^\s<>\"']+")


class Mails:
    """The e-mails of one request."""

    def __init__(self, effects: Effects, inputs: Inputs, queries: Sequence[Query] = ()) -> None:
        self.effects = effects
        self.inputs = inputs
        self.queries = queries
        self._enumerating = Enumerating(queries, inputs)
        self.context = ""
        """All that the e-mail says: it tells of which model a key is where its line doesn't."""

    def notes(self, told: SideEffects) -> Iterator[Note]:
        """Yield what can't be asserted."""
        for mail in told.mails:
            if mail.error is not None:
                yield Note(f"an e-mail that could not be sent: {mail.error.type}")

    def asserts(self, told: SideEffects, names: Names) -> Iterator[Assert]:
        """Yield the assertions on all that was sent."""
        sent = [mail for mail in told.mails if mail.error is None]
        if not sent or "mails" in told.dropped:
            return
        if len(sent) > _MOST_MAILS:
            yield AssertMailCount(len(sent))
            return
        numbers: Sequence[int] = range(len(sent))
        by = ""
        unordered = unordered_rounds([_rounds_of(mail) for mail in sent], self.queries)
        if unordered is not None:
            by = next((name for name in ("to", "subject", "body") if self._tells_apart(sent, name)), "")
            if not by:
                yield AssertMailCount(len(sent))
                yield AssertNothing(f"what the e-mails say: {unordered.reason}, so that each may be any")
                return
            numbers = sorted(numbers, key=lambda number: getattr(sent[number], by))
        variables = tuple(names.give("message") for _ in sent)
        if unordered is None:
            yield FetchMails(variables)
        else:
            yield FetchMails(variables, 0, by, unordered.reason, tuple(numbers))
        for number, variable in zip(numbers, variables, strict=True):
            yield from self._mail(sent[number], variable)

    def _tells_apart(self, sent: Sequence[Mail], name: str) -> bool:
        """Say whether the attribute differs between e-mails that differ, and is the same in every run."""
        first: dict[object, Mail] = {}
        for mail in sent:
            value = getattr(mail, name)
            texts = [value] if value is None or isinstance(value, str) else value
            if any(text is None or not self._holds_still(text) or self._is_loose(text) for text in texts):
                return False
            if _said_by(first.setdefault(value, mail)) != _said_by(mail):
                return False
        return True

    def _is_loose(self, text: str) -> bool:
        """Say whether lines or values in the text may come in any order."""
        return bool(self._lines(text) or self._enumerating.of(text))

    def _lines(self, text: str) -> str:
        """Return why the lines of a text may come in any order; empty where they come in this one."""
        found = unordered_rounds(text.splitlines(), self.queries)
        return found.reason if found is not None else ""

    def _whole(self, variable: str, attribute: str, text: str) -> Assert:
        """Return what compares the whole of a text."""
        value = self.inputs.on_test_server(text)
        if isinstance(value, str) and (unordered := self._lines(text)):
            return AssertLines(variable, attribute, tuple(sorted(value.splitlines())), unordered)
        return AssertAttribute(variable, attribute, value)

    def _mail(self, mail: Mail, variable: str) -> Iterator[Assert]:
        self.context = _context(mail)
        if mail.subject is not None and (subject := self._said(mail.subject)) is not None:
            yield AssertAttribute(variable, "subject", subject)
        copies = (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc), ("reply_to", mail.reply_to))
        for name, addresses in copies:
            if addresses:
                yield AssertAttribute(variable, name, [*addresses])
        body = (mail.body or "").strip()
        if body and len(body) <= _LONGEST_BODY and self._holds_still(body):
            yield self._whole(variable, "body", mail.body or "")
        else:
            for text in self._telling_lines(body):
                yield AssertContained(variable, "body", text)
        for number, (content, _) in enumerate(mail.alternatives):
            said = [text for text in self._shown(content) if self._tells(html.unescape(text))]
            yield from (AssertContained(variable, _content(number), text) for text in said[:1])
            if not said:
                yield AssertPresent(variable, _content(number))
        if mail.attachments:
            yield AssertAttached(variable, tuple(item.name for item in mail.attachments))

    def more(self, mail: Mail, variable: str, attribute: str) -> Iterator[Assert]:
        """Yield all that holds still of what an attribute of an e-mail says."""
        self.context = _context(mail)
        value = getattr(mail, attribute)
        match attribute:
            case "body" | "subject" if value:
                text = value.strip()
                if len(text) <= _LONGEST_WHOLE and self._holds_still(text):
                    yield self._whole(variable, attribute, value)
                    return
                lines = [line.strip() for line in text.splitlines()]
                said = [self._said(line) for line in lines if line]
                yield from (AssertContained(variable, attribute, line) for line in said if line is not None)
            case "alternatives" if value:
                for number, (content, _) in enumerate(value):
                    for text in self._shown(content):
                        yield AssertContained(variable, _content(number), text)
            case "attachments" if value:
                for number, item in enumerate(value):
                    if item.content is not None and len(item.content) <= _LONGEST_WHOLE:
                        yield AssertAttribute(variable, f"attachments[{number}][1]", _as_attached(item))
            case _:
                yield AssertAttribute(
                    variable, attribute, [*value] if isinstance(value, tuple) else (value or "")
                )

    def _shown(self, content: str) -> Iterator[str]:
        """Yield what a text or page shows, as it is written there, where it is the same in every run."""
        lines = dict.fromkeys((*lines_of(content), *tags_of(content)))
        for text in dict.fromkeys(text for line in lines for text, _ in looked_for(content, line)):
            said = self._said(text)
            if isinstance(said, str):
                yield said

    def _telling_lines(self, body: str) -> Iterator[Value]:
        """Yield the lines that tell of this request, not of every one: what was sent, or stands in a row."""
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        said = {line: self._said(line) for line in lines}
        telling = [line for line in lines if said[line] is not None and self._tells(line)]
        for line in telling[:_MOST_LINES] or [line for line in lines if said[line] is not None][:1]:
            yield said[line]
        for line in lines:
            if said[line] is not None:
                continue
            for url in _URL.findall(line):
                path = with_keys(
                    str(self.inputs.on_test_server(url)), self.effects.created_with_key, self.effects.variable
                )
                if path is not None and (told := self._with_stored(path)) is not None:
                    yield told

    def _tells(self, line: str) -> bool:
        written = (str(value) for row in self.effects.created for value in row.values.values())
        return self._with_keys(line) is not None or any(
            len(text) >= _SHORTEST_TOLD and not text.isspace() and text in line
            for text in (*self.inputs.texts, *written)
        )

    def _said(self, text: str) -> Value | None:
        """Return how a line is compared, created rows' keys by name; None if it doesn't hold still."""
        if str(self.inputs.start.year) in text:
            return None  # a date in words, most likely
        if self._holds_still(text):
            return self.inputs.on_test_server(text)
        path = self._with_keys(str(self.inputs.on_test_server(text)))
        stable = path is not None and all(
            self._holds_still(part) for part in path.parts if isinstance(part, str)
        )
        return path if stable else None

    def _with_keys(self, text: str) -> Formatted | None:
        """Return a text with the keys of created rows as attributes: ``[printers-7]``, ``#7``, ``/7/``."""
        parts: list[str | Attribute | Variable] = []
        end = 0
        for match in _KEY.finditer(text):
            created = self._created(match[0], text)
            if created is not None:
                parts += [text[end : match.start()], Attribute(self.effects.variable(created), "pk")]
                end = match.end()
        return Formatted(tuple(part for part in (*parts, text[end:]) if part != "")) if parts else None

    def _created(self, key: str, text: str) -> Created | None:
        return self.effects.created_with_key(key, text) or self.effects.created_with_key(key, self.context)

    def _with_stored(self, path: Formatted) -> Formatted | None:
        """Return the path with what was drawn and stored as a column's name; None if it was not stored."""
        parts: list[str | Attribute | Variable] = []
        for part in path.parts:
            words = re.split(r"([/?&=#])", part) if isinstance(part, str) else [part]
            for word in words:
                if not isinstance(word, str) or not self.inputs.from_randomness(word):
                    parts.append(word)
                    continue
                found = self.effects.stored_as(word)
                if found is None:
                    return None
                parts.append(found[0])
        return Formatted(tuple(_joined(parts)))

    def _holds_still(self, text: str) -> bool:
        """Say whether the text is the same in every run: no time, nothing drawn, no key of a created row."""
        for word in re.findall(r"[^\s<>\"'(),;!?]+", text):
            for part in (word, word.strip("."), *re.split(r"[/?&=#:]", word)):
                if (
                    self.inputs.is_now(part)
                    or self.inputs.is_today(part)
                    or self.inputs.from_randomness(part)
                ):
                    return False
                if part.isdecimal() and self._created(part, text) is not None:
                    return False
        keys = {str(row.key()) for row in self.effects.created}
        return not any(match[0] in keys for match in _KEY.finditer(text))


def _rounds_of(mail: Mail) -> dict[str, object]:
    """Return an e-mail as what was done for one row."""
    return {"to": [*mail.to], "cc": [*mail.cc], "subject": mail.subject, "body": mail.body}


def _said_by(mail: Mail) -> object:
    return replace(mail, span_id="", start=0)


def _context(mail: Mail) -> str:
    return f"{mail.subject} {mail.body}"


def _content(number: int) -> str:
    """Return where the text of an alternative stands: beside its MIME type."""
    return f"alternatives[{number}][0]"


def _as_attached(item: Attachment) -> str | bytes:
    """Return an attachment's content as Django keeps it: as text where it is some."""
    content = item.content or b""
    if item.content_type.startswith("text/"):
        try:
            return content.decode()
        except UnicodeDecodeError:
            return content
    return content


def _joined(parts: Sequence[str | Attribute | Variable]) -> Iterator[str | Attribute | Variable]:
    """Yield the parts, texts that follow each other as one."""
    for is_text, some in groupby(parts, key=lambda part: isinstance(part, str)):
        if is_text:
            yield "".join(str(part) for part in some)
        else:
            yield from some
