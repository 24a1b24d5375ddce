"""No secret is written, of whatever kind and wherever in a request it stands.

Real requests go through a project that handles secrets carelessly; then the bytes of every file
that was written are searched for them, in every spelling.
"""

import base64
import contextlib
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from django import forms
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import BaseCommand, CommandError, CommandParser, base, call_command
from django.core.management.base import OutputWrapper
from django.db import connection
from django.dispatch import Signal, receiver
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.template import engines
from django.test import Client, override_settings
from django.utils.html import escape
from django.utils.safestring import mark_safe
from opentelemetry import trace

from otel2test.processors import calls, effects, project, recorded, recording
from otel2test.processors.files import TraceFile
from otel2test.processors.operations import commands
from otel2test.processors.outbound import urllib as outbound
from otel2test.processors.recorder import activate, active
from otel2test.processors.redaction import redactor
from otel2test.scanning import scan
from tests.processors.django.projects.shop.conftest import RECORDER
from tests.processors.django.projects.shop.harness import Memory
from tests.processors.django.projects.shop.models import ApiToken, Product
from tests.processors.django.projects.shop.urls import Stage
from tests.processors.effects.projects.kiosk import celery_app as celery_tasks
from tests.secrets.corpus import SECRETS, Secret, leaks

project.configure(("tests.*",), ())
calls.install(RECORDER)
effects.install(RECORDER)
outbound.install(RECORDER)

each_secret = pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.kind)
each_shown = pytest.mark.parametrize(
    "secret", [secret for secret in SECRETS if secret.shows], ids=lambda secret: secret.kind
)


class Written:
    """The files, and a client that makes the recorder write them."""

    def __init__(self, folder: Path, memory: Memory) -> None:
        self.folder = folder
        self.memory = memory
        self.client = Client(raise_request_exception=False)

    def send(self, view: Callable[[HttpRequest], Any], path: str = "/stage/x/", **request: Any) -> Any:
        Stage.view = view
        method = request.pop("method", "post")
        response = getattr(self.client, method)(path, **request)
        if response.streaming:
            assert b"".join(response.streaming_content)
        return response

    @property
    def data(self) -> bytes:
        """All that was written, and what is base64 in it as plain bytes."""
        raw = b"\n".join(file.read_bytes() for file in sorted(self.folder.rglob("*")) if file.is_file())
        assert raw
        return b"\n".join([raw, *self._decoded()])

    def _decoded(self) -> Iterator[bytes]:
        for each in self.memory.traces:
            for span in each.spans:
                yield from decoded(span.attributes)


