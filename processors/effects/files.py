"""Files that the program saves, opens, deletes, looks for and links to through Django's storages.

Hooked are the methods of every storage class, but for those that serve static files, whose
URLs templates ask for by the dozen. What was saved is copied afterwards, and only where it
lies in memory as a whole; no stream is read or moved.
"""

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from otel2test.attributes import FILES
from otel2test.processors import kinds
from otel2test.processors.effects.ledger import now
from otel2test.processors.effects.operations import Make, Operations, Payload, watch_classes
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot

_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "save": ("name", "content", "max_length"),
    "open": ("name", "mode"),
    "delete": ("name",),
    "exists": ("name",),
    "url": ("name",),
}
_MOST_CONTENT: Final = 256 * 1024
"""Bytes of one file."""
_STATIC: Final = "django.contrib.staticfiles.storage"

_operations: Final = Operations(FILES)


def hook_storages(module: Any) -> None:
    """Record what every storage is asked."""
    methods: dict[str, Make] = {name: _operating(name) for name in _PARAMETERS}
    watch_classes(module.Storage, methods)


def _operating(operation: str) -> Make:
    def make(operate: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
            if now(FILES) is None or any(base.__module__ == _STATIC for base in type(self).__mro__):
                return operate(self, *args, **kwargs)
            given = {**dict(zip(_PARAMETERS[operation], args, strict=False)), **kwargs}
            return _operations.perform(
                lambda: operate(self, *args, **kwargs),
                lambda: [_payload(self, operation, given)],
                lambda payloads, result: _add_result(payloads[0], given, result),
            )

        return recorded

    return make


def _payload(storage: object, operation: str, given: Mapping[str, Any]) -> Payload:
    name = given.get("name")
    if name is None and operation == "save":
        name = getattr(given.get("content"), "name", None)
    payload: Payload = {
        "storage": kinds.type_name(type(storage)),
        "operation": operation,
        "name": _text(name),
    }
    if operation == "open":
        payload["mode"] = str(given.get("mode", "rb"))
    return payload


def _add_result(payload: Payload, given: Mapping[str, Any], result: Any) -> None:
    operation = payload["operation"]
    if operation in {"exists", "url"}:
        payload["result"] = redactor.redact_url(result) if type(result) is str else snapshot(result)
    elif operation == "save":
        stored = _text(result)
        if stored != payload["name"]:
            payload["asked"] = payload["name"]
        payload["name"] = stored
        _add_content(payload, given.get("content"))


def _add_content(payload: Payload, content: object) -> None:
    size, data = _content(content)
    if size is not None:
        payload["size"] = size
    if data is not None:
        payload["content"] = base64.b64encode(redactor.redact_bytes(data)).decode()


def _content(content: object) -> tuple[int | None, bytes | None]:
    """Return size and bytes of a file, as far as they can be had without reading it."""
    size: int | None = None
    # Django's files are wrapped in each other.
    while hasattr(type(content), "chunks"):
        parts = vars(content)
        if type(known := parts.get("size")) is int:
            size = known
        content = parts.get("file")
    if kinds.is_a(content, io.BytesIO):
        with io.BytesIO.getbuffer(content) as buffer:
            data = bytes(buffer) if buffer.nbytes <= _MOST_CONTENT else None
            return buffer.nbytes, data
    if kinds.is_a(content, io.StringIO):
        text = io.StringIO.getvalue(content).encode(errors="surrogatepass")
        return len(text), text if len(text) <= _MOST_CONTENT else None
    return size, None


def _text(name: object) -> str:
    return redactor.redact_text(str(name)) if name is not None else ""
