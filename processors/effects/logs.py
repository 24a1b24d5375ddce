"""Log records at WARNING and above, of any logger, whoever handles them.

Hooked is ``Logger.callHandlers``: what loggers let pass comes by there, handlers or not,
propagated or not. The text is the one that the program's own handlers made; where none did,
it is formatted here, without running code of the arguments.

Left out are what the recorder and OpenTelemetry say, and what Django logs of every response
of 4xx and 5xx (``django.request``), which repeats the response.
"""

import logging
import re
from collections.abc import Callable
from typing import Any, Final

from otel2test.attributes import LOGS
from otel2test.processors import kinds, project
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.effects.ledger import Moment, now
from otel2test.processors.effects.operations import Payload
from otel2test.processors.failures import failure
from otel2test.processors.guard import guard
from otel2test.processors.redaction import redactor

_OURS: Final = frozenset({"otel2test", "opentelemetry"})
_LONGEST: Final = 10_000
_PLACEHOLDER: Final = re.compile(r"%(?:\(\w+\))?[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z]")


def hook_loggers(module: Any) -> None:
    """Record what loggers hand to their handlers."""
    replace_method(module.Logger, "callHandlers", _handling)


def _handling(call_handlers: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, record: Any) -> Any:
        moment = now(LOGS) if record.levelno >= logging.WARNING else None
        if moment is None:
            return call_handlers(self, record)
        try:
            return call_handlers(self, record)
        finally:
            _note(moment, record)

    return recorded


def _note(moment: Moment, record: logging.LogRecord) -> None:
    with guard("effects: log"):
        repeats_response = record.name == "django.request" and hasattr(record, "status_code")
        if record.name.partition(".")[0] in _OURS or repeats_response:
            return
        payload: Payload = {
            "logger": record.name,
            "level": record.levelname,
            "message": redactor.redact_text(_message(record)[:_LONGEST]),
            "where": f"{project.current().relative(record.pathname)}:{record.lineno}",
        }
        if isinstance(record.exc_info, tuple) and (error := record.exc_info[1]) is not None:
            payload["exception"] = failure(error)
        moment.note(payload)


def _message(record: logging.LogRecord) -> str:
    parts = vars(record)
    made = parts.get("message")
    if kinds.is_a(made, str):
        return str.__str__(made)
    text, arguments = parts.get("msg"), parts.get("args")
    if not kinds.is_a(text, str):
        return str(_harmless(text))
    text = str.__str__(text)
    if not arguments:
        return text
    if kinds.is_a(arguments, dict):
        safe: Any = {str(name): _harmless(value) for name, value in dict.items(arguments)}
    else:
        safe = tuple(map(_harmless, arguments))
    try:
        return str(text % safe)
    except (TypeError, ValueError, KeyError):
        # ``%d`` of what is a text now, or a mistake of the program's.
        named = [safe[name] for name in safe] if isinstance(safe, dict) else list(safe)
        return _PLACEHOLDER.sub(lambda found: str(named.pop(0)) if named else found.group(), text)


def _harmless(value: object) -> object:
    """Return what can be formatted without noticing: the value, or the name of its class."""
    if value is None or type(value) in kinds.PLAIN_CLASSES or type(value) in (bool, int, float, str, bytes):
        return value
    if kinds.is_a(value, str):
        return str.__str__(value)
    if type(value) in (list, tuple):
        made: Any = type(value)
        return made(map(_harmless, made.__iter__(value)))
    return _Named(kinds.type_name(type(value)))


class _Named:
    """Stands in a message for an object whose text nobody made."""

    def __init__(self, name: str) -> None:
        self._text = f"<{name}>"

    def __repr__(self) -> str:
        return self._text
