"""What a page shows, as assertions: as much of it as somebody would check who knows what it is about.

What enters are a page and the rows that the test knows of; what leaves are the errors of its forms, its
heading, the texts that come from rows, what its tables say beside, what its form fields hold, and the
links to rows. What stands around the content (menus, labels, buttons) is the same on other pages, and is
told only where a row shows nowhere else.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl

from otel2test.inverting.django.effects import Effects
from otel2test.inverting.django.filled import Filled
from otel2test.inverting.django.linking import Links
from otel2test.inverting.django.rows import Arrangement
from otel2test.inverting.django.steadiness import Steadiness
from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Value
from otel2test.inverting.markup import Tag, Text, texts_of, visible
from otel2test.reading.exchanges import Exchange, Model, Response

_MOST_TEXTS: Final = 10
_MOST_CELLS: Final = 5
_MOST_HEADINGS: Final = 2
_MOST_FIELDS: Final = 6
_MOST_LINKS: Final = 3
_SHORTEST_TEXT: Final = 3
_LONGEST_TEXT: Final = 80
_LONGEST_CELL: Final = 40
_LONGEST_ERROR: Final = 200
_LONGEST_SOURCE: Final = 100
_FEW: Final = 2
_MOST_SHOWN: Final = 300
"""Of more rows that a page shows, these do: it is told from others by fewer."""
_CONTENT: Final = 0
_CHOICE: Final = 1
_AROUND: Final = 2
_UNSEEN: Final = 3
_ENOUGH: Final = 3
_FIRST_REFUSAL: Final = 400

_TEXT: Final = frozenset({"CharField", "TextField", "SlugField", "EmailField"})
_TELLING: Final = re.compile(r"[^\W\d_]|\d{8}")
"""What a text has that a reader would know a row by: a letter, or as many digits as an ISBN."""

_FRAMES: Final = frozenset({"aside", "footer", "header", "nav"})
_AROUND_NAMED: Final = re.compile(
    r"(?<![^\W_])(breadcrumbs?|dropdown|footer|menu|nav|navbar|navigation|sidebar|toolbar)(?![^\W_])"
)
_CONTROLS: Final = frozenset({"button", "datalist", "dt", "label", "legend", "option", "select", "th"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3"})
_CELLS: Final = frozenset({"dd", "td"})
_STATE: Final = re.compile(r"(?<![\w-])(badge|label|pill|state|status)(?![\w-])")
"""Classes of elements that say in a word how things are."""
_PATH: Final = re.compile(r"(https?:/)?/[^\s<>]+")
_PATHS: Final = re.compile(
    rf"""(?<=\s)(action|href|src|srcset)=("[^"]*"|'[^']*')|(?<=>)\s*{_PATH.pattern}\s*(?=<)"""
)
_NOTHING: Final = re.compile(
    r"(No(?!,)|There (is|are) no|Nothing|(This|The|You|Your) [\w ]*\b(no|not|empty))\b"
)
_ERROR: Final = re.compile(
    r"(?<![\w-])(error|error-block|error-message|errorlist|errornote|invalid-feedback"
    r"|text-danger)(?![\w-])"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text of a row that a page shows."""

    model: Model
    value: str
    rank: int
    """In the content, in what one chooses from, around it, or where no reader sees it: in a link."""
    whole: Text | None
    """The text that it stands in, if that is the same in every run."""

    @property
    def is_around(self) -> bool:
        """True for what stands around the content, such as who is logged in."""
        return self.rank >= _AROUND


class Showing:
    """One page."""

    def __init__(
        self,
        exchange: Exchange,
        response: Response,
        arrangement: Arrangement,
        effects: Effects,
        inputs: Inputs,
    ) -> None:
        self.exchange = exchange
        self.status = response.status
        self.arrangement = arrangement
        self.effects = effects
        self.inputs = inputs
        self.links = Links(effects)
        page = visible(response.body.text)
        for _, left_over in exchange.messages.before:  # by earlier requests, which the test doesn't make
            if left_over:
                page = page.replace(html.escape(left_over), "").replace(left_over, "")
        self.page = page
        self._texts = tuple((text, _rank(text)) for text in texts_of(page))
        self._steady = Steadiness(effects, inputs)

    # --- what there is

    @cached_property
    def errors(self) -> tuple[tuple[str, bool], ...]:
        """The errors that the page's forms show, without repeats: text, and whether it is escaped."""
        sent = self.exchange.request.method != "GET" and self.status < _FIRST_REFUSAL
        found = (
            _as_written(text)
            for text, rank in self._texts
            if rank != _CHOICE and _is_error(text, sent=sent) and _is_findable(text)
        )
        return tuple(dict.fromkeys(each for each in found if _TELLING.search(each[0])))

    @cached_property
    def shown(self) -> tuple[Shown, ...]:
        """The texts by which a reader would know the rows that the page shows: those in its content first.

        Of each row the first is told; of rows of which there are few, others that the content shows, too.
        """
        found = self._found
        numbers = Counter(told[0].model.label for told in found)
        first = [told[0] for told in found]
        others = [
            each
            for told in found
            if numbers[told[0].model.label] <= _FEW
            for each in told[1:]
            if each.rank == _CONTENT
        ]
        told = sorted(
            (each for each in (*first, *others) if each.rank != _UNSEEN), key=lambda each: each.rank
        )
        inner = tuple(each for each in told if each.rank < _AROUND)
        return inner if len(inner) >= _ENOUGH else tuple(told)

    @cached_property
    def _found(self) -> tuple[Sequence[Shown], ...]:
        """For each row of which the source says something: what that is, best first."""
        found = (
            sorted(told, key=lambda each: each.rank)
            for model, values in self._rows()
            if (told := [*self._told(model, values)])
        )
        return tuple(islice(found, _MOST_SHOWN))

    def _rows(self) -> Iterator[tuple[Model, Mapping[str, object]]]:
        for row in self.arrangement.rows:
            if not row.invented and row.model.framework is None:
                yield row.model, row.recorded()
        for created in self.effects.created:
            yield created.model, created.values

    def _told(self, model: Model, values: Mapping[str, object]) -> Iterator[Shown]:
        for item in model.fields:
            value = values.get(item.attname)
            if item.type not in _TEXT or item.choices or item.name == "password" or item.primary_key:
                continue
            if not isinstance(value, str) or len(value) < _SHORTEST_TEXT or "\n" in value:
                continue
            if self.inputs.from_randomness(value) or not _TELLING.search(value):
                continue
            if _stands_in(html.escape(value), self.page):
                yield self._placed(model, value)

    def _placed(self, model: Model, value: str) -> Shown:
        found = [
            each
            for each in self._texts
            if value in each[0].text
            and _stands_in(value, each[0].text)
            and not _PATH.fullmatch(each[0].source)
        ]
        if not found:
            return Shown(model, value, self._unread_rank(value), None)
        best, rank = min(found, key=lambda each: each[1])
        rest = best.text.replace(value, " ")
        says_more = rank == _CONTENT and re.search(r"\w", rest) is not None
        whole = (
            says_more and len(best.text) <= _LONGEST_TEXT and self._steady.holds(rest) and _is_findable(best)
        )
        return Shown(model, value, rank, best if whole else None)

    def _unread_rank(self, value: str) -> int:
        """Return where a value stands that is in no text of the page."""
        source = html.escape(value)
        if f'value="{source}"' in self.page:
            return _CHOICE
        return _AROUND if _stands_in(source, self._without_paths) else _UNSEEN

    @cached_property
    def _without_paths(self) -> str:
        return _PATHS.sub("", self.page)

    def says(self, text: str) -> bool:
        """Say whether a text can be read in the page's content, not in its fields alone."""
        return any(text in each.text for each, rank in self._texts if rank == _CONTENT)

    # --- assertions

    def texts(self) -> Iterator[tuple[str, bool]]:
        """Yield the texts to look for, as they are read, and whether the page holds them escaped."""
        shown = [
            _as_written(each.whole)
            if each.whole is not None
            else (each.value, html.escape(each.value) != each.value)
            for each in self.shown
        ]
        told = (each for each in _telling(shown, self._beside()) if each not in self.errors)
        yield from (*self.errors, *told)

    def _headings(self, texts: Sequence[Text]) -> Iterator[Text]:
        """Yield the headings that tell something which the page's other texts don't."""
        headings = [
            text
            for text in texts
            if any(tag.name in _HEADINGS for tag in text.inside) and _TELLING.search(text.text)
        ]
        content = [*self.errors, *(each for each in self.shown if each.rank == _CONTENT)]
        for number, text in enumerate(headings[:_MOST_HEADINGS]):
            little = number == 0 and len(content) < _ENOUGH
            if little or not (self.shown or self.errors) or self._names_something(text.text):
                yield text

    def _names_something(self, text: str) -> bool:
        """Say whether a text isn't the same on every page of its kind."""
        asked = parse_qsl(self.exchange.request.query_string)
        values = [*(value for _, value in asked), *(told[0].value for told in self._found)]
        return re.search(r"\d", text) is not None or any(
            len(value) >= _SHORTEST_TEXT and value in text for value in values
        )

    def _beside(self) -> Iterator[tuple[str, bool]]:
        """Yield what else the content says: its headings, that there is nothing, what stands in tables."""
        content = [text for text, rank in self._texts if rank == _CONTENT and _is_findable(text)]
        still = [
            text for text in content if len(text.text) <= _LONGEST_TEXT and self._steady.holds(text.text)
        ]
        nothing = [text for text in still if _NOTHING.match(text.text)]
        for text in (*self._headings(still), *nothing[:1]):
            yield _as_written(text)
        yield from islice(self._cells(still), _MOST_CELLS)

    def _cells(self, texts: Iterable[Text]) -> Iterator[tuple[str, bool]]:
        for text in texts:
            if (
                len(text.text) > _LONGEST_CELL
                or text.text.endswith(":")
                or not (_is_cell(text) or _is_state(text))
                or _is_link(text)
            ):
                continue
            if len(text.text) >= _SHORTEST_TEXT and _TELLING.search(text.text):
                yield _as_written(text)
            elif self._counts(text):
                yield text.element, False

    def _counts(self, text: Text) -> bool:
        """Say whether a number or the like, which may stand anywhere, is told by the tags around it."""
        source = text.element
        short = text.text.isalnum() and text.text != "0" and 0 < len(source) <= _LONGEST_SOURCE
        return short and self._steady.holds(source)

    def fields(self) -> Iterator[Value]:
        """Yield what the fields of the page's forms hold, as the source says it: some of them."""
        texts = (text for text, _ in self._texts)
        filled = Filled(self.page, texts, self.exchange.schema, self.effects, self._steady)
        found: list[Value] = []
        for held in filled.held(unseen=not self._is_of_django):
            if held not in found:  # the same may be chosen in several lists
                found.append(held)
        yield from found[:_MOST_FIELDS]

    @property
    def _is_of_django(self) -> bool:
        """Whether the page is one of Django's own, such as the admin's."""
        return self.exchange.view is not None and self.exchange.view.module.startswith("django.")

    def linked(self, texts: Iterable[str]) -> Iterator[Value]:
        """Yield the links to rows of which one of ``texts`` tells, without repeats: a few of them."""
        if self.exchange.view is None or self._is_of_django:
            return  # where the links of the admin's pages lead, nobody has to test
        values = {each.value for each in self.shown if any(each.value in text for text in texts)}
        unseen = dict.fromkeys(told[0].value for told in self._found if told[0].rank == _UNSEEN)
        found: list[Value] = []
        through = self.links.through(self.page, unseen, self._steady)
        for link in (*self.links.to_shown(self.page, values), *through):
            if link not in found:
                found.append(link)
                yield link
            if len(found) == _MOST_LINKS:
                return  # each may need a variable for its row


def _rank(text: Text) -> int:
    """Return where a text stands: in the content, in what one chooses or clicks on, or around it."""
    rank = _CONTENT
    in_body = False  # where <th> tells which row it is
    for tag in text.inside:
        if tag.name in {"main", "article"}:
            rank = _CONTENT
        elif tag.name in _FRAMES or (tag.name not in {"body", "html"} and _is_around(tag)):
            rank = _AROUND
        elif tag.name in _CONTROLS and not (tag.name == "th" and in_body):
            rank = max(rank, _CHOICE)
        in_body = in_body or tag.name == "tbody"
    return rank


@lru_cache(maxsize=1000)
def _is_around(tag: Tag) -> bool:
    attributes = tag.attributes
    return any(_AROUND_NAMED.search(attributes.get(name, "").lower()) for name in ("class", "id", "role"))


def _is_error(text: Text, *, sent: bool) -> bool:
    """Say whether a text is an error of a form: ``sent`` where one was sent, and styles say it, too."""
    lists = [tag for tag in text.inside if tag.name == "ul"][-1:]
    if any("errorlist" in tag.attributes.get("class", "") for tag in lists):
        return True
    near = text.inside[-2:]
    return (
        sent
        and any(
            tag.name not in {"a", "form"} and _ERROR.search(tag.attributes.get("class", "")) for tag in near
        )
        and len(text.text) <= _LONGEST_ERROR
    )


def _is_findable(text: Text) -> bool:
    """Say whether the source has the text as it is read, or as templates escape it."""
    return text.source in {text.text, html.escape(text.text)}


def _as_written(text: Text) -> tuple[str, bool]:
    """Return a text as it is read, and whether the page holds it escaped."""
    return text.text, text.text != text.source


def _is_cell(text: Text) -> bool:
    names = {tag.name for tag in text.inside}
    return not _CELLS.isdisjoint(names) and "thead" not in names


def _is_state(text: Text) -> bool:
    return bool(text.inside) and _STATE.search(text.inside[-1].attributes.get("class", "")) is not None


def _is_link(text: Text) -> bool:
    return any(tag.name == "a" for tag in text.inside)


def _telling(
    shown: Iterable[tuple[str, bool]], beside: Iterable[tuple[str, bool]]
) -> Iterator[tuple[str, bool]]:
    """Yield the texts that aren't part of another one, without repeats: some that are shown, then others."""
    rows = list(dict.fromkeys(shown))
    rows = [each for each in rows if not _is_part(each, rows)][:_MOST_TEXTS]
    others = list(dict.fromkeys(beside))
    others = [each for each in others if each not in rows and not _is_part(each, [*rows, *others])]
    rows = [each for each in rows if not _is_part(each, others)]
    yield from (*rows, *others)


def _is_part(one: tuple[str, bool], of: Iterable[tuple[str, bool]]) -> bool:
    return any(one[0] in other[0] for other in of if other != one)


def _stands_in(text: str, page: str) -> bool:
    """Say whether the text stands in the page as words of its own, not inside another word."""
    return text in page and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", page) is not None
