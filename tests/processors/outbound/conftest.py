"""A server on the loopback, and what was recorded of calls to it, read from the file."""

import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from otel2test.attributes import OUTBOUND, OUTBOUND_BODY, OUTBOUND_RESPONSE_BODY, OutboundPayload
from tests.processors.conftest import Bench, spans, written


class Answers(BaseHTTPRequestHandler):
    """Redirects ``/old``, refuses ``/missing``, is ``/busy`` at first, answers everything else with JSON."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while self.rfile.readline().strip() != b"0":
                self.rfile.readline()
            self.rfile.readline()
        body = b'{"rate": 1.50, "token": "t0ken-t0ken"}'
        if self.path == "/old":
            self.send_response(302, "Found")
            self.send_header("Location", "/new")
            body = b""
        elif self.path == "/missing":
            self.send_response(404, "Not Here")
        elif self.path == "/busy" and next(self.server.visits) == 0:  # type: ignore[attr-defined]
            self.send_response(503)
        else:
            self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "sessionid=abc123abc; Path=/")
        self.send_header("Set-Cookie", "theme=dark")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        http.visits = itertools.count()  # type: ignore[attr-defined]
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def hops(bench: Bench) -> list[tuple[Any, OutboundPayload]]:
    """Return the spans with outbound records, in the order they started."""
    found = [
        (span, _with_texts(json.loads(told[OUTBOUND]), told))
        for line in written(bench.folder)
        for span in spans(line)
        if OUTBOUND in (told := _texts(span))
    ]
    return sorted(found, key=lambda hop: int(hop[0]["startTimeUnixNano"]))


def _texts(span: Any) -> dict[str, str]:
    return {item["key"]: item["value"].get("stringValue") for item in span.get("attributes", ())}


def _with_texts(payload: Any, told: dict[str, str]) -> OutboundPayload:
    """Put the texts of the bodies back to where their lengths stand."""
    for body, name in (("body", OUTBOUND_BODY), ("response_body", OUTBOUND_RESPONSE_BODY)):
        if name in told:
            assert payload[body]["text"] == len(told[name])
            payload[body]["text"] = told[name]
    return cast("OutboundPayload", payload)


def only_hop(bench: Bench) -> OutboundPayload:
    ((_, payload),) = hops(bench)
    return payload


def attribute(span: Any, name: str) -> Any:
    return next((item["value"] for item in span["attributes"] if item["key"] == name), None)
