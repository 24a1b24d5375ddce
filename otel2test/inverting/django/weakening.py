"""What isn't the same in every run, taken out of the assertions on one request.

What enters are the assertions and what is known of places: the values that replays saw there,
and lists whose order no query promises or which replays saw in another one. What leaves are the
same assertions, each on such a place weakened to what all runs share: a relation to another
value of the same run, a pattern, a length, a type. Where nothing is left to say, a comment says so.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from otel2test.inverting.assertions import (
    Assert,
    AssertAttribute,
    AssertBody,
    AssertCached,
    AssertCalledOnce,
    AssertCalls,
    AssertContained,
    AssertContains,
    AssertCookie,
    AssertFileName,
    AssertHeader,
    AssertJson,
    AssertLike,
    AssertLines,
    AssertMessages,
    AssertNothing,
    AssertRedirect,
    AssertSession,
    AssertStatus,
    AssertStored,
    AssertStoredContent,
)
from otel2test.inverting.django.calling import loose_calls
from otel2test.inverting.django.enumerating import Enumerating
from otel2test.inverting.django.places import Places, Where
from otel2test.inverting.django.seeing import as_seen, parts_of, same_items
from otel2test.inverting.django.unordering import are_nested, loose_lists, sorted_like, unordered_values
from otel2test.inverting.django.volatility import TEST_HOST, Inputs
from otel2test.inverting.expressions import Anything, Attribute, Formatted, Name, Value
from otel2test.inverting.feedback import Feedback, Kind
from otel2test.inverting.jsons import parse_json
from otel2test.inverting.likenesses import (
    Likeness,
    Matching,
    OfLength,
    OfType,
    OneOf,
    PartsInAnyOrder,
    likeness,
)
from otel2test.inverting.loosening import (
    DIFFERS,
    NOTHING_LEFT,
    Loosened,
    Seen,
    explains,
    loosened,
    matching,
    repeated,
)
from otel2test.inverting.orders import unordered_lines, unordered_lists
from otel2test.inverting.pages import element_text
from otel2test.inverting.patterns import escaped, pattern_of
from otel2test.inverting.sortings import Keys, Unordered, part, put_in_order
from otel2test.reading.exchanges import Exchange


class Weakening:
    """What is known of the places of one request: the ``number``-th of its test."""

    def __init__(
        self, feedback: Feedback, number: int, exchange: Exchange, inputs: Inputs, places: Places
    ) -> None:
        self.exchange = exchange
        self.places = places
        self.seen: dict[Where, Seen] = {}
        self.unordered = unordered_values(exchange)
        """Lists that hold the same items in any order, and why."""
        for place in feedback.unordered:
            if place.request == number:
                self.unordered[place.kind, place.path] = DIFFERS
        for place, values in feedback.volatile.items():
            if place.request == number:
                self._take((place.kind, place.path), [as_seen(place.kind, value, inputs) for value in values])
        self.enumerating = Enumerating(exchange.queries, inputs)
        self.asserted = {
            place.path
            for place in feedback.asserted
            if (place.kind, place.request) == ("json", number) and place not in feedback.volatile
        }
        """Parts of the response's JSON of which something must be said."""
        self.said: set[Where] = set()
        """Places of which a weak assertion was made already."""
        self.moved: Callable[[Keys], Keys | None] = lambda keys: keys
        """Where a part of the response's JSON stands once its lists are sorted."""

    def _take(self, place: Where, values: Seen) -> None:
        """Take note of what was seen in a place: in its parts, where they are the same in all runs."""
        kind, path = place
        if kind in {"session", "cache", "task"} and (names := parts_of(values)):
            for name in names:
                inner = [part(value, (name,)) for value in values]
                if any(value != inner[0] for value in inner):
                    self._take((kind, (*path, name)), inner)
        elif kind not in {"json", "outbound"} and same_items(values):
            self.unordered[place] = DIFFERS
        else:
            self.seen[place] = values

    def of(self, asserts: Sequence[Assert]) -> tuple[Assert, ...]:
        """Return the assertions as far as they hold in every run."""
        return tuple(weak for step in asserts for weak in self._weak(step))

    def _weak(self, step: Assert) -> Iterator[Assert]:
        match step:
            case AssertJson():
                yield from self._json(step)
            case AssertBody():
                yield from self._body(step)
            case AssertMessages():
                yield from self._messages(step)
            case _:
                yield from self._of_response(step)

    def _of_response(self, step: Assert) -> Iterator[Assert]:
        match step:
            case AssertStatus(status):
                seen = self.seen.get(("status", ()))
                yield step if seen is None else AssertLike(step, OneOf(tuple(dict.fromkeys((status, *seen)))))
            case AssertRedirect(url, status):
                yield from self._redirect(step, url, status)
            case AssertHeader(name, value):
                yield from self._one(step, value, self._named("header", name))
            case AssertCookie(name, str(value)):
                yield from self._one(step, value, [("cookie", (name,))])
            case AssertContains(str(text)):
                yield from self._shown(step, text)
            case AssertSession(key, value):
                yield from self._tree(step, value, "session", (key,))
            case _:
                yield from self._of_effects(step)

    def _of_effects(self, step: Assert) -> Iterator[Assert]:
        match step:
            case AssertAttribute(variable, attribute, value):
                yield from self._one(step, value, self.places.of(variable, attribute))
            case AssertStored(variable, _, _, ((attribute, value),)):
                plain = AssertAttribute(variable, attribute, value)
                weak = [*self._one(plain, value, self.places.of(variable, attribute))]
                yield from [step] if weak == [plain] else weak
            case AssertLines(variable, attribute, lines):
                yield from self._lines(step, lines, self.places.of(variable, attribute))
            case AssertContained(variable, attribute, text):
                yield from self._contained(step, text, self.places.of(variable, attribute))
            case AssertFileName(variable, attribute, beginning):
                yield from self._file_name(step, beginning, self.places.of(variable, attribute))
            case AssertStoredContent(content=content):
                yield from self._one(step, content, [*self.places.files(content=content)])
            case AssertCached(alias, key, value):
                yield from self._tree(step, value, "cache", (alias, key))
            case AssertCalledOnce(variable) | AssertCalls(variable):
                yield from self._called(step, variable)
            case _:
                yield step

    # --- one value

    def _one(self, step: Assert, value: Value, places: Sequence[Where]) -> Iterator[Assert]:
        """Yield the step, or what is left of it where replays saw another value."""
        if isinstance(value, list) and any(place in self.unordered for place in places):
            why = next(self.unordered[place] for place in places if place in self.unordered)
            yield sorted_like(step, value, why)
            return
        place = next((place for place in places if place in self.seen), None)
        if (found := self._enumerated(value, self.seen.get(place, ()) if place else ())) is not None:
            yield AssertLike(step, found[0], reason=found[1])
            return
        if place is None or explains(value, self.seen[place]):
            yield step
            return
        relation = self._related(place)
        if relation is not None and isinstance(step, (AssertAttribute, AssertCookie, AssertHeader)):
            yield replace(step, value=relation)
        else:
            yield self._like(step, place)

    def _enumerated(self, value: Value, seen: Seen) -> tuple[Likeness, str] | None:
        """Return what compares a text that enumerates rows in any order, if that holds for all seen."""
        found = self.enumerating.like(value)
        if found is None or not seen:
            return found
        like = found[0]
        return found if isinstance(like, PartsInAnyOrder) and all(map(like.holds, seen)) else None

    def _like(self, step: Assert, place: Where) -> Assert:
        found = likeness(self.seen[place])
        return AssertLike(step, found) if found is not None else _nothing(place)

    def _named(self, kind: Kind, name: str) -> list[Where]:
        """Return the places of that name, whatever the case of its letters."""
        return [place for place in self.seen if place[0] == kind and str(place[1][0]).lower() == name.lower()]

    def _redirect(self, step: AssertRedirect, url: Value, status: int) -> Iterator[Assert]:
        seen = self.seen.get(("redirect", ()))
        if seen is None or explains(url, seen):
            yield step
            return
        relation = self._related(("redirect", ()))
        if relation is not None:
            yield replace(step, url=relation)
            return
        yield AssertStatus(status)
        paths = [re.sub(rf"https?://{TEST_HOST}", "", item) for item in seen if isinstance(item, str)]
        pattern = pattern_of(paths) if len(paths) == len(seen) else None
        if pattern is None:
            yield _nothing(("redirect", ()))
            return
        host = f"(?:https?://{TEST_HOST})?" if paths != [*seen] else ""
        yield AssertLike(step, Matching(host + pattern))

    def _shown(self, step: AssertContains, text: str) -> Iterator[Assert]:
        if step.count != 0 and (said := self.enumerating.said(html.unescape(text))):
            yield from self._each(step, [value for value in said if ("text", (value,)) not in self.said])
            return
        read = text if step.escaped else element_text(text)
        place: Where = ("text", (read,))
        seen = self.seen.get(place)
        if seen is not None and len(seen) == 1:
            yield AssertNothing(f"the text {read!r}, which isn't there in every run")
            return
        if seen is None or explains(read, seen):
            yield step
            return
        texts = [html.escape(item) if step.escaped else item for item in seen if isinstance(item, str)]
        pattern = pattern_of(texts) if len(texts) == len(seen) else None
        yield AssertLike(step, Matching(pattern, anywhere=True)) if pattern else _nothing(place)

    def _each(self, step: AssertContains, values: Iterable[str]) -> Iterator[Assert]:
        """Yield what looks for each of the values that a text enumerates."""
        for value in values:
            self.said.add(("text", (value,)))
            yield replace(step, text=value, escaped=html.escape(value) != value, count=None)

    def _contained(self, step: AssertContained, text: Value, places: Sequence[Where]) -> Iterator[Assert]:
        """Yield a line of an e-mail; in the place of those that don't hold still, one weak assertion."""
        place = next((place for place in places if place in self.seen), None)
        if said := self.enumerating.said(text):
            yield from (replace(step, text=value) for value in said)
        elif place is None or all(_stands_in(text, item) for item in self.seen[place]):
            yield step
        elif place[1][-1] == "alternatives":
            return  # of an e-mail's other forms one line is as good as another
        elif place not in self.said:
            self.said.add(place)
            yield self._like(step, place)

    def _lines(self, step: AssertLines, lines: tuple[str, ...], places: Sequence[Where]) -> Iterator[Assert]:
        place = next((place for place in places if place in self.seen), None)
        if place is None or all(sorted(str(text).splitlines()) == [*lines] for text in self.seen[place]):
            yield step
        else:
            yield self._like(AssertAttribute(step.variable, step.attribute, ""), place)

    def _file_name(self, step: AssertFileName, beginning: str, places: Sequence[Where]) -> Iterator[Assert]:
        known = (place for place in (*places, *self.places.files(name=beginning)) if place in self.seen)
        place = next(known, None)
        if place is None or all(str(name).startswith(beginning) for name in self.seen[place]):
            yield step
        else:
            yield self._like(AssertAttribute(step.variable, f"{step.attribute}.name", beginning), place)

    def _body(self, step: AssertBody) -> Iterator[Assert]:
        content = step.content
        if isinstance(content, str):
            open_order = unordered_lines(content, self.exchange.queries)
            why = f"it {DIFFERS}" if ("body", ()) in self.unordered else open_order
            step = replace(step, unordered=why)
        seen = self.seen.get(("body", ()), ())
        if seen and isinstance(seen[0], (str, bytes)) and not explains(content, seen):
            step = replace(step, content=seen[0])
        if step.unordered and ("body", ()) not in self.seen:
            yield step
        else:
            yield from self._one(step, step.content, [("body", ())])

    # --- values with parts

    def _json(self, step: AssertJson) -> Iterator[Assert]:
        if ("json", ()) in self.seen and not explains(step.value, self.seen["json", ()]):
            yield self._like(step, ("json", ()))
            return
        if (whole := self._enumerated(step.value, self.seen.get(("json", ()), ()))) is not None:
            yield AssertLike(step, whole[0], reason=whole[1])
            return
        found = self._loosened(step.value, "json", ())
        response = self.exchange.response
        recorded = parse_json(response.body.text) if response is not None else None
        unordered = dict(unordered_lists(recorded, self.exchange.queries))
        for kind, keys in self.unordered:
            items = part(found.value, keys) if kind == "json" else None
            if isinstance(items, list):
                unordered[keys] = Unordered(((0, len(items)),), f"it {DIFFERS}")
        asserted = [
            (keys, OfType((Name("builtins", type(value).__name__),)))
            for keys in sorted(self.asserted, key=str)
            if isinstance(part(found.value, keys), Anything)
            and not any(told == keys for told, _ in found.likes)
            if (value := part(recorded, keys)) is not None
        ]
        now = put_in_order(found.value, unordered)
        self.moved = now.moved
        likes: list[tuple[Keys | None, Likeness]] = [
            (now.moved(keys), like) for keys, like in (*found.likes, *asserted)
        ]
        likes += [(keys, OfLength(number)) for keys, number in now.unsorted]
        simple = [sort.keys == () and sort.span is None and sort.each is None for sort in now.sorts]
        named = bool(likes) or not all(simple) or now.refers
        weak = AssertJson(now.value, now.sorts, named)
        yield weak
        yield from (AssertLike(weak, like, keys, told=True) for keys, like in likes if keys is not None)

    def _tree(
        self, step: AssertSession | AssertCached, value: Value, kind: Kind, path: Keys
    ) -> Iterator[Assert]:
        if (kind, path) not in self.seen and are_nested(self._unordered_inside(kind, path)):
            yield from self._sorted_inside(step, value, kind, path)
            return
        if isinstance(value, str) or (kind, path) in self.unordered or (kind, path) in self.seen:
            yield from self._one(step, value, [(kind, path)])
            return
        found = self._loosened(value, kind, path)
        weak = replace(step, value=found.value)
        yield from (weak, *_beside(weak, found))

    def _sorted_inside(
        self, step: AssertSession | AssertCached, value: Value, kind: Kind, path: Keys
    ) -> Iterator[Assert]:
        """Yield what compares a value in which lists that come in any order hold such lists."""
        found = self._loosened(value, kind, path, in_order=True)
        unordered = {
            keys: Unordered(((0, len(items)),), f"it {why}" if why == DIFFERS else why)
            for keys, why in self._unordered_inside(kind, path).items()
            if isinstance(items := part(found.value, keys), list)
        }
        now = put_in_order(found.value, unordered)
        weak = replace(step, value=now.value, sorts=now.sorts)
        likes = [*((now.moved(keys), like) for keys, like in found.likes)]
        likes += [(keys, OfLength(number)) for keys, number in now.unsorted]
        yield weak
        yield from (AssertLike(weak, like, keys, told=True) for keys, like in likes if keys is not None)

    def _unordered_inside(self, kind: Kind, path: Keys) -> dict[Keys, str]:
        """Return the lists in a value that come in any order: where they stand in it, and why."""
        return {
            place[len(path) :]: why
            for (each, place), why in self.unordered.items()
            if each == kind and place[: len(path)] == path
        }

    def _messages(self, step: AssertMessages) -> Iterator[Assert]:
        if ("message", ()) in self.unordered:
            yield sorted_like(step, [*step.texts], self.unordered["message", ()])
            return
        found = self._loosened([*step.texts], "message", ())
        texts = found.value if isinstance(found.value, list) else [*step.texts]
        weak = replace(step, texts=tuple(texts), named=bool(found.likes))
        if step.unordered:
            yield sorted_like(weak, [*texts], step.unordered)
        else:
            yield from (weak, *_beside(weak, found))

    def _loosened(self, value: Value, kind: Kind, path: Keys, *, in_order: bool = False) -> Loosened:
        """``in_order`` says that the value's lists are brought in order as a whole."""
        seen = {
            place[1][len(path) :]: values
            for place, values in self.seen.items()
            if place[0] == kind and place[1][: len(path)] == path
        }
        seen = {keys: values for keys, values in seen.items() if not self._enumerated(values[0], values)}
        found = loosened(value, seen, lambda keys: self._related((kind, (*path, *keys))), own=kind == "json")
        if kind != "json" and not in_order:
            left, likes = loose_lists(found.value, self._unordered_inside(kind, path))
            found = Loosened(left, (*found.likes, *likes))
        left, likes = self.enumerating.loose(found.value)
        return Loosened(left, (*found.likes, *likes))

    # --- tasks

    def _called(self, step: AssertCalledOnce | AssertCalls, variable: str) -> Iterator[Assert]:
        def inside(value: Value, number: int, name: str) -> Loosened:
            return self._loosened(value, "task", (number, name))

        yield from loose_calls(step, self.places.tasks(variable), inside)

    # --- relations

    def _related(self, place: Where) -> Value | None:
        """Return what of a created or changed row the place repeated in every run."""
        for (variable, attribute), others in self.places.columns.items():
            for other in others:
                if other in self.seen and place in self.seen and _is_told_by(place, other):
                    found = repeated(self.seen[place], self.seen[other], Attribute(variable, attribute))
                    if found is not None:
                        return found
        return None


def _is_told_by(place: Where, other: Where) -> bool:
    """Say whether the test has ``other`` at hand: a column of a created row, for such a one before it."""
    if other[0] != "created" or place[0] == "updated":
        return False
    return place[0] != "created" or str(other[1]) < str(place[1])


def _beside(step: Assert, found: Loosened) -> Iterator[Assert]:
    return (AssertLike(step, like, keys, told=True) for keys, like in found.likes)


def _stands_in(text: Value, item: object) -> bool:
    pattern = matching(text) if isinstance(text, Formatted) else escaped(str(text))
    if isinstance(item, (list, tuple)):  # alternatives: (content, MIME type) each
        return any(_stands_in(text, part) for part in item)
    return isinstance(item, str) and re.search(pattern, item) is not None


def _nothing(place: Where) -> AssertNothing:
    kind, keys = place
    return AssertNothing(f"{' '.join(map(str, (kind, *keys)))} {NOTHING_LEFT}")
