"""The bodies of requests and responses → :class:`~otel2test.attributes.BodyPayload`.

A body is never read here: what the program reads from a request, or a server from a
response, passes through a tee that keeps a bounded copy. A request body that the program
left alone is ``unread``; a file handed to the server as such is ``streamed``.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final, TypeAlias

from django.http import HttpRequest, HttpResponseBase

from otel2test.attributes import BodyPayload
from otel2test.processors.bodies import BodyCopy, body_payload

Enter: TypeAlias = Callable[[], Callable[[], None]]

_BODILESS: Final = frozenset({204, 304})


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
    """A streamed response's iterator.

    ``enter`` is called before the program makes a chunk, what it returns is called after.
    """

    def __init__(self, chunks: Iterator[Any], copy: BodyCopy, enter: Enter) -> None:
        self._chunks = chunks
        self._copy = copy
        self._enter = enter

    def __iter__(self) -> "IteratorTee":
        return self

    def __next__(self) -> Any:
        leave_again = self._enter()
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._copy.finished = True
            raise
        else:
            self._copy.add(chunk)
        finally:
            leave_again()
        return chunk


class AsyncIteratorTee:
    """The same for an asynchronous iterator."""

    def __init__(self, chunks: AsyncIterator[Any], copy: BodyCopy, enter: Enter) -> None:
        self._chunks = chunks
        self._copy = copy
        self._enter = enter

    def __aiter__(self) -> "AsyncIteratorTee":
        return self

    async def __anext__(self) -> Any:
        leave_again = self._enter()
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._copy.finished = True
            raise
        else:
            self._copy.add(chunk)
        finally:
            leave_again()
        return chunk


def tee_request(request: HttpRequest, limit: int) -> BodyCopy | None:
    """Put a tee on the request's stream, if nothing was read from it yet."""
    stream = vars(request).get("_stream")
    if stream is None or hasattr(request, "_body") or getattr(request, "_read_started", False):
        return None
    copy = BodyCopy(limit)
    request._stream = StreamTee(stream, copy)  # type: ignore[assignment] # it answers as the stream it wraps
    return copy


def tee_response(response: HttpResponseBase, limit: int, enter: Enter) -> BodyCopy | None:
    """Put a tee on a streamed response, unless the server may send its file by itself."""
    chunks = vars(response).get("_iterator")
    if chunks is None or getattr(response, "file_to_stream", None) is not None:
        return None
    copy = BodyCopy(limit)
    tee = AsyncIteratorTee if vars(response).get("is_async") else IteratorTee
    vars(response)["_iterator"] = tee(chunks, copy, enter)
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
