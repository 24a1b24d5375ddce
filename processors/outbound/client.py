"""The answer of Python's own ``http.client``, on which other libraries are built."""

import http.client

from otel2test.attributes import BodyPayload
from otel2test.processors.outbound.hops import Hop, body_of, text, texts
from otel2test.processors.outbound.tees import tee


def answered(hop: Hop, response: http.client.HTTPResponse) -> None:
    """Take an answer whose body the program has yet to read."""
    headers = texts(response.getheaders())
    length = response.length
    copy = tee(response, hop.limit)

    def body() -> BodyPayload:
        if not copy.size:
            return {"kind": "empty" if length == 0 else "unread"}
        copy.size = max(copy.size, length or 0)  # what the program left unread is cut
        return body_of(copy, headers)

    hop.answered(response.status, text(response.reason or ""), headers, body)
