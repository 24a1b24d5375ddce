"""Requests of every kind, each with what the client got: bytes, or the exception that reached it.

Django has to be set up before this is imported.
"""

from __future__ import annotations

import asyncio
import contextvars
import io
import json
import logging
import random
import sys
import threading
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from unittest import mock

import requests
from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.test import AsyncClient, Client
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy
from opentelemetry.instrumentation.utils import suppress_instrumentation

from tests.processors.django.projects.shop.models import Product, Shelf, Status, Tag
from tests.processors.django.projects.shop.urls import Stage
from tests.processors.faults.hostile import HOSTILE

Told = list[Any]
"""Status, headers and body, or the exception."""


# Views


def write(request: HttpRequest) -> HttpResponse:
    shelf = Shelf.objects.create(name="top")
    product = Product.objects.create(title="one", shelf=shelf, price="1.5", sku=uuid.UUID(int=7))
    product.tags.add(Tag.objects.create(label="new"))
    Tag.objects.bulk_create(Tag(label=str(number)) for number in range(5))
    Product.objects.filter(pk=product.pk).update(status=Status.LIVE)
    Tag.objects.filter(label="3").delete()
    transaction.on_commit(lambda: None)
    try:
        with transaction.atomic():
            Shelf.objects.create(name="top")
    except IntegrityError as error:
        return HttpResponse(f"{type(error).__qualname__}: {error}")
    return HttpResponse("never")


