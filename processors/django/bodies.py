"""The bodies of requests and responses → :class:`~otel2test.attributes.BodyPayload`.

A body is never read here: what the program reads from a request, or a server from a
response, passes through a tee that keeps a bounded :class:`BodyCopy`. A request body that
the program left alone is ``unread``; a file handed to the server as such is ``streamed``.
"""

import base64
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import parse_header_parameters

from otel2test.attributes import BodyPayload, FilePayload
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
_TEXTUAL: Final = frozenset({"application/javascript", "application/xml", "application/graphql", FORM})
_BODILESS: Final = frozenset({204, 304})


class BodyCopy:
    """The beginning of what passed, at most ``limit`` bytes, and how much it was in all."""

    __slots__ = ("_data", "_limit", "finished", "size")

    def __init__(self, limit: int) -> None:
        self._data = bytearray()
        self._limit = limit
        self.size = 0
        self.finished = False

    def add(self, chunk: object) -> None:
        """Keep what there is room for."""
        with guard("copy of a body"):
            if isinstance(chunk, str):
                chunk = chunk.encode()
            if isinstance(chunk, (bytes, bytearray, memoryview)):
                room = self._limit - len(self._data)
                if room > 0:
                    self._data += chunk[:room]
                self.size += len(chunk)

    @property
    def data(self) -> bytes:
        """What was kept."""
        return bytes(self._data)

    @classmethod
    def of(cls, data: bytes, limit: int) -> "BodyCopy":
        """Return the copy of a body that is in memory as a whole."""
        copy = cls(limit)
        copy.add(data)
        copy.finished = True
        return copy


class StreamTee:
    """A request's input stream that keeps a copy of what the program reads from it."""

    def __init__(self, stream: Any, copy: BodyCopy) -> None:
        self._otel2test_stream = stream
        self._otel2test_copy = copy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._otel2test_stream, name)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def read(self, *args: Any, **kwargs: Any) -> Any:
        """Read as the stream does."""
        chunk = self._otel2test_stream.read(*args, **kwargs)
        self._otel2test_copy.add(chunk)
        return chunk

    def readline(self, *args: Any, **kwargs: Any) -> Any:
        """Read a line as the stream does."""
        line = self._otel2test_stream.readline(*args, **kwargs)
        self._otel2test_copy.add(line)
        return line


