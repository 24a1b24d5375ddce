"""The last look before a trace is written: secrets known by now, wherever else they stand.

A secret may be known by its name in one place (a form's field) and stand without one in
others (a path, a mail, a local variable), before or after. So those that were replaced are
kept for as long as a trace is open that may hold them, and what is about to be written is
searched for them as bytes: as they are, as JSON inside of JSON escapes them, percent-encoded,
escaped for HTML, and in base64, as which bytes are recorded. What enters is one line of OTLP JSON,
or the bytes of a body; what leaves is the same with pseudonyms.

Too short or too plain a secret stands for other things too, and is not looked for: one of less
than eight characters, one of letters only. A secret shorter than 16 characters has to
stand apart from other letters and digits.
"""

import base64
import binascii
import contextlib
import html
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, TypeAlias
from urllib.parse import quote, quote_plus

from otel2test.processors.cells import places_of

_Pairs: TypeAlias = tuple[tuple[bytes, bytes, bool], ...]
"""The forms in which a secret may be written, each with the pseudonym's and whether it ends where the secret
does."""

_SHORTEST: Final = 8
_APART_UNTIL: Final = 16
_LONGEST: Final = 4096
_MOST: Final = 1000
_RUNS: Final = re.compile(r"[0-9A-Za-z]+")
"""No form changes these but base64."""
_PLAIN: Final = re.compile(r"[\w.~-]+", re.ASCII)
_ESCAPED_IN_JSON: Final = re.compile(r'[^ -~]|["\\]')
_UNQUOTED: Final = ("/", "", "!~*'()", "/#[]=:;$&()+,!?*@'~", "/:@=&+$,;~!*'()")
"""What is left as it is by Python, by the strict, by JavaScript, by Django, and by most others."""
_IN_BASE64: Final = re.compile(rb'("(?:content|base64|\$bytes|\$str)(\\?"):\2)([0-9A-Za-z+/]+=*)(?=\2)')
"""What stands for bytes in payloads, by its keys; under them other texts may stand, too."""
_KEYS: Final = (b"content", b"base64", b"$bytes", b"$str")
"""How that begins, after a quotation mark."""
_BEFORE: Final = rb"(?:(?<![0-9A-Za-z])|(?<=\\[nrtbf])|(?<=%[0-9A-F]{2}))"
_AFTER: Final = rb"(?![0-9A-Za-z])"


def is_telling(secret: str) -> bool:
    """Return whether ``secret`` can be known again inside of a text."""
    return _SHORTEST <= len(secret) <= _LONGEST and not secret.isalpha() and not secret.isspace()


class _Needles:
    """The forms in which a secret may be written; made when they may be needed, as that takes time."""

    __slots__ = ("_forms", "_pseudonym", "_secret", "encoded", "part")

    def __init__(self, secret: str, pseudonym: str) -> None:
        self._secret, self._pseudonym = secret, pseudonym
        self._forms: _Pairs | None = None
        runs = _RUNS.findall(secret)
        self.part = max(runs, key=len).encode() if runs else b""
        """What is in all forms but one as it is in the secret."""
        self.encoded = _pairs([_in_base64], secret, pseudonym)
        """The one form that it isn't in."""

    def forms(self) -> _Pairs:
        """Return all forms, each with the pseudonym's."""
        if self._forms is None:
            self._forms = _needles(self._secret, self._pseudonym)
        return self._forms


_Seen: TypeAlias = dict[str, tuple[int, str, list[_Needles]]]
_Kept: TypeAlias = dict[str, tuple[str, list[_Needles]]]


