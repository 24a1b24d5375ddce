"""E-mails as they are handed to Django's mail back end, whichever it is.

Hooked is ``send_messages`` of every back end: what ``EmailMessage.send``, ``send_mail``,
``send_mass_mail`` and ``mail_admins`` come down to. A message is read where its parts lie,
before it is sent, and is never rendered. A text that is lazy is left out.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import Any, Final

from otel2test.attributes import MAILS, AttachmentPayload
from otel2test.processors import kinds
from otel2test.processors.effects.ledger import now
from otel2test.processors.effects.operations import Operations, Payload, watch_classes
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor

_MOST_CONTENT: Final = 256 * 1024
"""Bytes of one attachment."""

_sending: Final = Operations(MAILS)


def hook_backends(module: Any) -> None:
    """Record what every mail back end is given."""
    watch_classes(module.BaseEmailBackend, {"send_messages": _sending_messages})


def _sending_messages(send_messages: Any) -> Any:
    def recorded(self: Any, email_messages: Any, *args: Any, **kwargs: Any) -> Any:
        if now(MAILS) is None:
            return send_messages(self, email_messages, *args, **kwargs)
        payloads: list[Payload] = []
        if hasattr(type(email_messages), "__next__"):
            email_messages = _tee(email_messages, payloads)
        elif type(email_messages) in (list, tuple):
            for message in email_messages:
                _keep(message, payloads)
        return _sending.perform(
            lambda: send_messages(self, email_messages, *args, **kwargs),
            lambda: payloads,
            lambda _payloads, _result: None,
        )

    return recorded


def _tee(messages: Iterable[Any], payloads: list[Payload]) -> Iterator[Any]:
    for message in messages:
        _keep(message, payloads)
        yield message


def _keep(message: Any, payloads: list[Payload]) -> None:
    with guard("effects: mail"):
        payloads.append(_payload(message))


def _payload(message: Any) -> Payload:
    parts = vars(message)
    payload: Payload = {
        "from_email": _text(parts.get("from_email")) or "",
        "to": _texts(parts.get("to")),
    }
    for name in ("subject", "body"):
        if (text := _text(parts.get(name))) is not None:
            payload[name] = text
    for name in ("cc", "bcc", "reply_to"):
        if texts := _texts(parts.get(name)):
            payload[name] = texts
    headers = parts.get("extra_headers")
    if kinds.is_a(headers, dict):
        pairs = [(str(name), _text(value) or "") for name, value in dict.items(headers)]
        if pairs:
            payload["headers"] = dict(redactor.redact_headers(pairs))
    if alternatives := [pair for item in parts.get("alternatives") or () if (pair := _alternative(item))]:
        payload["alternatives"] = alternatives
    if attachments := [found for item in parts.get("attachments") or () if (found := _attachment(item))]:
        payload["attachments"] = attachments
    return payload


def _text(value: object) -> str | None:
    # What is lazy is no string; a safe string of Django's is.
    return redactor.redact_prose(str.__str__(value)) if kinds.is_a(value, str) else None


def _texts(value: Any) -> list[str]:
    items = value if type(value) in (list, tuple, set) else ()
    return [text for item in items if (text := _text(item)) is not None]


def _alternative(item: Any) -> tuple[str, str] | None:
    content, mimetype = tuple(item)[:2]
    text = _text(content)
    return None if text is None else (text, str(mimetype))


def _attachment(item: Any) -> AttachmentPayload | None:
    if kinds.is_a(item, tuple):
        name, content, mimetype = item
        return _described(name, mimetype, content)
    if type(item).__module__.startswith("email."):
        return _described(item.get_filename(), item.get_content_type(), item.get_payload(decode=True))
    return None


def _described(name: object, mimetype: object, content: object) -> AttachmentPayload:
    data = str.encode(content, errors="surrogatepass") if kinds.is_a(content, str) else content
    described: AttachmentPayload = {
        "name": _text(name) or "",
        "content_type": _text(mimetype) or "",
        "size": len(data) if type(data) is bytes else 0,
    }
    # What is no bytes is a message in the message.
    if type(data) is bytes and len(data) <= _MOST_CONTENT:
        described["content"] = base64.b64encode(redactor.redact_bytes(data)).decode()
    return described