def read(request: HttpRequest) -> HttpResponse:
    found = Product.objects.select_related("shelf").prefetch_related("tags").get()
    kinds = [type(value).__name__ for value in (found.price, found.sku, found.facts)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT label FROM shop_tag WHERE id > %s ORDER BY id", [0])
        rows = [cursor.fetchone(), *cursor.fetchmany(2), *cursor.fetchall()]
        cursor.execute("SELECT label FROM shop_tag WHERE label LIKE '%'")
        rows += list(cursor)
        cursor.executemany("UPDATE shop_tag SET label = %s WHERE label = %s", [("a", "b"), ("c", "d")])
        once: Any = iter([("a", "b")])
        cursor.executemany("UPDATE shop_tag SET label = %s WHERE label = %s", once)
        kinds.append(type(rows[0]).__name__)
    streamed = [tag.label for tag in Tag.objects.order_by("pk").iterator(chunk_size=2)]
    counted = [Tag.objects.count(), ContentType.objects.get_for_model(Tag).model]
    told = {"kinds": kinds, "rows": rows, "streamed": streamed, "counted": counted, "user": str(request.user)}
    return JsonResponse(told)


def broken_sql(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    return HttpResponse("never")


def rolled_back(request: HttpRequest) -> HttpResponse:
    try:
        with transaction.atomic():
            Tag.objects.create(label="gone")
            boom(request)
    except LookupError:
        pass
    return HttpResponse(str(Tag.objects.filter(label="gone").exists()))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        for tag in Tag.objects.order_by("pk"):
            yield tag.label

    return StreamingHttpResponse(chunks())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(bytes(range(256))), filename="a.bin")


def form(request: HttpRequest) -> HttpResponse:
    return JsonResponse(dict(request.POST.lists()))


def body(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body[::-1], content_type=request.content_type)


def read_lines(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"|".join([request.readline(), request.read(3), *request]))


def upload(request: HttpRequest) -> HttpResponse:
    sent: Any = request.FILES["file"]
    return HttpResponse(sent.read() + request.POST["name"].encode())


def enter(request: HttpRequest) -> HttpResponse:
    login(request, authenticate(request, username="ada", password="pw"))
    request.session["basket"] = [1]
    return HttpResponse("in")


def tell(request: HttpRequest) -> HttpResponse:
    vars(request)["_messages"] = default_storage(request)
    messages.info(request, "stored")
    messages.info(request, gettext_lazy("lazy"))
    return HttpResponse(" ".join(str(message) for message in messages.get_messages(request)))


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/detail.html", {"number": 1, "rows": [1, 2]})


class NameForm(forms.Form):
    name = forms.CharField(max_length=3)

    def clean(self) -> NoReturn:
        raise forms.ValidationError(["Not so.", forms.ValidationError("No.", code="no")])


def refused(request: HttpRequest) -> HttpResponse:
    form, formset = NameForm(request.POST), forms.formset_factory(NameForm)(request.POST)
    told = [form.is_valid(), formset.is_valid()]
    page = render(request, "shop/detail.html", {"number": 1, "rows": [], "form": form, "formset": formset})
    return HttpResponse(f"{told} {page.content.decode()} {form.errors} {formset.errors}")


def jinja(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/row.html", {"row": 1}, using="jinja2")


def hostile(request: HttpRequest) -> HttpResponse:
    """Hand objects that bear nothing to everything that is looked at."""
    for number, thing in enumerate(HOSTILE):
        vars(request)[f"hostile_{number}"] = thing
        request.session[f"hostile_{number}"] = number
        take(thing, keyword=thing)
    return render(request, "shop/detail.html", {"number": 1, "things": HOSTILE, "rows": []})


def take(thing: object, *, keyword: object) -> object:
    held = [thing, {"held": thing}]
    return held[0]


def lone(request: HttpRequest) -> HttpResponse:
    text = "\ud800 lone"
    take(text, keyword=b"\xff\xfe")
    logging.getLogger("shop").info("quiet")
    return HttpResponse(b"\xff\xfe\x00", content_type="text/plain; charset=utf-8")


def outbound(request: HttpRequest) -> HttpResponse:
    session = requests.Session()
    session.trust_env = False
    answers = [
        session.get(f"{_remote()}/redirect", headers={"X-Way": "out"}, timeout=5).text,
        session.post(f"{_remote()}/echo", json={"a": 1}, timeout=5).text,
        session.post(f"{_remote()}/echo", data=iter([b"a", b"b"]), timeout=5).status_code,
        session.get(f"{_remote()}/echo", stream=True, timeout=5).raw.read(),
    ]
    try:
        session.get("http://127.0.0.1:1/", timeout=5)
    except requests.ConnectionError as error:
        answers.append(type(error).__qualname__)
    with urllib.request.urlopen(f"{_remote()}/echo", timeout=5) as answer:
        answers.append(answer.read())
    return HttpResponse(repr(answers))


def redirect(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/shop/detail/5/")


def lazy(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(take(SimpleLazyObject(lambda: "lazy"), keyword=gettext_lazy("lazy"))))


def boom(request: HttpRequest) -> HttpResponse:
    raise LookupError("gone")


class ShyError(Exception):
    def __str__(self) -> str:
        raise SystemExit("somebody asked")


def shy(request: HttpRequest) -> HttpResponse:
    raise ShyError(Tag.objects.all())


def deep(request: HttpRequest) -> HttpResponse:
    def fall(depth: int) -> int:
        return fall(depth + 1)

    try:
        fall(0)
    except RecursionError as error:
        return HttpResponse(type(error).__qualname__)
    return HttpResponse("never")


def out_of_memory(request: HttpRequest) -> HttpResponse:
    raise MemoryError("the app's")


def interrupted(request: HttpRequest) -> NoReturn:
    raise KeyboardInterrupt("the user's")


def leaving(request: HttpRequest) -> NoReturn:
    sys.exit(3)


def in_a_thread(request: HttpRequest) -> HttpResponse:
    answers: list[str] = []
    worker = threading.Thread(target=lambda: answers.append(str(add(1, 2))))
    worker.start()
    worker.join()
    return HttpResponse(answers[0])


def add(one: int, other: int) -> int:
    return one + other


def generate(request: HttpRequest) -> HttpResponse:
    def numbers(limit: int) -> Iterator[int]:
        yield from range(limit)
        raise LookupError("end")

    found: list[int] = []
    try:
        found.extend(numbers(3))
    except LookupError:
        found.append(-1)
    return JsonResponse({"found": found})


async def later(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    labels = [tag.label async for tag in Tag.objects.order_by("pk")]
    if hasattr(request.session, "aset"):  # from Django 5.0 on
        await request.session.aset("seen", True)
    return JsonResponse({"labels": labels})


_left_behind: list[asyncio.Task[int]] = []


async def leave_behind(request: HttpRequest) -> HttpResponse:
    """Answer before all is done."""

    async def count_later() -> int:
        await asyncio.sleep(0.01)
        return len([tag async for tag in Tag.objects.order_by("pk")]) + await Tag.objects.acount()

    _left_behind.append(asyncio.create_task(count_later()))
    return HttpResponse("begun")


async def later_boom(request: HttpRequest) -> HttpResponse:
    raise LookupError("gone")


async def later_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield str(number).encode()

    return StreamingHttpResponse(chunks())


# Requests


@dataclass(frozen=True)
class Case:
    name: str
    run: Callable[[], Told]

    def told(self, watched: Callable[[Callable[[], Told]], Told] = lambda run: run()) -> Told:
        """Return what the client got, from the same start each time; ``watched`` calls what it is given."""
        return contextvars.copy_context().run(self._told, watched)

    def _told(self, watched: Callable[[Callable[[], Told]], Told]) -> Told:
        _recover()
        # Clearing takes as long as answering: only where something was written since, by this thread or, as
        # by asynchronous cases, by another one, whose connection counts by itself.
        with suppress_instrumentation():
            if _cleared != [connection.connection.total_changes] or Session.objects.exists():
                _start_anew()
        _cleared[:] = [connection.connection.total_changes]
        told = watched(self._outcome)
        with suppress_instrumentation():
            return [*told, Tag.objects.count(), Shelf.objects.count(), Product.objects.count()]

    def _outcome(self) -> Told:
        # Session keys are drawn: all runs draw the same ones.
        with mock.patch("django.utils.crypto.secrets.choice", random.Random(1).choice):
            try:
                return self.run()
            except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - the outcome
                return [type(error).__qualname__, str(error)]


def _recover() -> None:
    """Leave the transaction in which a case was left by a fault put between Django and the driver."""
    if connection.in_atomic_block or connection.connection.in_transaction:
        connection.connection.rollback()
        vars(connection).update(
            in_atomic_block=False,
            needs_rollback=False,
            savepoint_ids=[],
            atomic_blocks=[],
            run_on_commit=[],
            autocommit=True,
        )


_cleared: list[int] = []


def _start_anew() -> None:
    for model in (Product.tags.through, Product, Shelf, Tag, Session, User):
        model.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence")
    User.objects.create(username="ada", password="md5$salt$963e2232fa95666443f1ee9ffcdceda0")
    Product.objects.create(title="zero", shelf=Shelf.objects.create(name="low"), sku=uuid.UUID(int=1))
    Tag.objects.bulk_create(Tag(label=f"é{number}") for number in range(5))


def _answered(response: Any) -> Told:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = sorted((key, value) for key, value in response.items())
    cookies = sorted((name, morsel.value) for name, morsel in response.cookies.items())
    response.close()
    return [response.status_code, headers, cookies, content.hex()]


def _case(view: Callable[..., Any], method: str = "get", path: str = "/stage/x/", **request: Any) -> Case:
    def run() -> Told:
        Stage.view = view
        sent = {name: value() if callable(value) else value for name, value in request.items()}
        return _answered(getattr(Client(raise_request_exception=False), method)(path, **sent))

    return Case(f"{view.__name__} {method} {path} {request.get('content_type', '')}".strip(), run)


def _raising(view: Callable[..., Any]) -> Case:
    def run() -> Told:
        Stage.view = view
        return _answered(Client().get("/stage/x/"))

    return Case(f"{view.__name__} raising", run)


def _async_case(view: Callable[..., Any], path: str = "/astage/x/") -> Case:
    async def answered() -> Told:
        Stage.view = view
        _left_behind.clear()  # of a request that a fault ended
        response: Any = await AsyncClient(raise_request_exception=False).get(path)
        if not response.streaming:
            counted = [await task for task in _left_behind]
            _left_behind.clear()
            return [response.status_code, response.content.hex(), *counted]
        parts = [part async for part in response.streaming_content]
        response.close()
        return [response.status_code, b"".join(parts).hex()]

    return Case(f"{view.__name__} async", lambda: asyncio.run(answered()))


class _Remote(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        redirected = self.path == "/redirect"
        self.send_response(302 if redirected else 200)
        if redirected:
            self.send_header("Location", "/echo")
        self.send_header("Content-Length", "0" if redirected else "4")
        self.end_headers()
        if not redirected:
            self.wfile.write(b"echo")

    do_POST = do_GET  # noqa: N815 - as http.server wants it

    def log_message(self, *args: object) -> None:
        pass


_servers: list[ThreadingHTTPServer] = []


def _remote() -> str:
    if not _servers:
        _servers.append(ThreadingHTTPServer(("127.0.0.1", 0), _Remote))
        threading.Thread(target=_servers[0].serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{_servers[0].server_port}"


CASES = (
    _case(write),
    _case(read),
    _case(broken_sql),
    _case(rolled_back),
    _case(stream),
    _case(file),
    _case(form, "post", data={"name": ["é", "b"], "password": "hunter2"}),
    _case(body, "post", data=json.dumps({"a": [1, None]}), content_type="application/json"),
    _case(body, "post", data=b"\xff\x00", content_type="application/octet-stream"),
    _case(read_lines, "post", data=b"one\ntwo\nthree\n", content_type="text/plain"),
    _case(upload, "post", data=lambda: {"name": "é", "file": SimpleUploadedFile("a.bin", bytes(range(256)))}),
    _case(enter),
    _case(tell),
    _case(page),
    _case(page, "head"),
    _case(refused, "post", data={"name": "long", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"}),
    _case(page, path="/shop/detail/5/"),
    _case(page, path="/nowhere/"),
    _case(jinja),
    _case(hostile),
    _case(lone),
    _case(redirect),
    _case(outbound),
    _case(boom),
    _raising(boom),
    _case(shy),
    _case(deep),
    _case(out_of_memory),
    _raising(out_of_memory),
    _raising(interrupted),
    _raising(leaving),
    _case(in_a_thread),
    _case(generate),
    _case(lazy),
    _async_case(later),
    _async_case(leave_behind),
    _async_case(later_boom),
    _async_case(later_stream),
    _async_case(page, "/stage/x/"),
)
