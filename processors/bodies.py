"""The bytes of a body → :class:`~otel2test.attributes.BodyPayload`, inbound or outbound.

Nothing is read here: who sees a body pass keeps a bounded :class:`BodyCopy` of it, and when
the trace is written the copy is read as its content type says, secrets replaced.
"""

import base64
import zlib
from collections.abc import Mapping
from email.message import Message
from email.utils import collapse_rfc2231_value
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

import orjson

from otel2test.attributes import BodyPayload, FilePayload
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
_TEXTUAL: Final = frozenset({"application/javascript", "application/xml", "application/graphql", FORM})


def text_apart(body: BodyPayload, attribute: str) -> dict[str, str]:
    """Take the text out of ``body``, which keeps its length; returns it by its own attribute's name."""
    text = body.get("text")
    if not isinstance(text, str):
        return {}
    body["text"] = len(text)
    return {attribute: text}


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
    media_type, parameters = _header_parameters(content_type)
    if media_type == MULTIPART and "boundary" in parameters:
        return _multipart(data, parameters["boundary"], copy.size, cut=cut)
    if not _is_textual(media_type):
        return _binary(data, copy.size, cut=cut)
    text = _decoded(data, parameters.get("charset") or "utf-8", cut=cut)
    if text is None:
        return _binary(data, copy.size, cut=cut)
    if media_type == FORM and not _is_json(text):
        return _form(text, copy.size, cut=cut)
    payload: BodyPayload
    if media_type == FORM:
        payload = {"kind": "text", "size": copy.size, "text": redactor.redact_json(text)}
    elif media_type == "application/json" or media_type.endswith("+json"):
        payload = {"kind": "json", "size": copy.size, "text": redactor.redact_json(text)}
    else:
        payload = {"kind": "text", "size": copy.size, "text": redactor.redact_text(text)}
    return _marked(payload, cut=cut)


def _is_json(text: str) -> bool:
    """Return whether a text is JSON, which libraries send as a form where they weren't told its type."""
    if not text.startswith(("{", "[")):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _marked(payload: BodyPayload, *, cut: bool) -> BodyPayload:
    if cut:
        payload["cut"] = True
    return payload


def _binary(data: bytes, size: int, *, cut: bool) -> BodyPayload:
    return _marked({"kind": "binary", "size": size, "base64": _in_base64(data)}, cut=cut)


def _in_base64(data: bytes) -> str:
    # Once encoded, nothing could be found in them any more.
    return base64.b64encode(redactor.sweep(redactor.redact_bytes(data))).decode()


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
    was cut, as does every other; the format itself is three rules.
    """
    fields: list[tuple[str, str]] = []
    files: list[FilePayload] = []
    parts = (b"\r\n" + data).split(b"\r\n--" + boundary.encode("latin-1"))
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.partition(b"\r\n\r\n")
        headers = _part_headers(head)
        disposition, parameters = _header_parameters(headers.get("content-disposition", ""))
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


@lru_cache(maxsize=256)
def _header_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Return what a header such as ``Content-Type`` says, in lower case, and its parameters."""
    message = Message()
    message["content-type"] = value
    (first, _), *parameters = message.get_params([("", "")])
    return first.lower(), {name.lower(): collapse_rfc2231_value(text) for name, text in parameters}


def _part_headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines if value}


def _upload(field: str, filename: str, headers: dict[str, str], content: bytes, *, cut: bool) -> FilePayload:
    upload: FilePayload = {
        "field": field,
        "name": filename.replace("\\", "/").rpartition("/")[2],
        "content_type": _header_parameters(headers.get("content-type", ""))[0],
        "size": len(content),
        "content": _in_base64(content),
    }
    if cut:
        upload["cut"] = True
    return upload