def decoded(value: Any, key: str = "") -> Iterator[bytes]:
    """Yield the bytes that stand in base64 in payloads."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from decoded(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from decoded(item, key)
    elif isinstance(value, str) and key in {"content", "base64", "$bytes", "$str"}:
        yield base64.b64decode(value)


@pytest.fixture
def written(tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    file = TraceFile(tmp_path)
    remember = memory.write

    def write(line: bytes, service: str) -> bool:
        assert remember(line, service)
        return file.write(line, service)

    monkeypatch.setattr(RECORDER._file, "write", write)
    # As in a process that has met none of them.
    redactor.__init__(b"a key for tests")  # type: ignore[misc]
    yield Written(tmp_path, memory)
    ApiToken.objects.all().delete()
    Product.objects.all().delete()


def told(secret: Secret, data: bytes) -> list[bytes]:
    """Return the leaks of a secret, each with what stands around it."""
    return [
        data[max(0, (at := data.index(form)) - 120) : at + len(form) + 30] for form in leaks(secret, data)
    ]


class Account:
    def __init__(self, note: str, token: str) -> None:
        self.note = note
        self.token = token


def pass_through(value: str) -> str:
    copy = value
    assert copy
    return value


def careless(secret: Secret) -> Callable[[HttpRequest], Any]:
    """Return a view that puts a secret wherever a program can put one, mostly without a name."""
    text = secret.text

    def view(request: HttpRequest) -> HttpResponse:
        carried = pass_through(text)
        account = Account(carried, carried)
        environ = {"PATH": "/bin", "NOTE": carried, "API_TOKEN": carried, "nested": [{"note": (carried,)}]}
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s, %s AS token", [carried, carried])
            cursor.fetchall()
            quoted = carried.replace("'", "''").replace("%", "%%")
            if "\\" not in quoted and "?" not in quoted:
                cursor.execute(f"SELECT '{quoted}' AS note")
                cursor.fetchone()
        product = Product.objects.create(title=carried[:80], facts={"note": carried, "api_key": carried})
        list(Product.objects.filter(pk=product.pk))
        request.session["note"] = carried
        request.session["access_token"] = carried
        cache.set("note", carried)
        cache.get("note")
        mail.send_mail(
            f"It is {carried}"[:60].replace("\n", " "), f"Use {carried} now", "a@b.org", ["c@d.org"]
        )
        logging.getLogger("shop").warning("refused %s of %s", carried, account.token)
        span = trace.get_current_span()
        span.set_attribute("app.note", carried)
        span.set_attribute("app.access_token", carried)
        span.set_attribute("app.notes", [carried, "x"])
        span.add_event("noted", {"note": carried})
        span.record_exception(ValueError(f"bad {carried}"))
        assert environ
        return HttpResponse(
            f"<p>{carried}</p><input type='hidden' name='csrfmiddlewaretoken' value='{quote(carried)}'>"
        )

    return view


@each_secret
def test_a_secret_is_written_nowhere(written: Written, secret: Secret) -> None:
    key = "".join(character for character in secret.text if character.isprintable())
    headers = {"HTTP_X_API_KEY": key} if key.isascii() else {}
    written.send(
        careless(secret),
        f"/stage/{quote(secret.text, safe='')}/?note={quote(secret.text)}&token={quote(secret.text)}",
        data={"note": secret.text, "password": secret.text},
        **headers,
    )

    assert told(secret, written.data) == []


shop_signal = Signal()


@receiver(shop_signal)
def received(sender: object, note: object, **_: object) -> None:
    assert note


def in_turn(value: str) -> Iterator[str]:
    yield value
    yield f"again {value}"


def refused(value: str) -> None:
    raise LookupError(f"no {value}", value.encode())


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-Note", self.path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def careless_elsewhere(secret: Secret, echo: str) -> Callable[[HttpRequest], Any]:
    """Return a view that puts a secret into side effects, hops and values of many types."""
    text = secret.text
    encoded = quote(text, safe="")

    def view(request: HttpRequest) -> HttpResponse:
        held: list[Any] = [deque([text]), {text}, (text, [text]), text.encode(), bytearray(text.encode())]
        held += [f"postgres://joe:{encoded}@db.example/shop", {text: 1}, {"when": {"note": text}}]
        assert [*in_turn(text)]
        with contextlib.suppress(LookupError):
            refused(text)
        cache.set(f"of-{text}", {"note": [text]})
        cache.get_many([f"of-{text}", encoded])
        storage = InMemoryStorage()
        name = storage.save(f"{encoded}.txt", ContentFile(f"a;{text};b"))
        storage.delete(name)
        shop_signal.send(Account, note=text, more={"note": (text,)})
        celery_tasks.add.delay(text, b=[text])
        celery_tasks.app.send_task("kiosk.add", [{"note": text}])
        message = mail.EmailMultiAlternatives("note", f"Use {text} now", "a@b.org", ["c@d.org"])
        message.attach_alternative(f"<p>{escape(text)}</p>", "text/html")
        message.attach("note.txt", f"see {text}")
        message.send()
        logging.getLogger("shop").error("see %(note)s", {"note": text}, extra={"note": text})
        sent = Request(f"{echo}/{encoded}?note={encoded}&token={encoded}", json.dumps([text]).encode())
        sent.add_header("X-Note", encoded)
        with urlopen(sent) as answered:
            held.append(answered.read())
        engines["django"].from_string("{{ note }}").render({"note": text, "held": held})
        response = HttpResponseRedirect(f"/stage/{encoded}/?note={encoded}&code={encoded}")
        response.set_cookie("note", encoded)
        response["X-Note"] = encoded
        return response

    return view


@each_secret
def test_a_secret_is_in_no_side_effect_hop_or_value(written: Written, secret: Secret, echo: str) -> None:
    encoded = quote(secret.text, safe="")
    written.client.cookies["note"] = encoded
    response = written.send(
        careless_elsewhere(secret, echo),
        data={"note": secret.text, "password": secret.text},
        headers={"x-note": encoded, "referer": f"http://testserver/?note={encoded}"},
    )

    assert response.status_code == 302
    recorded = written.memory.requests()[-1]
    told_of = {name.removeprefix("otel2test.") for name in recorded.request}
    assert told_of >= {"cache", "files", "signals", "tasks", "mails", "logs", "calls"}
    assert [span for span in recorded.spans if "otel2test.http.outbound" in span.attributes]
    assert told(secret, written.data) == []


class NoteForm(forms.Form):
    """Repeats what was typed in each of its errors."""

    note = forms.CharField(required=False)
    password = forms.CharField(required=False)

    def clean_note(self) -> str:
        raise ValidationError(
            "no note like %(note)s", code="note", params={"note": self.cleaned_data["note"]}
        )

    def clean(self) -> dict[str, Any]:
        raise ValidationError(
            [f"refused {self.data['note']}", mark_safe(f"<b>{escape(self.data['note'])}</b>")]
        )


@each_secret
def test_a_secret_is_in_no_message_and_no_error_of_a_form(written: Written, secret: Secret) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        request._messages = CookieStorage(request)  # type: ignore[attr-defined] # as the middleware does
        form = NoteForm(request.POST)
        assert not form.is_valid()
        messages.error(request, f"We have no {request.POST['note']}.")
        messages.success(request, mark_safe(f"<i>{escape(request.POST['note'])}</i>"), request.POST["note"])
        return render(request, "shop/detail.html", {"number": request.POST["note"], "form": form, "rows": []})

    data = {"note": secret.text.replace("\n", " ").strip(), "password": secret.text}
    assert written.send(view, data=data).status_code == 200

    told_of = {name.removeprefix("otel2test.") for name in written.memory.requests()[-1].request}
    assert told_of >= {"forms", "messages"}
    assert told(secret, written.data) == []


class Command(BaseCommand):
    """Says what it is given."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("notes", nargs="*")
        for name in ("--note", "--password"):
            parser.add_argument(name)

    def handle(self, *_: str, **options: Any) -> None:
        for note in options["notes"]:
            self.stdout.write(f"see {note}")
        self.stdout.write(options["password"])
        raise CommandError(f"no {options['note']}")


