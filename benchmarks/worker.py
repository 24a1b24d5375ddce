"""A process that serves the project's requests on command, and says what they took.

Run as a program, in any of the environments: only Python and Django must be there. Each line on
stdin is ``list``, ``post``, ``calls``, ``rows`` or ``history`` with how many requests are to be
served, the view's argument (0 for the first two), and how many more are to be served before, which don't
count: a process that slept is slow at first. What comes back is one line of JSON. Requests go through
the WSGI application, in this process: no socket, no server.

What is measured is processor time, of this process with all its threads, of the kernel on its behalf
and of children that ended, until everything that goes on after the response is over too; and, of that,
what the process took until the last of each answer was handed to the server.
"""

import io
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_PRODUCTS = 200
_MOVEMENTS = 25
"""Of each product that has a history."""
_CSRF = "b" * 32
_SQLITE = b"SQLite format 3\0"
_RECORDINGS = os.environ.get("BENCHMARK_RECORDINGS", os.environ.get("BENCHMARK_DATA", "."))
"""The folder that a recorder's bytes are counted in."""
_QUIET = float(os.environ.get("BENCHMARK_QUIET", "0.0005"))
"""A process that takes less than this, in seconds, while it sleeps, has nothing more to do."""


def seed() -> str:
    """Make the tables and what is in them; return the key of a session that is logged in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from warehouse.models import Category, Product, Supplier  # type: ignore[import-not-found] # of the project

    call_command("migrate", run_syncdb=True, verbosity=0)
    categories = [Category.objects.create(name=f"Category {n}", slug=f"category-{n}") for n in range(8)]
    suppliers = [Supplier.objects.create(name=f"Supplier {n} Ltd", country="de") for n in range(12)]
    since = datetime(2026, 1, 1, 8, tzinfo=UTC)
    Product.objects.bulk_create(
        Product(
            name=f"product number {n} in its usual box",
            sku=f"SKU-{n:06d}",
            category=categories[n % len(categories)],
            supplier=suppliers[n % len(suppliers)],
            price=Decimal(n * 7 % 997) + Decimal("0.95"),
            stock=n * 13 % 97,
            added=since + timedelta(minutes=n * 17),
        )
        for n in range(_PRODUCTS)
    )
    # A password that nobody can use: hashing one would take longer than all requests.
    user = get_user_model().objects.create(username="anna", password="!")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


class Client:
    """Calls the WSGI application as a server would."""

    def __init__(self, application: Any, session: str) -> None:
        self.answering = 0.0
        """Seconds of processor time until the answers were out."""
        self._application = application
        self._cookies = f"sessionid={session}; csrftoken={_CSRF}"

    def get(self, path: str, query: str = "") -> None:
        """Send a GET and expect what a GET here answers."""
        self._send({"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}, b"", "200")

    def post(self, path: str, fields: dict[str, str]) -> None:
        """Send a form and expect to be sent elsewhere."""
        body = urlencode({"csrfmiddlewaretoken": _CSRF, **fields}).encode()
        described = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
        }
        self._send(described, body, "302")

    def _send(self, described: dict[str, str], body: bytes, expected: str) -> None:
        environ = {
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "SCRIPT_NAME": "",
            "HTTP_HOST": "127.0.0.1:8000",
            "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.5",
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "HTTP_COOKIE": self._cookies,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **described,
        }
        answered: list[str] = []

        def start_response(status: str, headers: Any, exc_info: Any = None) -> None:  # noqa: ARG001 - WSGI's
            answered.append(status)

        start = time.process_time()
        response = self._application(environ, start_response)
        try:
            for _ in response:
                pass
            self.answering += time.process_time() - start
        finally:
            if hasattr(response, "close"):
                response.close()
        if not answered[0].startswith(expected):
            raise SystemExit(f"{described['PATH_INFO']} answered {answered[0]}, not {expected}")


def processor_time() -> float:
    """Return the seconds that this process and its ended children have taken."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def settle() -> None:
    """Wait until other threads and children have done their part: exporters, writers."""
    if "opentelemetry.trace" in sys.modules:
        flush = getattr(sys.modules["opentelemetry.trace"].get_tracer_provider(), "force_flush", None)
        if flush is not None:
            flush()  # the SDK's batches wait for five seconds
    before = processor_time()
    quiet = 0
    while quiet < 3:
        time.sleep(0.02)
        now = processor_time()
        quiet = quiet + 1 if now - before < _QUIET and not _has_children() else 0
        before = now