class KnownSecrets:
    """Secrets and their pseudonyms in the order in which they last came by."""

    def __init__(self) -> None:
        self._seen: _Seen = {}
        """Secret → when it last came by, its pseudonym, and its forms once they were asked for."""
        self._kept: _Kept = {}
        """Secrets that are looked for always, each with its pseudonym and its forms."""
        self._count = 0
        self.first_met = 0
        """Another number whenever a secret came by for the first time, or others may count as secrets."""
        self.renew_lock()

    def renew_lock(self) -> None:
        """Have a free lock: in a child after a fork, it may be held by a thread of the parent for ever."""
        # Reentrant: a garbage collection inside may run code of the program's, and that is recorded.
        self._lock = threading.RLock()

    def add(self, secret: str, pseudonym: str) -> None:
        """Take note of a secret that was replaced."""
        if not is_telling(secret):
            return
        with self._lock:
            self._count += 1
            known = self._seen.pop(secret, None)
            if known is None:
                self.first_met += 1
            # Under another key it has another pseudonym.
            made = known[2] if known is not None and known[1] == pseudonym else []
            self._seen[secret] = self._count, pseudonym, made
            if len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]

    @property
    def now(self) -> int:
        """A moment, by which :meth:`sweep` and :meth:`forget` tell older secrets from younger."""
        return self._count

    def keep(self, since: int) -> None:
        """Look for the secrets that came by after that moment always, whenever they came by last."""
        seen, _ = self._copies()
        for secret, (moment, pseudonym, made) in reversed(seen.items()):
            if moment <= since or len(self._kept) >= _MOST:
                break
            self._kept[secret] = pseudonym, made

    def forget(self, before: int) -> None:
        """Drop the secrets that last came by at that moment or earlier."""
        with self._lock:
            while self._seen:
                secret = next(iter(self._seen))
                if self._seen[secret][0] > before:
                    break
                del self._seen[secret]

    def sweep(self, data: bytes, since: int = 0) -> bytes:
        """Return ``data`` with pseudonyms for the secrets that came by after ``since``, or are kept."""
        needles: list[_Needles] = []
        for secret, pseudonym, made in self._looked_for(since):
            if not made:
                made.append(_Needles(secret, pseudonym))
            needles += made
        if not needles:
            return data
        return _inside_base64(_swept(data, needles), lambda content: _swept(content, needles))

    def _looked_for(self, since: int) -> Iterator[tuple[str, str, list[_Needles]]]:
        seen, kept = self._copies()
        for secret, (moment, pseudonym, made) in reversed(seen.items()):
            if moment <= since:
                break
            yield secret, pseudonym, made
        for secret, (pseudonym, made) in kept.items():
            yield secret, pseudonym, made

    def _copies(self) -> tuple[_Seen, _Kept]:
        """Return what is known as no other thread, and no garbage collection, changes it any more."""
        with self._lock:
            return self._seen.copy(), self._kept.copy()


def _swept(data: bytes, needles: Iterable[_Needles]) -> bytes:
    recent: list[tuple[bytes, bytes, bool]] = []
    for each in needles:
        recent += each.forms() if each.part in data else each.encoded
    found = [pair for pair in recent if pair[0] in data]
    # The longest first: one secret may be part of another.
    for needle, replacement, ends in sorted(found, key=lambda pair: -len(pair[0])):
        data = _replaced(data, needle, replacement, _AFTER if ends else b"")
    return data


def _inside_base64(data: bytes, sweep: Callable[[bytes], bytes]) -> bytes:
    """Return ``data`` with what payloads hold in base64 swept too: there, a secret may begin anywhere."""

    parts: list[bytes] = []
    done = 0
    for place in places_of(data, _KEYS):
        found = _IN_BASE64.match(data, place)
        if found is None:
            continue
        with contextlib.suppress(binascii.Error):
            content = base64.b64decode(found[3], validate=True)
            if (changed := sweep(content)) != content:
                parts += data[done : found.start(3)], base64.b64encode(changed)
                done = found.end(3)
    return b"".join([*parts, data[done:]]) if parts else data


def _replaced(data: bytes, needle: bytes, replacement: bytes, after: bytes) -> bytes:
    if len(needle) >= _APART_UNTIL:
        return data.replace(needle, replacement)
    return re.sub(_BEFORE + re.escape(needle) + after, lambda _: replacement, data)


def _needles(secret: str, pseudonym: str) -> _Pairs:
    forms: list[Callable[[str], str]] = [str, _in_base64]
    if not _PLAIN.fullmatch(secret):
        forms += [quote_plus, html.escape, *(partial(quote, safe=safe) for safe in _UNQUOTED)]
        if _ESCAPED_IN_JSON.search(secret + pseudonym):
            forms += _json_forms()
    return _pairs(forms, secret, pseudonym)


def _pairs(forms: Iterable[Callable[[str], str]], secret: str, pseudonym: str) -> _Pairs:
    pairs = {form(secret): (form(pseudonym), form is not _in_base64) for form in forms}
    return tuple(
        (needle.encode("utf-8", "replace"), replacement.encode("utf-8", "replace"), ends)
        for needle, (replacement, ends) in pairs.items()
        if len(needle) >= _SHORTEST
    )


def _in_base64(text: str) -> str:
    # Without the end, which depends on what follows.
    encoded = base64.b64encode(text.encode("utf-8", "replace"))
    return encoded[: len(text.encode("utf-8", "replace")) // 3 * 4].decode()


def _json_forms() -> Iterable[Callable[[str], str]]:
    """Yield what JSON makes of a text, once and inside of JSON inside of JSON."""
    for ascii_only in (True, False):

        def once(text: str, ascii_only: bool = ascii_only) -> str:
            return json.dumps(text, ensure_ascii=ascii_only)[1:-1]

        yield once
        yield lambda text, once=once: json.dumps(once(text), ensure_ascii=False)[1:-1]  # type: ignore[misc]
        yield lambda text, once=once: json.dumps(json.dumps(once(text))[1:-1])[1:-1]  # type: ignore[misc]