@recorded("keep")
def keep(note: str, *, password: str) -> list[Any]:
    assert password
    return [note, {"note": note}]


@pytest.fixture
def _operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for owner, name in ((BaseCommand, "run_from_argv"), (BaseCommand, "execute"), (OutputWrapper, "write")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back afterwards
    commands.install(base)
    before = active()
    activate(RECORDER)
    yield
    activate(before)


@pytest.mark.usefixtures("_operations")
@each_secret
def test_a_secret_is_in_no_operation(written: Written, secret: Secret) -> None:
    text = secret.text
    keep(text, password=text)
    with contextlib.suppress(LookupError), recording("refuse"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s, %s AS token", [pass_through(text), text])
            cursor.fetchall()
        refused(text)
    with contextlib.suppress(CommandError):
        call_command(Command(stdout=StringIO()), "--", text, note=text, password=text)

    told_of = [span.attributes for trace in written.memory.traces for span in trace.spans]
    operations = [values["otel2test.operation"] for values in told_of if "otel2test.operation" in values]
    assert [told["kind"] for told in operations] == ["block", "block", "command"]
    assert operations[-1]["output"].startswith("see ")
    assert told(secret, written.data) == []


try:
    from django.tasks import task
except ImportError:
    pass  # came with Django 6.0
else:
    to_do = task(pass_through)

    @each_secret
    def test_a_secret_is_in_no_task(written: Written, secret: Secret) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            to_do.enqueue(request.POST["password"])
            to_do.enqueue(value=secret.text)
            return HttpResponse("ok")

        written.send(view, data={"password": secret.text})

        assert len(written.memory.requests()[-1]["tasks"]) == 2
        assert told(secret, written.data) == []


@each_shown
def test_a_secret_with_a_shape_is_written_nowhere_though_nothing_names_it(
    written: Written, secret: Secret
) -> None:
    text = secret.text

    def view(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [text])
            cursor.fetchone()
        request.session["note"] = text
        mail.send_mail("note", f"Use {text} now", "a@b.org", ["c@d.org"])
        trace.get_current_span().set_attribute("app.note", text)
        return HttpResponse(f"<p>{text}</p>")

    written.send(view, data={"note": text})

    assert told(secret, written.data) == []


def parsed(request: HttpRequest) -> HttpResponse:
    values = [*request.POST.values(), *(cast("Any", file).read() for file in request.FILES.values())]
    body = b"" if values else request.body
    return HttpResponse(f"{len(values)} {len(body)}")


def xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


Texts = list[str]
BODIES: dict[str, Callable[[Texts], dict[str, Any]]] = {
    "form": lambda texts: {
        "data": "&".join(f"new_password1={quote(text, safe='')}" for text in texts),
        "content_type": "application/x-www-form-urlencoded",
    },
    "multipart": lambda texts: {
        "data": {"password": texts, "file": SimpleUploadedFile("a.txt", b"nothing")},
    },
    "json": lambda texts: {
        "data": json.dumps([{"user": {"apiKey": text, "n": [1, {"refresh_token": text}]}} for text in texts]),
        "content_type": "application/json",
    },
    "json, escaped": lambda texts: {
        "data": json.dumps([{"body": json.dumps({"client_secret": text})} for text in texts]),
        "content_type": "application/json",
    },
    "xml": lambda texts: {
        "data": "".join(f"<a><user>joe</user><password>{xml(text)}</password></a>" for text in texts),
        "content_type": "application/xml",
    },
    "unknown": lambda texts: {
        "data": json.dumps([{"secret": text} for text in texts]),
        "content_type": "application/x-own",
    },
}
BATCHES = [SECRETS[start::5] for start in range(5)]
each_batch = pytest.mark.parametrize("batch", BATCHES)


def all_told(secrets: Iterable[Secret], data: bytes) -> list[bytes]:
    return [leak for secret in secrets for leak in told(secret, data)]


@each_batch
@pytest.mark.parametrize("body", BODIES)
def test_secrets_in_a_body_are_not_written(written: Written, batch: Sequence[Secret], body: str) -> None:
    written.send(parsed, **BODIES[body]([secret.text for secret in batch]))

    assert all_told(batch, written.data) == []


@each_batch
def test_secrets_in_uploaded_files_are_not_written(written: Written, batch: Sequence[Secret]) -> None:
    shown = [secret for secret in batch if secret.shows]
    for secret in shown:
        contents = (f"a;b\n{secret.text};c\n".encode(), b"\x89PNG\xff\0" + secret.text.encode() + b"\xfe")
        written.send(parsed, data={"files": [SimpleUploadedFile("a.bin", content) for content in contents]})

    assert all_told(shown, written.data) == []


@each_batch
def test_secrets_in_a_response_are_not_written(written: Written, batch: Sequence[Secret]) -> None:
    texts = [secret.text for secret in batch]

    def in_json(request: HttpRequest) -> HttpResponse:
        response = JsonResponse([{"token": text, "again": f"it is {text}"} for text in texts], safe=False)
        for number, text in enumerate(texts):
            if text.isascii() and text.isprintable():
                response[f"X-Auth-Token-{number}"] = text
            response.set_cookie(f"auth_token{number}", quote(text))
        return response

    def in_parts(request: HttpRequest) -> StreamingHttpResponse:
        parts = (part for text in texts for part in ('{"token": ', json.dumps(text), "}"))
        return StreamingHttpResponse(parts, content_type="application/json")

    def in_error(request: HttpRequest) -> HttpResponse:
        passwords = texts
        raise ValueError("refused: " + " ".join(f"password={text!r}" for text in passwords))

    for view in (in_json, in_parts, in_error):
        written.send(view, method="get")

    assert all_told(batch, written.data) == []


@each_batch
def test_secrets_in_sql_of_its_own_are_not_written(written: Written, batch: Sequence[Secret]) -> None:
    texts = [secret.text.replace("\n", " ") for secret in batch]

    def view(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE vault (name varchar(40), api_key varchar(500))")
            try:
                for text in texts:
                    cursor.execute("INSERT INTO vault (name, api_key) VALUES (%s, %s)", ["a", text])
                    cursor.executemany("INSERT INTO vault (name, api_key) VALUES (%s, %s)", [["b", text]])
                    cursor.execute("SELECT * FROM vault WHERE api_key = %s AND name = %s", [text, "a"])
                    assert cursor.fetchall() == [("a", text)]
            finally:
                cursor.execute("DROP TABLE vault")
        return HttpResponse("ok")

    assert written.send(view).status_code == 200
    assert all_told(batch, written.data) == []


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """All secrets in the environment of this process, under a secret's name where they have no shape."""
    monkeypatch.setattr(RECORDER, "settings", replace(RECORDER.settings, max_body=5_000_000))
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for number, secret in enumerate(SECRETS):
        monkeypatch.setenv(f"NOTE_{number}" if secret.shows else f"APP_{number}_PASSWORD", secret.text)


def hold(environ: object) -> object:
    held = [environ]
    assert held
    return environ


def in_many_forms(request: HttpRequest) -> HttpResponse:
    environ = hold(os.environ)
    as_bytes = hold({os.fsencode(k): v for k, v in os.environb.items()})
    pairs, values = hold(sorted(os.environ.items())), hold(list(os.environ.values()))
    typed = hold(["run", *(f"--note={value}" for value in os.environ.values())])
    return HttpResponse(f"{bool(environ)} {as_bytes and pairs and values and typed and True}")


def one_by_one(request: HttpRequest) -> HttpResponse:
    for value in os.environ.values():
        pass_through(value)
        logging.getLogger("shop").warning("there is %s", value)
    return HttpResponse("".join(f"{name}={value}\n" for name, value in os.environ.items()), "text/plain")


def on_the_debug_page(request: HttpRequest) -> HttpResponse:
    request.META.update(os.environ)  # as runserver does
    shown = list(os.environ.values())
    raise LookupError(shown)


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("view", [in_many_forms, one_by_one, on_the_debug_page])
def test_secrets_of_the_environment_are_not_written(
    written: Written, view: Callable[[HttpRequest], HttpResponse]
) -> None:
    with override_settings(DEBUG=True):
        response = written.send(view)

    assert response.status_code == (500 if view is on_the_debug_page else 200)
    assert all_told(SECRETS, written.data) == []


@pytest.mark.usefixtures("planted")
def test_the_page_that_shows_the_settings_has_no_secrets(written: Written) -> None:
    texts = [secret.text for secret in SECRETS]

    def view(request: HttpRequest) -> HttpResponse:
        raise LookupError("see the settings")

    with override_settings(DEBUG=True, NOTES=texts, MAIL={"NOTE": texts}, READ=dict(os.environ)):
        page = written.send(view).content.decode()

    assert page.count(escape(texts[0])) >= 3
    assert len(written.memory.requests()[-1]["http.response"]["body"]["text"]) == len(page)
    assert all_told(SECRETS, written.data) == []


def test_a_secret_is_the_same_pseudonym_in_path_form_mail_and_row(written: Written) -> None:
    token = "a1B2c3D4e5F6g7H8"

    def view(request: HttpRequest) -> HttpResponse:
        ApiToken.objects.filter(key=request.POST["token"]).first()
        mail.send_mail("Hello", f"Go to https://shop.example/enter/{token}/now", "a@b.org", ["c@d.org"])
        return HttpResponse("ok")

    written.send(view, f"/stage/{token}/", data={"token": token})
    made = redactor.secret(token)
    recorded = written.memory.requests()[-1]

    assert recorded["http.request"]["path"] == f"/stage/{made}/"
    assert recorded["http.request"]["body"]["fields"] == [["token", made]]
    assert recorded["mails"][0]["body"] == f"Go to https://shop.example/enter/{made}/now"
    assert made in recorded.query('FROM "shop_apitoken"')["params"]


def test_the_scan_finds_nothing_in_what_was_written(written: Written) -> None:
    for secret in SECRETS:
        written.send(careless(secret), data={"note": "x", "password": secret.text})
    written.send(parsed, **BODIES["json"]([secret.text for secret in SECRETS]))

    assert [str(finding) for finding in scan([str(written.folder)], {}).findings] == []
