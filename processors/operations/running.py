"""One operation, from its beginning to the end of its span."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, cast

from opentelemetry import context as contexts
from opentelemetry.trace import Status, StatusCode, get_current_span, set_span_in_context

from otel2test import attributes
from otel2test.attributes import OperationPayload
from otel2test.processors import threads
from otel2test.processors.django import exchange as exchanges
from otel2test.processors.django.concealing import conceal_text
from otel2test.processors.django.exchange import Exchange
from otel2test.processors.failures import failure
from otel2test.processors.guard import guard, guarded
from otel2test.processors.recorder import Recorder, active
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import snapshot, snapshot_mapping
from otel2test.processors.traces import OPERATION_SCOPE

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span

_NOTHING: Any = object()


class Operation:
    """What runs, and what is known of it; :meth:`end` has to be called where it began."""

    def __init__(self, recorder: Recorder, payload: OperationPayload) -> None:
        self._recorder = recorder
        self._payload = payload
        self._output: list[str] = []
        self._room = recorder.settings.max_body
        # A tracer of the SDK's provider starts spans of the SDK.
        self._span = cast("Span", recorder.tracer(OPERATION_SCOPE).start_span(payload["name"]))
        context = self._span.get_span_context()
        self._exchange = Exchange(SimpleNamespace())
        exchanges.bind(self._exchange, recorder, self._span)
        recorder.put(context, attributes.OPERATION, self._told)
        recorder.put(context, attributes.SCHEMA, self._schema)
        self._token = exchanges.current.set(self._exchange)
        self._context = contexts.attach(set_span_in_context(self._span))

    def write(self, text: object) -> None:
        """Take what the operation wrote to its output."""
        with guard("operation: output"):
            if isinstance(text, str) and self._room > 0:
                self._output.append(text[: self._room])
                self._room -= len(text)

    def end(self, error: BaseException | None, returned: object = _NOTHING) -> None:
        """Take the outcome and let the trace be written."""
        with guard("operation: end"):
            if returned is not _NOTHING:
                self._payload["returned"] = snapshot(returned)
            if error is not None:
                self._failed(error)
        exchanges.leave(self._token)
        with guard("operation: end"):
            contexts.detach(self._context)
        with guard("operation: end"):
            self._span.end()
        with guard("operation: end"):
            self._exchange.over = True
            if self._exchange.tie is not None:
                self._exchange.tie.release()

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, SystemExit) and not error.code:
            return
        told = failure(error)
        self._span.set_status(Status(StatusCode.ERROR, told["type"]))
        self._recorder.put(self._span.get_span_context(), attributes.EXCEPTION, dict(told))

    def _told(self) -> OperationPayload:
        if self._output:
            text = redactor.redact_text("".join(self._output))
            self._payload["output"] = conceal_text(text, tuple(self._exchange.secrets))
        return self._payload

    def _schema(self) -> object:
        if not self._exchange.statements or "django.apps" not in sys.modules:
            return None
        from otel2test.processors.django import schema

        return schema.schema_payload(self._exchange)


@guarded("operation: begin", None)
def begin(
    kind: Literal["command", "task", "block"],
    name: str,
    function: object = None,
    arguments: Sequence[object] | None = None,
    keywords: Mapping[str, object] | None = None,
) -> Operation | None:
    """Begin an operation; None where nothing is recorded, or a request or operation is under way."""
    recorder = active()
    if recorder is None or recorder.has_owner(get_current_span().get_span_context().trace_id):
        return None
    if not recorder.is_able():
        return None
    threads.carry_contexts()
    payload: OperationPayload = {"kind": kind, "name": name}
    if function is not None:
        payload["module"] = str(getattr(function, "__module__", ""))
        payload["qualname"] = str(getattr(function, "__qualname__", type(function).__qualname__))
    if arguments is not None:
        payload["arguments"] = [snapshot(value) for value in arguments]
    if keywords is not None:
        payload["keywords"] = snapshot_mapping({str(key): value for key, value in keywords.items()})
    return Operation(recorder, payload)
