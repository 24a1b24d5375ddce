"""What the program tells its user by ``django.contrib.messages``: left over, and added.

Messages are neither loaded nor consumed here, and no lazy text is evaluated: what stands in
the storage when the response is closed is copied as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from otel2test.attributes import MessagesPayload
from otel2test.processors.django.concealing import conceal_text
from otel2test.processors.django.exchange import Exchange, current
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard, guarded
from otel2test.processors.redaction import redactor


def install(storage: Any) -> None:
    """Keep what is added to a request's messages, as showing them merges them with the others."""
    replace_method(storage, "add", _adding)


def _adding(add: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = _queued(self)
        result = add(self, *args, **kwargs)
        with guard("django: messages"):
            exchange = current.get()
            if exchange is not None and vars(exchange.request).get("_messages") is self:
                exchange.messages_added += vars(self).get("_queued_messages", ())[known:]
        return result

    return recorded


@guarded("django: messages", 0)
def _queued(storage: Any) -> int:
    return len(vars(storage).get("_queued_messages", ()))


def messages_payload(exchange: Exchange) -> MessagesPayload | None:
    """Return the messages of a request; None where there were none."""
    storage = vars(exchange.request).get("_messages")
    loaded = getattr(storage, "__dict__", {}).get("_loaded_data") or ()
    added = {id(message) for message in exchange.messages_added}
    before = [message for message in loaded if id(message) not in added]
    if not before and not added:
        return None
    return {
        "before": _told(before, exchange.secrets),
        "added": _told(exchange.messages_added, exchange.secrets),
    }


def _told(messages: Iterable[Any], secrets: set[object]) -> list[tuple[int, str | None]]:
    return [_one(vars(message), secrets) for message in messages]


def _one(message: Mapping[str, Any], secrets: set[object]) -> tuple[int, str | None]:
    text = message["message"]
    if not isinstance(text, str):
        return message["level"], None
    return message["level"], conceal_text(redactor.redact_text(str(text)), secrets)