def _has_children() -> bool:
    """Return whether a child is at work. One that nobody waits for counts only when it was waited for."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as told:  # noqa: PTH123
            children = [int(child) for child in told.read().split()]
        # Its parent's own wait, if there ever is one, finds it gone, which subprocess takes as ended.
        return any(os.waitpid(child, os.WNOHANG)[0] == 0 for child in children)
    except (OSError, ChildProcessError):
        return False  # only Linux tells


def resident() -> int:
    """Return how many bytes of this process are in memory; where nothing tells, the most that ever were."""
    try:
        with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123 - as little as can be
            return int(told.read().split()[1]) * resource.getpagesize()
    except OSError:
        return most_resident()


def most_resident() -> int:
    """Return the most bytes that were in memory at one time."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def folder_size(folder: str) -> int:
    """Return the bytes of all files below; of a database, those that are in use.

    A log that SQLite writes first grows, and is taken back at times that have nothing to do with the
    request: what is in it is put where it belongs.
    """
    return sum(
        _size(os.path.join(parent, name))  # noqa: PTH118 - no module more than needed
        for parent, _, names in os.walk(folder)
        for name in names
        if not name.startswith("db.sqlite3") or parent != folder
    )


def _size(path: str) -> int:
    if path.endswith(("-wal", "-shm", "-journal")):
        return 0
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - see above
            if file.read(len(_SQLITE)) != _SQLITE:
                return os.path.getsize(path)  # noqa: PTH202 - see above
    except FileNotFoundError:
        return 0  # gone meanwhile
    with closing(sqlite3.connect(path, timeout=30)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        used, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((used - free) * size)


def add_history(count: int) -> None:
    """Make ``count`` more products, each with a history of movements."""
    from warehouse.models import Movement, Product

    first = Product.objects.order_by("pk").first()
    assert first is not None
    # A sku begins as no other history's, so that each request finds its own products only.
    products = Product.objects.bulk_create(
        Product(
            name=f"product with a history {count}/{n}",
            sku=f"H{count}-{n:06d}",
            category_id=first.category_id,
            supplier_id=first.supplier_id,
            price=Decimal(n),
            added=first.added,
        )
        for n in range(count)
    )
    Movement.objects.bulk_create(
        Movement(product=product, quantity=n + 1, reason="delivery", note=f"delivery number {n}")
        for product in products
        for n in range(_MOVEMENTS)
    )


def requests_of(client: Client, kind: str, count: int, argument: int) -> Iterator[Callable[[], None]]:
    """Yield what sends one request each."""
    for _ in range(count):
        match kind:
            case "list":
                yield lambda: client.get("/products/", "q=product&page=2")
            case "post":
                fields = {"quantity": "3", "reason": "delivery", "note": "two pallets"}
                yield lambda fields=fields: client.post("/products/7/move/", fields)  # type: ignore[misc]
            case _:
                yield lambda: client.get(f"/{kind}/{argument}/")


def serve(client: Client, kind: str, count: int, argument: int, before: int) -> dict[str, Any]:
    """Serve some requests; return what they took, and how full memory and disk are."""
    if kind == "history":
        add_history(argument)
    for request in requests_of(client, kind, before, argument):
        request()
    if before:
        settle()  # what is written of them doesn't count either
    send = list(requests_of(client, kind, count, argument))
    disk = folder_size(_RECORDINGS)
    client.answering = 0.0
    start = processor_time()
    for request in send:
        request()
    settle()
    return {
        "seconds": processor_time() - start,
        "answering": client.answering,
        "disk": folder_size(_RECORDINGS) - disk,
        "resident": resident(),
        "most_resident": most_resident(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what has a say in the figures, as far as it is installed."""
    found = {"Python": sys.version.split()[0]}
    for name in ("django", "opentelemetry-sdk", "opentelemetry-instrumentation-django", "otel2test", "kolo"):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def use_empty_callback() -> None:
    """Have the interpreter call a function that does nothing, for each call and each return."""

    def nothing(*_: object) -> None:
        pass

    if sys.version_info >= (3, 12):
        monitoring = sys.monitoring
        monitoring.use_tool_id(monitoring.PROFILER_ID, "nothing")
        for event in (monitoring.events.PY_START, monitoring.events.PY_RETURN):
            monitoring.register_callback(monitoring.PROFILER_ID, event, nothing)
        monitoring.set_events(
            monitoring.PROFILER_ID, monitoring.events.PY_START | monitoring.events.PY_RETURN
        )
    else:
        sys.setprofile(nothing)


def main() -> None:
    """Serve until stdin ends."""
    # What libraries print must not come between the answers; the stock exporter prints its spans.
    answers = os.fdopen(os.dup(1), "w")
    output = Path(os.environ["BENCHMARK_DATA"], "stdout").open("ab")  # noqa: SIM115 - for as long as this runs
    os.dup2(output.fileno(), 1)
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    client = Client(application, seed())
    if "empty-callback" in sys.argv:
        use_empty_callback()
    print(json.dumps({"versions": versions(), "resident": resident()}), file=answers, flush=True)
    for line in sys.stdin:
        kind, *numbers = line.split()
        answer = serve(client, kind, *map(int, numbers))
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
