"""What a test must look at, as without it a broken program would pass: assertions added for that.

What enters are the places of such observations, the assertions made already, and what was recorded;
what leaves are the same assertions and one more for each place that none of them covers. A place
of which nothing certain can be said (a time, what was drawn, what the recording doesn't hold) adds
nothing.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from otel2test.inverting.assertions import (
    Assert,
    AssertAttribute,
    AssertBody,
    AssertCached,
    AssertContains,
    AssertCookie,
    AssertFileName,
    AssertHeader,
    AssertLacks,
    AssertMailCount,
    AssertMessages,
    AssertPassword,
    AssertPresent,
    AssertRecent,
    AssertSession,
    AssertStatus,
    AssertStored,
    AssertStoredFile,
    FetchRow,
    RefreshRow,
)
from otel2test.inverting.django.effects import Effects, tells
from otel2test.inverting.django.identifying import Created
from otel2test.inverting.django.linking import Links
from otel2test.inverting.django.mails import Mails
from otel2test.inverting.django.places import Places
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.feedback import Feedback, Kind
from otel2test.inverting.pages import is_tag, lines_of, looked_for, tags_of
from otel2test.inverting.plan import OF_PAGE, made
from otel2test.inverting.sortings import Keys
from otel2test.reading.exchanges import Exchange, Field, Response
from otel2test.values import is_plain

_LONGEST_BODY: Final = 5000
_LONGEST_FILE: Final = 1000
_WORD: Final = re.compile(r"[^\s<>\"'(),;!]+")
_SAID_OTHERWISE: Final = frozenset({"content-length", "date", "set-cookie"})


class Strengthening:
    """The places of one request that must be asserted: the ``number``-th of its test."""

    def __init__(
        self,
        feedback: Feedback,
        number: int,
        exchange: Exchange,
        inputs: Inputs,
        effects: Effects,
        places: Places,
        *,
        clock: bool,
    ) -> None:
        """``clock`` says whether the test runs at the recorded time."""
        self.exchange = exchange
        self.inputs = inputs
        self.effects = effects
        self.places = places
        self.clock = clock
        self.links = Links(effects)
        asked = (place for place in feedback.asserted if place.request == number)
        self.asked = sorted(((place.kind, place.path) for place in asked), key=str)

    def _of(self, kind: Kind) -> list[Keys]:
        return [path for each, path in self.asked if each == kind]

    # --- the response

    def of_response(self, asserts: Sequence[Assert]) -> tuple[Assert, ...]:
        """Return the assertions on the response, and those that it takes beside them."""
        response = self.exchange.response
        if response is None or not asserts:
            return tuple(asserts)
        found = self._of_page(list(asserts), response)
        for (name,) in self._of("header"):
            if not any(isinstance(step, AssertHeader) and _same(step.name, name) for step in found):
                found += self._header(response, str(name))
        for (name,) in self._of("cookie"):
            known = {cookie.name: cookie.value for cookie in response.cookies}
            if name not in known:
                found.append(AssertLacks("cookies", str(name)))
            elif not any(isinstance(step, AssertCookie) and step.name == name for step in found):
                found.append(AssertCookie(str(name), known[str(name)]))
        for (name,) in self._of("session"):
            if not any(isinstance(step, AssertSession) and step.key == name for step in found):
                found += self._session(str(name))
        if self._of("message") and not any(isinstance(step, AssertMessages) for step in found):
            found += [AssertMessages(())] if not self.exchange.messages.added else []
        return tuple(found)

    def _header(self, response: Response, name: str) -> Iterator[Assert]:
        there = [(each, value) for each, value in response.headers if _same(each, name)]
        if name.lower() in _SAID_OTHERWISE or len(there) > 1:
            return
        if not there:
            yield AssertLacks("headers", name)
        for each, value in there:
            if self._holds_still(value):
                yield AssertHeader(each, self.inputs.on_test_server(value))

    def _session(self, key: str) -> Iterator[Assert]:
        session = self.exchange.session
        if session is None or key.startswith("_"):
            return
        if key not in session.after:
            yield AssertLacks("session", key)
        elif is_plain(value := session.after[key]) and self._holds_still(value):
            yield AssertSession(key, self.inputs.on_test_server(value))

    # --- pages

    def _of_page(self, found: list[Assert], response: Response) -> list[Assert]:
        body = response.body
        if body.cut or not any(isinstance(step, AssertStatus) for step in found):
            return found  # a redirect, most likely
        if body.kind == "text":
            for (text,) in self._of("text"):
                found = self._with_text(found, response, str(text))
            for (text,) in (path for path in self._of("body") if path):
                found = self._with_text(found, response, str(text), exactly=True)
        if () in self._of("body") and not any(isinstance(step, AssertBody) for step in found):
            content = body.text if body.kind == "text" else body.content
            if body.kind in {"text", "binary"} and len(content) <= _LONGEST_BODY:
                found.append(AssertBody(self.inputs.on_test_server(content), response.streaming))
        return found

    def _with_text(
        self, found: list[Assert], response: Response, text: str, *, exactly: bool = False
    ) -> list[Assert]:
        """Return the assertions and that the page holds the text, as often as it does.

        ``exactly`` is for one that must not stand there more often, and may not stand there at all.
        """
        page = response.body.text
        text = self._as_recorded(page, text)
        needles = looked_for(page, text)
        if not needles and exactly and text not in page:
            needles = [(text if is_tag(text) else html.escape(text), 0)]
        for needle, times in needles:
            if not self._holds_still(needle):
                continue
            escaped = not is_tag(text) and needle == html.escape(text) != text
            step = AssertContains(
                text if escaped else self.links.with_keys(needle),
                response.status,
                escaped,
                count=times if exactly or times > 1 else None,
            )
            known = next((at for at, each in enumerate(found) if _looks_for(each, step)), None)
            if known is None:
                last = max(at for at, each in enumerate(found) if isinstance(each, OF_PAGE))
                found = [*found[: last + 1], step, *found[last + 1 :]]
            elif step.count is not None:
                found[known] = step
        return found

    def _as_recorded(self, page: str, text: str) -> str:
        """Return the text or tag of the recorded page that is like one of a replay: keys may differ."""
        there = tags_of(page) if is_tag(text) else lines_of(page)
        if text in there:
            return text
        alike = dict.fromkeys(each for each in there if _without_numbers(each) == _without_numbers(text))
        keyed = [each for each in alike if is_tag(each) and self.links.with_keys(each) != each]
        return keyed[0] if len(alike) == len(keyed) == 1 else text

    def _holds_still(self, value: object) -> bool:
        """Say whether a value is the same in every run, as far as one recording tells."""
        words = _WORD.findall(value) if isinstance(value, str) else []
        parts = [part for word in words for part in re.split(r"[/?&=#:]", word)]
        if any(self.inputs.from_randomness(part) for part in (value, *parts) if part not in words):
            return False
        if self.clock:
            return True
        is_today = isinstance(value, str) and self.inputs.names_today(value)
        return not is_today and not any(self.inputs.is_now(part) for part in (value, *words, *parts))

    # --- rows

    def of_rows(self, asserts: Sequence[Assert]) -> tuple[Assert, ...]:
        """Return the assertions on rows, and those on columns that they leave out."""
        found = list(asserts)
        kinds: tuple[Kind, ...] = ("created", "updated")
        for kind in kinds:
            for table, number, column in self._of(kind):
                if isinstance(number, int):
                    found = self._with_column(found, kind, str(table), number, str(column))
        return tuple(found)

    def _with_column(
        self, found: list[Assert], kind: Kind, table: str, number: int, column: str
    ) -> list[Assert]:
        row = self.places.row(kind, table, number)
        if row is None:
            return self._with_count(found, table) if kind == "created" else found
        model = row.model if isinstance(row, Created) else row[0].model
        items = (item for each in self.effects.arrangement.models.lineage(model) for item in each.fields)
        item = next((item for item in items if item.column == column), None)
        if item is None or item.primary_key:
            return found
        if isinstance(row, Created):
            variable = self.effects.variable(row)
            if item.attname not in row.values or not any(variable in made(step) for step in found):
                return found  # of so many rows only the number is asserted
            new = [*self.effects.of_created(row, item)]
        else:
            variable = self.effects.arrangement.name(row[0])
            known = row[1].after.get(column)
            if known is None or not tells(known):
                return found
            new = [*self.effects.of_changed(row[0], item, known.value)]
        if any(_speaks_of(step, variable, item) for step in found):
            return found
        about = [at for at, step in enumerate(found) if variable in made(step) | _about(step)]
        if not about:
            return [*found, RefreshRow(variable), *new]
        return [*found[: about[-1] + 1], *new, *found[about[-1] + 1 :]]

    def _with_count(self, found: list[Assert], table: str) -> list[Assert]:
        """Return the assertions and that no more rows were made than were recorded."""
        model = self.effects.arrangement.models.by_table.get(table)
        if model is None or model.auto_created or model.framework == "session":
            return found
        step = self.effects.count(model)
        return found if step in found else [*found, step]

    # --- side effects

    def of_effects(self, asserts: Sequence[Assert]) -> tuple[Assert, ...]:
        """Return the assertions on side effects, and those that it takes beside them."""
        found = list(asserts)
        for number, attribute in self._of("mail"):
            found = self._with_mail(found, number, str(attribute))
        for alias, key in self._of("cache"):
            if not any(
                isinstance(step, AssertCached) and (step.alias, step.key) == (alias, key) for step in found
            ):
                found += self._cached(str(alias), str(key))
        for number, attribute in self._of("file"):
            found += (step for step in self._file(number, str(attribute)) if step not in found)
        return tuple(found)

    def _with_mail(self, found: list[Assert], number: int | str, attribute: str) -> list[Assert]:
        mails = self.exchange.effects.mails
        if not mails:
            return found if AssertMailCount(0) in found else [*found, AssertMailCount(0)]
        variable = next((name for name, which in self.places.mails.items() if which == number), None)
        if variable is None:
            return found
        told = Mails(self.effects, self.inputs, self.exchange.queries)
        new = told.more(mails[int(number)], variable, attribute)
        left = [step for step in new if step not in found]
        last = max(at for at, step in enumerate(found) if variable in made(step) | _about(step))
        return [*found[: last + 1], *left, *found[last + 1 :]]

    def _cached(self, alias: str, key: str) -> Iterator[Assert]:
        """Yield what the cache holds at the end: what was written, or nothing where nobody found anything."""
        accesses = [each for each in self.exchange.effects.cache if each.alias == alias and key in each.keys]
        if not any(access.values or any(access.hits) for access in accesses):
            yield AssertCached(alias, key, None)
        for access in accesses[-1:]:
            values = dict(zip(access.keys, access.values, strict=False))
            value = values.get(key)
            if access.operation in {"set", "set_many"} and is_plain(value) and self._holds_still(value):
                yield AssertCached(alias, key, value, access.version)

    def _file(self, number: int | str, attribute: str) -> Iterator[Assert]:
        saved = [file for file in self.exchange.effects.files if file.operation == "save"]
        if not isinstance(number, int) or number >= len(saved) or not self._holds_still(saved[number].name):
            return
        file = saved[number]
        if file.error is not None or file.asked not in {None, file.name}:
            return
        if attribute == "name":
            yield AssertStoredFile(file.name)
        elif file.content is not None and len(file.content) <= _LONGEST_FILE:
            yield AssertStoredFile(file.name, file.content)


def _same(one: str, other: object) -> bool:
    return one.lower() == str(other).lower()


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _looks_for(step: Assert, other: AssertContains) -> bool:
    return isinstance(step, AssertContains) and (step.text, step.escaped) == (other.text, other.escaped)


def _about(step: Assert) -> frozenset[str]:
    """Return the variable of which the step speaks."""
    named = getattr(step, "variable", None)
    return frozenset({named}) if isinstance(named, str) else frozenset()


def _speaks_of(step: Assert, variable: str, item: Field) -> bool:
    """Say whether the step compares that column of the row."""
    match step:
        case FetchRow(variable=name, lookup=lookup):
            names = {each for each, _ in lookup}
        case AssertStored(variable=name, values=values):
            names = {each for each, _ in values}
        case AssertPassword(variable=name):
            names = {"password"}
        case (
            AssertAttribute(variable=name, attribute=attribute)
            | AssertFileName(variable=name, attribute=attribute)
            | AssertRecent(variable=name, attribute=attribute)
            | AssertPresent(variable=name, attribute=attribute)
        ):
            names = {attribute}
        case _:
            return False
    return name == variable and bool(names & {item.name, item.attname})
