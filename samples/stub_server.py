"""The quotes service that the sample project calls, on the loopback and always of the same opinion.

``POST /quotes`` with ``{"topic": …, "limit": …}`` answers ``{"quotes": [{"text": …, "author": …}]}``.
Run it by hand with ``python -m samples.stub_server [PORT]``.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEFAULT_PORT = 8799

QUOTES = [
    {"text": "Det er svært at spå, især om fremtiden.", "author": "Robert Storm Petersen"},
    {"text": "Life itself is the most wonderful fairy tale.", "author": "H. C. Andersen"},
]


class QuotesHandler(BaseHTTPRequestHandler):
    """Answers the one request that the service knows."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/quotes":
            self._answer(200, {"topic": question["topic"], "quotes": QUOTES[: question["limit"]]})
        else:
            self._answer(404, {"error": f"no such path: {self.path}"})

    def _answer(self, status: int, data: object) -> None:
        body = json.dumps(data, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Keep quiet."""


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Serve in a thread of this process, on a free port by default, and yield the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", port), QuotesHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_PORT
    print(f"Quotes at http://127.0.0.1:{port}/quotes")
    ThreadingHTTPServer(("127.0.0.1", port), QuotesHandler).serve_forever()


if __name__ == "__main__":
    main()
