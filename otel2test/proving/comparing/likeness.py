"""Are two values the same but for what two runs can't share?

The one place that knows what that is: primary keys (:mod:`.keys`), times (:mod:`.clocks`), what
was drawn at random and pseudonyms of secrets (:mod:`.chance`), and the host that was asked.
"""

import math
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from otel2test.inverting.jsons import parse_json
from otel2test.proving.comparing.chance import Chance, is_marked, same_secret
from otel2test.proving.comparing.clocks import TIMES, Clocks, clock_of
from otel2test.proving.comparing.keys import Renaming, Schemas, as_key, schemas_of
from otel2test.reading.exchanges import Exchange
from otel2test.values import ModelValue, ObjectValue

Path: TypeAlias = tuple[str | int, ...]

_CHUNK: Final = re.compile(r"""([\s<>"'(){}\[\],;!?&=/|]+)""")
_PIECE: Final = re.compile(r"([\W_]+)")
_KEYISH: Final = re.compile(
    r"^_prefetch_related_val|(^|_)(id|ids|pk|pks|uuid|url|href|key|keys|link|location|self)$|Ids?$|Url$"
)
_DRAWN: Final = re.compile(r"(?=[\w\-+/=.:$]*\d)[\w\-+/=.:$]{12,}")
_LONGEST_SECRET: Final = 100
_BEFORE_KEY: Final = re.compile(r"[/#=_-]$")
_ABOUT: Final = 3
"""So many words before a number may say whose key it is."""
_LONG: Final = 12
"""A key so long stands nowhere for another reason."""
_CHANCE: Final = "\0chance"
_STAMP: Final = "\0stamp"
_CSRF_FIELD: Final = "csrfmiddlewaretoken"
_TEST_HOST: Final = "testserver"


@dataclass(frozen=True, slots=True)
class Unlike:
    """Two values that differ, and where in the whole."""

    path: Path
    recorded: object
    replayed: object


