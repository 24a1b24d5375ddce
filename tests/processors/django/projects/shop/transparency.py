"""Send the same requests with or without recording and print what came back.

Run as ``python -m …transparency on|off|faulty``; ``faulty`` makes every hook of ours fail.
"""

import json
import random
import sys
import uuid
from collections.abc import Iterator
from typing import Any
from unittest import mock

from tests.processors.django.projects.shop.harness import (
    Memory,
    create_tables,
    instrument,
    make_recorder,
    set_up_django,
)

MODE = sys.argv[1]
MEMORY = Memory()
set_up_django()
if MODE != "off":
    instrument(make_recorder(MEMORY))

from django.contrib.auth import authenticate, login  # noqa: E402 - Django is set up before it is used
from django.contrib.auth.models import User  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import IntegrityError, connection, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from tests.processors.django.projects.shop.models import Product, Shelf, Tag  # noqa: E402
from tests.processors.django.projects.shop.urls import Stage  # noqa: E402


def write(request: HttpRequest) -> HttpResponse:
    shelf = Shelf.objects.create(name="top")
    product = Product.objects.create(title="one", shelf=shelf, price="1.5", sku=uuid.UUID(int=7))
    product.tags.add(Tag.objects.create(label="new"))
    Tag.objects.bulk_create(Tag(label=str(number)) for number in range(5))
    try:
        with transaction.atomic():
            Shelf.objects.create(name="top")
    except IntegrityError as error:
        return HttpResponse(f"{type(error).__qualname__}: {error}")
    return HttpResponse("never")


def read(request: HttpRequest) -> HttpResponse:
    found = Product.objects.select_related("shelf").prefetch_related("tags").get()
    kinds = [type(value).__name__ for value in (found.price, found.sku, found.added, found.facts)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT label FROM shop_tag ORDER BY id")
        rows = [cursor.fetchone(), *cursor.fetchmany(2), *cursor]
        kinds.append(type(rows[0]).__name__)
    streamed = [tag.label for tag in Tag.objects.order_by("pk").iterator(chunk_size=2)]
    return JsonResponse({"kinds": kinds, "rows": rows, "streamed": streamed, "user": str(request.user)})


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[str]:
        for tag in Tag.objects.order_by("pk"):
            yield tag.label

    return StreamingHttpResponse(chunks())


def upload(request: HttpRequest) -> HttpResponse:
    file: Any = request.FILES["file"]
    return HttpResponse(file.read() + request.POST["name"].encode())


def enter(request: HttpRequest) -> HttpResponse:
    login(request, authenticate(request, username="ada", password="pw"))
    request.session["basket"] = [1]
    return HttpResponse("in")


def boom(request: HttpRequest) -> HttpResponse:
    raise LookupError("gone")


class Shy:
    """Nothing may be asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError("asked")

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)

    __str__ = __repr__


def shy(request: HttpRequest) -> HttpResponse:
    vars(request)["shy"] = Shy()
    return render(request, "shop/detail.html", {"number": 1, "shy": Shy()})


def visits() -> Iterator[tuple[str, Any]]:
    client = Client(raise_request_exception=False)
    with mock.patch("django.utils.crypto.secrets.choice", random.Random(1).choice):
        User.objects.create_user("ada", password="pw")
        for view in (write, read, stream, enter, read, boom, shy):
            Stage.view = view
            yield view.__name__, client.get("/stage/x/")
        Stage.view = upload
        file = SimpleUploadedFile("a.bin", bytes(range(256)))
        yield "upload", client.post("/stage/x/", {"name": "é", "file": file})
        yield "detail", client.get("/shop/detail/5/")
        yield "missing", client.get("/nowhere/")
        yield "head", client.head("/shop/detail/5/")


def fail(*args: object, **kwargs: object) -> None:
    raise RuntimeError("a fault of the recorder's own")


def break_hooks() -> None:
    """Make what our hooks call fail."""
    for target in (
        "bodies.BodyCopy.add",
        "bodies.tee_response",
        "compiler._origin",
        "executions._statement",
        "forms.notice",
        "handlers.failure",
        "identity._data",
        "messages.request_head",
        "schema.schema_payload",
        "templates._remember",
    ):
        mock.patch(f"otel2test.processors.django.{target}", fail).start()


def main() -> None:
    create_tables()
    connection.ensure_connection()
    if MODE == "faulty":
        break_hooks()
    told = []
    with CaptureQueriesContext(connection) as captured:
        for name, response in visits():
            content = response.getvalue() if response.streaming else response.content
            headers = sorted((key, value) for key, value in response.items())
            told.append([name, response.status_code, headers, content.hex()])
            response.close()
    queries = [query["sql"].split()[0] for query in captured.captured_queries]
    print(json.dumps({"responses": told, "queries": queries, "recorded": len(MEMORY.requests())}))


main()
