"""Files, folders and streams → documents.

What enters are paths (``-`` is standard input). What leaves are the parsed contents of the
documents in them, each with the line where it began, and a
:class:`~otel2test.errors.Problem` for whatever could not be read: nothing here raises for
content. The form is told from the content, never from a name: JSON Lines, one JSON document
over many lines, several of them, an array, binary OTLP; each also gzipped.

JSON Lines are read line by line, so that a large file costs the memory of its longest line.
A line that is broken costs no other, and nor does a broken member of a gzip file.
"""

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, cast

import orjson

from otel2test.errors import Problem
from otel2test.reading.spans import Origin
from otel2test.reading.unzipping import BrokenMemberError, Unzipped

_Stream: TypeAlias = io.BufferedReader | Unzipped

STDIN: Final = "-"

_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".pb", ".bin", ".otlp")

_HEAD: Final = 4096
"""So many bytes, or as many as come at once, are looked at to tell the form."""
_GZIP: Final = b"\x1f"
"""The second byte may be missing: nothing else that is read begins so."""
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_BOM: Final = b"\xef\xbb\xbf"

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BETWEEN_DOCUMENTS: Final = re.compile(r"[\s,\[\]]*")
_NEXT_DOCUMENT: Final = re.compile(r"^\[?\{", re.MULTILINE)

_DECODER: Final = json.JSONDecoder()

_READ_ERRORS: Final = (OSError, BrokenMemberError)
_GIVE_OTLP: Final = "give a file of OTLP traces, such as the recorder writes"
_RECORD_ANEW: Final = "record it anew; what stands beside it was used"
_RECORD_LONGER: Final = "record anew: the recorder writes a trace when its request is over"


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one document; it should be one of OTLP, which is for the next stage to find out."""

    content: object
    origin: Origin


def read_documents(sources: Iterable[str], stdin: BinaryIO | None = None) -> Iterator[Document | Problem]:
    """Yield every document of ``sources`` in order; folders are read with all that is below them."""
    for source in sources:
        if source == STDIN:
            yield from documents(stdin or sys.stdin.buffer, "<stdin>")
        elif source and Path(source).is_dir():
            yield from _folder(source)
        else:
            yield from _file(source)


def documents(stream: BinaryIO, name: str) -> Iterator[Document | Problem]:
    """Yield the documents of one stream; ``name`` is what messages call it."""
    try:
        yield from _documents(_unzipped(stream), name)
    except _READ_ERRORS as error:
        yield _unreadable(error, name)


def _folder(folder: str) -> Iterator[Document | Problem]:
    found = False
    for parent, folders, names in os.walk(folder):
        # In place: this is how os.walk is told where to go next, and in which order.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().removesuffix(".gz").endswith(_SUFFIXES):
                found = True
                yield from _file(str(Path(parent, name)))
    if not found:
        names_wanted = ", ".join(f"*{suffix}" for suffix in _SUFFIXES)
        yield Problem(
            folder, "no recordings are in this folder", f"their names are {names_wanted}, or with .gz"
        )


def _file(path: str) -> Iterator[Document | Problem]:
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening may fail here
    except FileNotFoundError:
        yield Problem(path or '""', "there is no such file", "check the name, or record first")
        return
    except (OSError, ValueError) as error:
        yield Problem(path or '""', f"cannot be opened ({_reason(error)})", "check its name and permissions")
        return
    with stream:
        yield from documents(stream, path)


def _unzipped(stream: BinaryIO) -> _Stream:
    buffered = (
        stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", stream))
    )
    return Unzipped(buffered) if buffered.peek(len(_GZIP)).startswith(_GZIP) else buffered


def _documents(stream: _Stream, name: str) -> Iterator[Document | Problem]:
    head = stream.peek(_HEAD)
    if not head:
        yield Problem(name, "is empty", _RECORD_LONGER)
    elif head.startswith(_ZSTD):
        yield Problem(name, "is compressed with zstd", f"unpack it first: zstd -d {name}")
    elif head[0] < ord(" ") and _CONTROL.search(head):
        # JSON never begins so: its only characters below the space are tabs and line ends.
        yield from _binary(*_rest(stream, name), name)
    else:
        yield from _text(stream, name)


def _binary(content: bytes, problem: Problem | None, name: str) -> Iterator[Document | Problem]:
    # Loading protobuf costs more than most recordings take to read.
    from otel2test.reading import protobuf  # noqa: PLC0415

    try:
        for message in protobuf.messages(content):
            yield Document(protobuf.parse(message), Origin(name))
    except protobuf.BadProtobufError as error:
        # What ends too early because it couldn't be unpacked is told once.
        if problem is None:
            yield Problem(name, str(error), _GIVE_OTLP)
    if problem is not None:
        yield problem


def _text(stream: _Stream, name: str) -> Iterator[Document | Problem]:
    lines = _lines(stream, name)
    number, text, is_empty = 0, b"", True
    for number, line in lines:
        if isinstance(line, Problem):
            is_empty = False
            yield line
            continue
        text = line.removeprefix(_BOM) if number == 1 else line
        if text.strip():
            break
    else:
        if is_empty:
            yield Problem(name, "is empty", _RECORD_LONGER)
        return
    try:
        first = orjson.loads(text)
    except orjson.JSONDecodeError:
        # One document over many lines, or lines of which the first is broken.
        rest, problem = _rest(stream, name)
        yield from _whole(text + rest, Origin(name, number))
        if problem is not None:
            yield problem
        return
    yield from _unpacked(first, Origin(name, number))
    for later, line in lines:
        if isinstance(line, Problem):
            yield line
        elif not line.isspace():
            yield from _whole(line, Origin(name, later))


def _lines(stream: _Stream, name: str) -> Iterator[tuple[int, bytes | Problem]]:
    """Yield the lines, counted from 1, and a problem in place of each that couldn't be unpacked."""
    number = 0
    while True:
        number += 1
        try:
            line = next(stream)
        except StopIteration:
            return
        except BrokenMemberError as error:
            yield number, _unreadable(error, str(Origin(name, number)))
        else:
            yield number, line