class IteratorTee:
    """A streamed response's iterator; ``inside`` is entered while the program makes a chunk."""

    def __init__(
        self, chunks: Iterator[Any], copy: BodyCopy, inside: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._chunks = chunks
        self._copy = copy
        self._inside = inside

    def __iter__(self) -> "IteratorTee":
        return self

    def __next__(self) -> Any:
        try:
            with self._inside():
                chunk = next(self._chunks)
        except StopIteration:
            self._copy.finished = True
            raise
        self._copy.add(chunk)
        return chunk


class AsyncIteratorTee:
    """The same for an asynchronous iterator."""

    def __init__(
        self, chunks: AsyncIterator[Any], copy: BodyCopy, inside: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._chunks = chunks
        self._copy = copy
        self._inside = inside

    def __aiter__(self) -> "AsyncIteratorTee":
        return self

    async def __anext__(self) -> Any:
        try:
            with self._inside():
                chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._copy.finished = True
            raise
        self._copy.add(chunk)
        return chunk


def tee_request(request: HttpRequest, limit: int) -> BodyCopy | None:
    """Put a tee on the request's stream, if nothing was read from it yet."""
    stream = vars(request).get("_stream")
    if stream is None or hasattr(request, "_body") or getattr(request, "_read_started", False):
        return None
    copy = BodyCopy(limit)
    request._stream = StreamTee(stream, copy)  # type: ignore[assignment] # it answers as the stream it wraps
    return copy


def tee_response(
    response: HttpResponseBase, limit: int, inside: Callable[[], AbstractContextManager[None]]
) -> BodyCopy | None:
    """Put a tee on a streamed response, unless the server may send its file by itself."""
    chunks = vars(response).get("_iterator")
    if chunks is None or getattr(response, "file_to_stream", None) is not None:
        return None
    copy = BodyCopy(limit)
    tee = AsyncIteratorTee if vars(response).get("is_async") else IteratorTee
    vars(response)["_iterator"] = tee(chunks, copy, inside)
    return copy


def request_body(request: HttpRequest, content_type: str, copy: BodyCopy | None, limit: int) -> BodyPayload:
    """Return the body as far as the program read it."""
    whole = vars(request).get("_body")
    if isinstance(whole, bytes):
        copy = BodyCopy.of(whole, limit)
    if copy is None or not (copy.size or copy.finished):
        announced = request.META.get("CONTENT_LENGTH") or request.META.get("HTTP_CONTENT_LENGTH") or 0
        if str(announced) != "0" or "HTTP_TRANSFER_ENCODING" in request.META:
            return {"kind": "unread"}
        return {"kind": "empty"}
    return body_payload(copy, content_type, "")


def response_body(response: HttpResponseBase, method: str, copy: BodyCopy | None, limit: int) -> BodyPayload:
    """Return the body as it goes to the client, a compressed one as it was before."""
    if method == "HEAD" or response.status_code in _BODILESS or 100 <= response.status_code < 200:
        return {"kind": "empty"}
    if response.streaming:
        if copy is None or not (copy.size or copy.finished):
            return {"kind": "streamed"}
    else:
        copy = BodyCopy.of(getattr(response, "content", b""), limit)
    return body_payload(copy, response.get("Content-Type", ""), response.get("Content-Encoding", ""))


def body_payload(copy: BodyCopy, content_type: str, encoding: str) -> BodyPayload:
    """Return the payload of the bytes in ``copy``, read as ``content_type`` says."""
    if not copy.size:
        return {"kind": "empty"}
    data, cut = copy.data, copy.size > len(copy.data)
    if encoding:
        plain = _decompressed(data, encoding, len(data) * 20)
        if plain is None:
            return _binary(data, copy.size, cut=cut)
        data = plain
    media_type, parameters = parse_header_parameters(content_type)
    media_type = media_type.lower()
    if media_type == MULTIPART and "boundary" in parameters:
        return _multipart(data, parameters["boundary"], copy.size, cut=cut)
    if not _is_textual(media_type):
        return _binary(data, copy.size, cut=cut)
    text = _decoded(data, parameters.get("charset") or "utf-8", cut=cut)
    if text is None:
        return _binary(data, copy.size, cut=cut)
    if media_type == FORM:
        return _form(text, copy.size, cut=cut)
    payload: BodyPayload
    if media_type == "application/json" or media_type.endswith("+json"):
        payload = {"kind": "json", "size": copy.size, "text": redactor.redact_json(text)}
    else:
        payload = {"kind": "text", "size": copy.size, "text": redactor.redact_text(text)}
    return _marked(payload, cut=cut)


def _marked(payload: BodyPayload, *, cut: bool) -> BodyPayload:
    if cut:
        payload["cut"] = True
    return payload


def _binary(data: bytes, size: int, *, cut: bool) -> BodyPayload:
    return _marked({"kind": "binary", "size": size, "base64": base64.b64encode(data).decode()}, cut=cut)


def _is_textual(media_type: str) -> bool:
    return (
        media_type.startswith("text/")
        or media_type in _TEXTUAL
        or media_type.endswith(("+xml", "+json", "/json"))
    )


def _decoded(data: bytes, charset: str, *, cut: bool) -> str | None:
    try:
        # A cut may have split the last character.
        return data.decode(charset, "ignore" if cut else "strict")
    except (UnicodeDecodeError, LookupError):
        return None


def _decompressed(data: bytes, encoding: str, limit: int) -> bytes | None:
    if encoding.strip().lower() != "gzip":
        return None
    try:
        return zlib.decompressobj(wbits=31).decompress(data, limit)
    except zlib.error:
        return None


def _form(text: str, size: int, *, cut: bool) -> BodyPayload:
    if cut:
        text = text.rpartition("&")[0]
    fields = [(name, redactor.redact_field(name, value)) for name, value in parse_qsl(text, True)]
    return _marked({"kind": "form", "size": size, "fields": fields}, cut=cut)


def _multipart(data: bytes, boundary: str, size: int, *, cut: bool) -> BodyPayload:
    """Return fields and files in the order sent.

    Django's parser needs upload handlers, which may write files, and refuses a body that
    was cut; the format itself is three rules.
    """
    fields: list[tuple[str, str]] = []
    files: list[FilePayload] = []
    parts = (b"\r\n" + data).split(b"\r\n--" + boundary.encode("latin-1"))
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.partition(b"\r\n\r\n")
        headers = _part_headers(head)
        disposition, parameters = parse_header_parameters(headers.get("content-disposition", ""))
        name = parameters.get("name")
        if disposition != "form-data" or name is None:
            continue
        if headers.get("content-transfer-encoding", "").strip().lower() == "base64":
            content = base64.b64decode(content)
        if "filename" not in parameters:
            fields.append((name, redactor.redact_field(name, content.decode("utf-8", "replace"))))
        elif parameters["filename"]:
            files.append(
                _upload(name, parameters["filename"], headers, content, cut=cut and part is parts[-1])
            )
    return _marked({"kind": "multipart", "size": size, "fields": fields, "files": files}, cut=cut)


def _part_headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines if value}


def _upload(field: str, filename: str, headers: dict[str, str], content: bytes, *, cut: bool) -> FilePayload:
    upload: FilePayload = {
        "field": field,
        "name": filename.replace("\\", "/").rpartition("/")[2],
        "content_type": parse_header_parameters(headers.get("content-type", ""))[0],
        "size": len(content),
        "content": base64.b64encode(content).decode(),
    }
    if cut:
        upload["cut"] = True
    return upload