class Likeness:
    """Compares values of a recorded request and its replay, and learns which keys stand for each other."""

    def __init__(self, recorded: Exchange, replayed: Exchange) -> None:
        self.schemas: Schemas = schemas_of(recorded.schema, replayed.schema.models)
        self.clocks = Clocks(clock_of(recorded), clock_of(replayed))
        self.keys = Renaming()
        self.shown: set[tuple[str, str]] = set()
        """(table, recorded key) of keys that differ and showed outside of statements."""
        self.stamps: dict[tuple[str, str], None] = {}
        """(table, column) of times that the test set when it made rows; the recorded ones are older."""
        self._chance = Chance(recorded), Chance(replayed)
        self._hosts = recorded.request.host, replayed.request.host
        for cookie in (recorded.schema.session_cookie, recorded.schema.csrf_cookie):
            ours, theirs = recorded.request.cookies.get(cookie), replayed.request.cookies.get(cookie)
            if ours and theirs:
                self.keys.pair(_CHANCE, ours, theirs)
        labels = {label: key for key, label in replayed.schema.content_types.items()}
        for key, label in recorded.schema.content_types.items():
            if label in labels:
                for table in self.schemas.cached:
                    self.keys.pair(table, key, labels[label])

    @contextmanager
    def trial(self) -> "Iterator[Trial]":
        """Compare without learning, unless it is said to be kept."""
        trial = Trial()
        mark, shown = self.keys.mark(), set(self.shown)
        yield trial
        if not trial.kept:
            self.keys.undo(mark)
            self.shown = shown

    def same(self, recorded: object, replayed: object, name: str = "") -> bool:
        """Say whether two values are alike; ``name`` is that of what they are: a field, a header."""
        return next(self.differences(recorded, replayed, (), name), None) is None

    def differences(
        self, recorded: object, replayed: object, path: Path = (), name: str = ""
    ) -> Iterator[Unlike]:
        """Yield where two values are not alike, at any depth."""
        if isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
            yield from self._in_mappings(recorded, replayed, path)
        elif isinstance(recorded, (list, tuple)) and isinstance(replayed, (list, tuple)):
            if len(recorded) != len(replayed):
                yield Unlike(path, recorded, replayed)
                return
            for index, (one, other) in enumerate(zip(recorded, replayed, strict=True)):
                yield from self.differences(one, other, (*path, index), name)
        elif isinstance(recorded, (set, frozenset)) and isinstance(replayed, (set, frozenset)):
            yield from self.differences(sorted(map(str, recorded)), sorted(map(str, replayed)), path, name)
        elif isinstance(recorded, ModelValue) and isinstance(replayed, ModelValue):
            if recorded.label != replayed.label or not self._scalars(recorded.pk, replayed.pk, "pk"):
                yield Unlike(path, recorded, replayed)
        elif isinstance(recorded, ObjectValue) and isinstance(replayed, ObjectValue):
            if recorded.type != replayed.type:
                yield Unlike(path, recorded, replayed)
            yield from self._in_mappings(recorded.attributes, replayed.attributes, path)
        elif not self._scalars(recorded, replayed, name):
            yield Unlike(path, recorded, replayed)

    def _in_mappings(
        self, recorded: Mapping[str, object], replayed: Mapping[str, object], path: Path
    ) -> Iterator[Unlike]:
        left = {key: value for key, value in replayed.items() if key != _CSRF_FIELD}
        for key, value in recorded.items():
            if key == _CSRF_FIELD:
                continue  # which the test client doesn't send
            at = key if key in left else next((k for k in left if self._is_key(key, k)), None)
            if at is None:
                yield Unlike((*path, key), value, MISSING)
            else:
                yield from self.differences(value, left.pop(at), (*path, key), str(key))
        for key, value in left.items():
            yield Unlike((*path, key), MISSING, value)

    def _scalars(self, recorded: object, replayed: object, name: str) -> bool:
        if recorded is None or replayed is None:
            return recorded is replayed
        if isinstance(recorded, bool) != isinstance(replayed, bool):
            return False
        if isinstance(recorded, str) and isinstance(replayed, str):
            return recorded == replayed or self.text(recorded, replayed, name)
        if recorded == replayed or _same_number(recorded, replayed):
            return True
        if isinstance(recorded, uuid.UUID) and isinstance(replayed, uuid.UUID):
            return self._is_key(recorded, replayed) or self._by_chance(str(recorded), str(replayed))
        if self._same_time(recorded, replayed):
            return True
        if isinstance(recorded, bytes) and isinstance(replayed, bytes):
            return self._bytes(recorded, replayed)
        return self._speaks_of_key(name, recorded, replayed) and self._is_key(recorded, replayed)

    def _bytes(self, recorded: bytes, replayed: bytes) -> bool:
        try:
            return self.text(recorded.decode(), replayed.decode())
        except UnicodeDecodeError:
            return False

    # --- texts

    def text(self, recorded: str, replayed: str, name: str = "") -> bool:
        """Say whether two texts are alike, word by word."""
        if recorded == replayed:
            return True
        if self._whole(recorded, replayed, name):
            return True
        if recorded[:1] in {"{", "["} and replayed[:1] in {"{", "["}:
            parsed, other_parsed = parse_json(recorded), parse_json(replayed)
            if parsed is not None and other_parsed is not None:
                return self.same(parsed, other_parsed, name)
        one, other = self._without_host(recorded, 0), self._without_host(replayed, 1)
        if not self._same_times(one, other):
            return False
        one, other = TIMES.sub("\1", one), TIMES.sub("\1", other)
        chunks, others = _CHUNK.split(one), _CHUNK.split(other)
        if len(chunks) != len(others):
            return False
        return all(
            a == b or self._same_chunk(a, b, chunks, index, name)
            for index, (a, b) in enumerate(zip(chunks, others, strict=True))
        )

    def form(self, text: str, side: int) -> str:
        """Return a text of the recording (0) or the replay (1) without times, secrets and what was drawn."""
        if len(text) <= _LONGEST_SECRET and is_marked(text):
            return "~"
        text = TIMES.sub("\1", self._without_host(text, side))
        return _DRAWN.sub("~", text)

    def _same_chunk(self, one: str, other: str, chunks: Sequence[str], index: int, name: str) -> bool:
        """``chunks`` are words, which have even indices, and what separates them."""
        if index % 2:
            return one.strip("= \n\t") == other.strip("= \n\t")
        before = chunks[index - 1] if index else ""
        about = " ".join((name, *chunks[max(0, index - _ABOUT * 2) : index : 2]))
        if self._whole(one, other, name):
            return True
        if self._shows_key(one, other, before, about):
            return True
        pieces, others = _PIECE.split(one), _PIECE.split(other)
        if len(pieces) != len(others) or len(pieces) < 3:
            return False
        return all(
            a == b
            or (
                not place % 2
                and (
                    self._by_chance(a, b)
                    or self._shows_key(a, b, pieces[place - 1] if place else before, about)
                )
            )
            for place, (a, b) in enumerate(zip(pieces, others, strict=True))
        )

    def _whole(self, one: str, other: str, name: str) -> bool:
        return (
            same_secret(one, other)
            or self._same_time(one, other)
            or self._by_chance(one, other)
            or (self._speaks_of_key(name, one, other) and self._is_key(one, other))
        )

    def _without_host(self, text: str, side: int) -> str:
        host = self._hosts[side]
        if not host or host not in text:
            return text
        return re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w.:-])", _TEST_HOST, text)

    def _same_times(self, recorded: str, replayed: str) -> bool:
        one, other = TIMES.findall(recorded), TIMES.findall(replayed)
        return len(one) == len(other) and all(
            a == b or self._same_time(a, b) for a, b in zip(one, other, strict=True)
        )

    def _by_chance(self, one: str, other: str) -> bool:
        if self.keys.of(_CHANCE, one) == as_key(other):
            return True
        if not (self._chance[0].is_random(one) and self._chance[1].is_random(other)):
            return False
        return self.keys.pair(_CHANCE, one, other)

    def drawn(self, recorded: str, replayed: str) -> None:
        """Learn that two texts were drawn at random, one in the place of the other."""
        self.keys.pair(_CHANCE, recorded, replayed)

    def stamp(self, recorded: object, replayed: object, column: tuple[str, str]) -> None:
        """Learn that a test made a row at another time than the recorded one was made."""
        one, other = self.clocks.recorded.instant(recorded), self.clocks.replayed.instant(replayed)
        if one is not None and other is not None and not self.clocks.same(recorded, replayed):
            self.stamps[column] = None
            self.keys.pair(_STAMP, one, other)

    def _same_time(self, one: object, other: object) -> bool:
        if self.clocks.same(one, other):
            return True
        stamp = self.clocks.recorded.instant(one)
        known = self.keys.of(_STAMP, stamp) if stamp is not None else None
        return known is not None and known == as_key(self.clocks.replayed.instant(other))

    # --- keys

    def _speaks_of_key(self, name: str, one: object, other: object) -> bool:
        """Say whether a key of a row may stand under this name: by its ending, or as it names the rows."""
        if not name:
            return False
        if _KEYISH.search(name):
            return True
        words = {name.lower(), name.lower().removesuffix("s"), *name.lower().split("_")}
        return any(
            words & self.schemas.words.get(space, frozenset()) for space in self.keys.spaces(one, other)
        )

    def _shows_key(self, one: str, other: str, before: str, about: str) -> bool:
        """Say whether two words of texts are keys that stand for each other, and the text says so."""
        spaces = self.keys.spaces(one, other)
        if not spaces:
            return False
        words = set(_PIECE.split(about.lower()))
        is_long = len(as_key(one)) >= _LONG
        if (
            not is_long
            and not _BEFORE_KEY.search(before)
            and not any(words & self.schemas.words.get(space, frozenset()) for space in spaces)
        ):
            return False
        self._saw(spaces, one, other)
        return True

    def _is_key(self, one: object, other: object) -> bool:
        """Say whether two values are keys that stand for each other."""
        spaces = self.keys.spaces(one, other)
        self._saw(spaces, one, other)
        return bool(spaces)

    def _saw(self, spaces: Sequence[str], one: object, other: object) -> None:
        if as_key(one) != as_key(other):
            self.shown.update((space, as_key(one)) for space in spaces if not space.startswith("\0"))


@dataclass(slots=True)
class Trial:
    """Whether what a comparison learnt is kept."""

    kept: bool = False


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()
"""In the place of a value that only the other side has."""


def _same_number(one: object, other: object) -> bool:
    if {type(one), type(other)} == {str, Decimal}:
        # A database that knows no decimals is handed texts by some versions of Django, but not by others.
        return str(one) == str(other)
    if not isinstance(one, (int, float, Decimal)) or not isinstance(other, (int, float, Decimal)):
        return False
    return math.isclose(one, other, rel_tol=1e-12, abs_tol=0.0)
