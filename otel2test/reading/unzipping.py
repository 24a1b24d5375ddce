"""A gzip file → its content, as far as it is sound.

What enters is a stream of gzip members, one after the other: a file that was compressed as a whole
is one, a file of the recorder has one a line. What leaves are lines or pieces, and where a member
is damaged or ends too early a :class:`BrokenMemberError`; all its lines that could be unpacked came
before. One may read on then, from the next sound member.

A process that is killed leaves a member without its end, and another process may write behind it.
That shows only where it makes no sense any more, which may be well inside of what was written
behind it, so what was read last is kept and looked through for other members.
"""

import io
import zlib
from collections import deque
from collections.abc import Generator, Iterator
from typing import Final

_CHUNK: Final = 16 * 1024
_PIECE: Final = 1024 * 1024
_KEPT: Final = 4 * 1024 * 1024
"""Bytes of a member that are looked through for others where it turns out to be broken."""
_HEADER: Final = b"\x1f\x8b\x08"
_WITH_HEADER: Final = 31
_BEGINNINGS: Final = (b"{", b"[", b"\n", b" ", b"\r", b"\xef\xbb\xbf")
"""Of recordings: where a member is looked for, and none of these is in it, its header came by chance."""


class BrokenMemberError(Exception):
    """What is wrong with a member, said as the end of a sentence."""


class Unzipped:
    """Reads as an open binary file does, but one may go on after a :class:`BrokenMemberError`."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._coming = _pieces(_Source(stream))
        self._waiting: deque[bytes | BrokenMemberError] = deque()
        """What came already, behind ``_piece``."""
        self._piece = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """Return the beginning of what can be read, errors left aside; raises where that is nothing."""
        waiting = [self._piece[self._at :], *self._waiting]
        while not (found := next((item for item in waiting if item and isinstance(item, bytes)), b"")):
            item = next(self._coming, None)
            if item is None:
                break
            self._waiting.append(item)
            waiting.append(item)
        if not found and self._waiting:
            self._next_piece()
        return found[:size]

    def read1(self, size: int) -> bytes:
        """Return at most so many bytes, and none at the end."""
        if self._at == len(self._piece) and not self._next_piece():
            return b""
        begin, self._at = self._at, min(self._at + size, len(self._piece))
        return self._piece[begin : self._at]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        parts: list[bytes] = []
        while self._at < len(self._piece) or self._next_piece():
            begin = self._at
            self._at = self._piece.find(b"\n", begin) + 1 or len(self._piece)
            parts.append(self._piece[begin : self._at])
            if parts[-1].endswith(b"\n"):
                break
        if not parts:
            raise StopIteration
        return b"".join(parts)

    def _next_piece(self) -> bool:
        """Go to the next piece; False at the end. Raises in place of a piece that is broken."""
        item = self._waiting.popleft() if self._waiting else next(self._coming, None)
        self._piece, self._at = b"", 0
        if isinstance(item, BrokenMemberError):
            raise item
        self._piece = item or b""
        return item is not None


class _Source:
    """Bytes of a stream, of which the last can be looked at again."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._kept = bytearray()
        """From the beginning of the member on, unless that is long."""
        self._at = 0

    def chunk(self) -> bytes:
        """Return what comes next, nothing at the end."""
        if self._at == len(self._kept) and not self._fill():
            return b""
        begin, self._at = self._at, min(self._at + _CHUNK, len(self._kept))
        return bytes(self._kept[begin : self._at])

    def begin(self, unused: int) -> None:
        """Begin the next member, ``unused`` bytes before the end of the last chunk."""
        del self._kept[: self._at - unused]
        self._at = 0

    def seek(self) -> bool:
        """Go to what looks like another member, behind where this one began; False where nothing does."""
        del self._kept[:1]
        self._at = 0
        while (found := self._kept.find(_HEADER)) < 0:
            del self._kept[: 1 - len(_HEADER)]
            if not self._fill():
                return False
        del self._kept[:found]
        return True

    def head(self) -> bytes:
        """Return the first bytes of the member, after zeros, with which some programs fill up."""
        while True:
            if self._kept.startswith(b"\0"):
                self._kept = self._kept.lstrip(b"\0")
            if len(self._kept) >= len(_HEADER) or not self._fill():
                return bytes(self._kept[: len(_HEADER)])

    def _fill(self) -> bool:
        more = self._stream.read1(_CHUNK)
        if self._at > _KEPT:
            dropped = self._at - _KEPT
            del self._kept[:dropped]
            self._at -= dropped
        self._kept += more
        return bool(more)


def _pieces(source: _Source) -> Iterator[bytes | BrokenMemberError]:
    is_sought = False
    while head := source.head():
        if head == _HEADER:
            is_sound, error = yield from _member(source, is_sought=is_sought)
        else:
            is_cut = _HEADER.startswith(head)
            is_sound = False
            error = BrokenMemberError(
                "cut off in the middle" if is_cut else "damaged (something else stands behind it)"
            )
        if error is not None:
            yield error
        is_sought = not is_sound
        if is_sought and not source.seek():
            return


def _member(
    source: _Source, *, is_sought: bool
) -> Generator[bytes, None, tuple[bool, BrokenMemberError | None]]:
    """Yield the content of one member; returns whether it was sound, and if not, what to say of it."""
    unzip = zlib.decompressobj(_WITH_HEADER)
    is_silent = is_sought
    data = source.chunk()
    while True:
        try:
            piece = unzip.decompress(data, _PIECE)
        except zlib.error as error:
            return False, None if is_silent else BrokenMemberError(f"damaged ({error})")
        if piece:
            if is_silent and not piece.startswith(_BEGINNINGS):
                return False, None
            is_silent = False
            yield piece
        if unzip.eof:
            source.begin(len(unzip.unused_data))
            return True, None
        data = unzip.unconsumed_tail
        if not data and len(piece) < _PIECE and not (data := source.chunk()):
            return False, None if is_silent else BrokenMemberError("cut off in the middle")