def _whole(text: bytes, origin: Origin) -> Iterator[Document | Problem]:
    """Yield what ``text``, which should be one document, holds."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield from _salvaged(text, origin)
    else:
        yield from _unpacked(content, origin)


def _unpacked(content: object, origin: Origin) -> Iterator[Document]:
    if isinstance(content, list):
        for item in content:
            yield Document(item, origin)
    else:
        yield Document(content, origin)


def _salvaged(raw: bytes, origin: Origin) -> Iterator[Document | Problem]:
    """Yield the sound documents of a text that isn't one document.

    It may be several, one after the other or in an array whose end is missing, with
    anything between them. After a broken document, reading goes on at the next line that
    begins with one.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = _line(origin, raw[: error.start].count(b"\n"))
        yield Problem(str(line), "has bytes that are not UTF-8", "save it as UTF-8; they were read as �")
        text = raw.decode(errors="replace")
    position = counted = lines = 0
    while (position := _end(_BETWEEN_DOCUMENTS, text, position)) < len(text):
        lines, counted = lines + text.count("\n", counted, position), position
        here = _line(origin, lines)
        content, end = _decoded(text, position)
        if end is None:
            following = _NEXT_DOCUMENT.search(text, position + 1)
            yield _broken(text[position:], here, last=following is None)
            position = following.start() if following else len(text)
        else:
            yield Document(content, here)
            position = end


def _decoded(text: str, position: int) -> tuple[object, int | None]:
    """Return the document that begins at ``position`` and where it ends, or None where none does."""
    if text[position] == "{":
        # Apart from bad syntax: numbers of more digits than Python converts, and nesting.
        with contextlib.suppress(ValueError, RecursionError):
            return _DECODER.raw_decode(text, position)
    return None, None


def _broken(text: str, origin: Origin, *, last: bool) -> Problem:
    if not text.startswith("{"):
        return Problem(str(origin), "is not OTLP", _GIVE_OTLP)
    if last and not text.endswith("\n"):
        return Problem(str(origin), "is cut off in the middle", _RECORD_ANEW)
    return Problem(str(origin), "is not valid JSON", _RECORD_ANEW)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _line(origin: Origin, further: int) -> Origin:
    return Origin(origin.file, (origin.line or 1) + further)


def _rest(stream: _Stream, name: str) -> tuple[bytes, Problem | None]:
    """Return the rest of a stream, or as much of it as can be read, and why it isn't all."""
    chunks: list[bytes] = []
    try:
        while chunk := stream.read1(1 << 20):
            chunks.append(chunk)
    except _READ_ERRORS as error:
        return b"".join(chunks), _unreadable(error, name)
    return b"".join(chunks), None


def _unreadable(error: Exception, name: str) -> Problem:
    if isinstance(error, BrokenMemberError):
        return Problem(name, f"is gzipped and {error}", _RECORD_ANEW)
    return Problem(name, f"cannot be read ({_reason(error)})", "check the file and its permissions")


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
