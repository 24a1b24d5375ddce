"""Binary OTLP → the same content that OTLP JSON parses to.

What enters are the bytes of a file: one ``ExportTraceServiceRequest`` (``TracesData`` has
the same layout), or many of them, each after its length in four bytes, big-endian, as the
Collector's file exporter frames them. What leaves is one JSON-like object a message.
Refused with :class:`BadProtobufError`: anything else.

This is the synthesizer's one use of the ``opentelemetry`` namespace, of its generated
message classes only; it is imported where a binary file turns up.
"""

from collections.abc import Iterator
from typing import Final

# protobuf ships no types of its own.
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_RESOURCE_SPANS: Final = 0x0A
"""Tag of the only field of both messages, so their first byte."""

_PREFIX: Final = 4


class BadProtobufError(ValueError):
    """Bytes that are not the message they should be."""


def messages(content: bytes) -> Iterator[bytes]:
    """Yield the bytes of each message in a file."""
    # A framed file starts so only if its first message is longer than 160 MB.
    if content[0] == _RESOURCE_SPANS:
        yield content
        return
    position = 0
    while position < len(content):
        start = position + _PREFIX
        position = start + int.from_bytes(content[position:start], "big")
        if not start < position <= len(content):
            raise BadProtobufError("is cut off in the middle, or is not OTLP")
        yield content[start:position]


def parse(message: bytes) -> object:
    """Return what OTLP JSON would have said, ids in base64 apart."""
    try:
        return MessageToDict(ExportTraceServiceRequest.FromString(message))
    except DecodeError:
        raise BadProtobufError("is cut off in the middle, or is not OTLP") from None
