"""What is told of the request, the view, the response and what went wrong."""

import base64
import gzip
import io
import json
import logging
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
    StreamingHttpResponse,
)
from django.test import Client
from django.views.decorators.http import condition

from tests.processors.django.projects.shop.conftest import Visit
from tests.processors.django.projects.shop.models import Shelf


def test_head_is_told_as_sent(visit: Visit) -> None:
    _, recorded = visit(
        path="/stage/caf%C3%A9/?q=a+b&q=%C3%A9&token=s3cr3t-t0k3n",
        headers={"x-shop": "7", "authorization": "Bearer abcdefghijklmnop"},
    )
    request = recorded["http.request"]
    assert request["method"] == "GET"
    assert request["path"] == "/stage/café/"
    assert request["query_string"].startswith("q=a+b&q=%C3%A9&token=")
    assert "s3cr3t" not in request["query_string"]
    assert (request["scheme"], request["host"]) == ("http", "testserver")
    headers = dict(request["headers"])
    assert headers["X-Shop"] == "7"
    assert headers["Authorization"].startswith("Bearer ")
    assert "abcdefghijklmnop" not in headers["Authorization"]
    assert request["body"] == {"kind": "empty"}


def test_cookies_are_apart_from_headers_and_secret_ones_hidden(visit: Visit, client: Client) -> None:
    client.cookies["sessionid"] = "abcdef0123456789abcdef0123456789"
    client.cookies["colour"] = "red"
    _, recorded = visit()
    request = recorded["http.request"]
    assert "Cookie" not in dict(request["headers"])
    assert request["cookies"]["colour"] == "red"
    assert request["cookies"]["sessionid"] != "abcdef0123456789abcdef0123456789"
    assert len(request["cookies"]["sessionid"]) == 32


def test_form_keeps_order_and_repeats(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.POST["b"])

    response, recorded = visit(
        view,
        method="post",
        data="b=1&a=%C3%A9&b=2&password=hunter2hunter2&empty=",
        content_type="application/x-www-form-urlencoded",
    )
    assert response.content == b"2"
    body = recorded["http.request"]["body"]
    assert body["kind"] == "form"
    fields = [tuple(pair) for pair in body["fields"]]
    assert fields[:3] == [("b", "1"), ("a", "é"), ("b", "2")]
    assert fields[4] == ("empty", "")
    assert fields[3][0] == "password"
    assert fields[3][1] != "hunter2hunter2"
    assert recorded["http.request"]["content_type"] == "application/x-www-form-urlencoded"


def test_upload_is_copied_while_the_program_reads_it(visit: Visit) -> None:
    content = bytes(range(256)) + b"\r\n--not-a-boundary\r\n"

    def view(request: HttpRequest) -> HttpResponse:
        upload = request.FILES["photo"]
        assert not isinstance(upload, list)
        return HttpResponse(upload.read())

    response, recorded = visit(
        view,
        method="post",
        data={
            "title": "Zoë",
            "tag": ["x", "y"],
            "photo": SimpleUploadedFile("a b.png", content, "image/png"),
        },
    )
    assert response.content == content
    body = recorded["http.request"]["body"]
    assert body["kind"] == "multipart"
    assert [tuple(pair) for pair in body["fields"]] == [("title", "Zoë"), ("tag", "x"), ("tag", "y")]
    (upload,) = body["files"]
    assert base64.b64decode(upload.pop("content")) == content
    assert upload == {"field": "photo", "name": "a b.png", "content_type": "image/png", "size": len(content)}


def test_large_upload_is_cut_but_the_program_gets_all(visit: Visit) -> None:
    content = b"x" * 50_000

    def view(request: HttpRequest) -> HttpResponse:
        upload = request.FILES["photo"]
        assert not isinstance(upload, list)
        return HttpResponse(str(upload.size))

    response, recorded = visit(view, method="post", data={"photo": SimpleUploadedFile("x.bin", content)})
    assert response.content == b"50000"
    body = recorded["http.request"]["body"]
    assert body["cut"] is True
    assert body["size"] > 50_000
    assert body["files"][0]["cut"] is True


def test_body_that_the_program_did_not_read_stays_unread(visit: Visit) -> None:
    _, recorded = visit(method="post", data='{"a": 1}', content_type="application/json")
    assert recorded["http.request"]["body"] == {"kind": "unread"}


def test_json_is_kept_as_text(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return JsonResponse(json.loads(request.body))

    sent = '{"a": [1.50, null],  "b": "é"}'
    _, recorded = visit(view, method="put", data=sent, content_type="application/json")
    assert recorded["http.request"]["body"] == {"kind": "json", "size": len(sent.encode()), "text": sent}
    body = recorded["http.response"]["body"]
    assert body["kind"] == "json"
    assert json.loads(body["text"]) == {"a": [1.5, None], "b": "é"}


def test_json_read_as_a_stream(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.read(3) + request.readline())

    response, recorded = visit(view, method="post", data=b'{"a": 1}', content_type="application/json")
    assert response.content == b'{"a": 1}'
    assert recorded["http.request"]["body"]["text"] == '{"a": 1}'


def test_the_text_of_a_body_is_escaped_once(visit: Visit) -> None:
    page = '<p class="a">\n</p>'
    _, recorded = visit(lambda request: HttpResponse(page))
    assert json.dumps(page) in recorded.line
    assert recorded["http.response"]["body"] == {"kind": "text", "size": len(page), "text": page}


def test_response_with_cookies(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("héllo", status=201, headers={"X-Made": "yes"})
        response.set_cookie("colour", "red", max_age=60, httponly=True, samesite="Lax")
        response.delete_cookie("old")
        return response

    _, recorded = visit(view)
    response = recorded["http.response"]
    assert (response["status"], response["reason"]) == (201, "Created")
    assert "streaming" not in response
    assert dict(response["headers"])["X-Made"] == "yes"
    assert response["body"] == {"kind": "text", "size": 6, "text": "héllo"}
    colour, old = response["cookies"]
    assert (colour["name"], colour["value"], colour["deleted"]) == ("colour", "red", False)
    assert colour["attributes"]["max-age"] == 60
    assert colour["attributes"]["httponly"] is True
    assert old["deleted"] is True


@pytest.mark.parametrize(
    ("content", "content_type", "body"),
    [
        (b"\x00\xff", "image/png", {"kind": "binary", "size": 2, "base64": "AP8="}),
        (b"\xff", "text/plain; charset=utf-8", {"kind": "binary", "size": 1, "base64": "/w=="}),
        (b"\xe9", "text/plain; charset=latin-1", {"kind": "text", "size": 1, "text": "é"}),
        (b"x", "text/plain; charset=no-such", {"kind": "binary", "size": 1, "base64": "eA=="}),
        (b"", "text/html", {"kind": "empty"}),
        (b"<a/>", "application/atom+xml", {"kind": "text", "size": 4, "text": "<a/>"}),
    ],
    ids=["image", "wrong charset", "latin-1", "unknown charset", "nothing", "xml"],
)
def test_body_is_read_as_its_type_says(
    visit: Visit, content: bytes, content_type: str, body: dict[str, Any]
) -> None:
    _, recorded = visit(lambda request: HttpResponse(content, content_type=content_type))
    assert recorded["http.response"]["body"] == body


def test_not_modified_has_no_body(visit: Visit) -> None:
    _, recorded = visit(lambda request: HttpResponseNotModified())
    assert recorded["http.response"]["body"] == {"kind": "empty"}


def test_a_conditional_request_is_answered_with_its_condition(visit: Visit) -> None:
    @condition(etag_func=lambda request, rest: '"7"')
    def view(request: HttpRequest, rest: str = "") -> HttpResponse:
        return HttpResponse("whole")

    first, whole = visit(lambda request: view(request, rest=""))
    again, recorded = visit(lambda request: view(request, rest=""), headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert whole["http.response"]["body"]["text"] == "whole"
    assert dict(recorded["http.request"]["headers"])["If-None-Match"] == '"7"'
    assert recorded["http.response"]["status"] == 304
    assert dict(recorded["http.response"]["headers"])["ETag"] == '"7"'
    assert recorded["http.response"]["body"] == {"kind": "empty"}


def test_compressed_body_is_told_plain(visit: Visit) -> None:
    packed = gzip.compress(b"hello " * 100)
    headers = {"Content-Encoding": "gzip"}
    response, recorded = visit(
        lambda request: HttpResponse(packed, headers=headers, content_type="text/plain")
    )
    assert response.content == packed
    assert recorded["http.response"]["body"]["text"] == "hello " * 100


def test_long_body_is_cut(visit: Visit) -> None:
    _, recorded = visit(lambda request: HttpResponse("é" * 30_000))
    body = recorded["http.response"]["body"]
    assert (body["size"], body["cut"], len(body["text"])) == (60_000, True, 10_000)


def test_head_has_no_body(visit: Visit) -> None:
    _, recorded = visit(lambda request: HttpResponse("text"), method="head")
    assert recorded["http.response"]["body"] == {"kind": "empty"}


def test_stream_is_copied_and_its_queries_belong_to_the_request(visit: Visit) -> None:
    def chunks() -> Iterator[str]:
        yield "a"
        yield str(Shelf.objects.count())

    def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(chunks(), content_type="text/plain")

    response, recorded = visit(view)
    assert response.content_kept == b"a0"
    assert recorded["http.response"]["streaming"] is True
    assert recorded["http.response"]["body"] == {"kind": "text", "size": 2, "text": "a0"}
    assert recorded.query("shop_shelf")["rows"] == [[0]]


def test_file_is_left_to_the_server(visit: Visit) -> None:
    def view(request: HttpRequest) -> FileResponse:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        file.write(b"data")
        file.seek(0)
        return FileResponse(file)

    response, recorded = visit(view)
    assert response.content_kept == b"data"
    assert recorded["http.response"]["body"] == {"kind": "streamed"}


def test_file_like_response_is_still_a_file(visit: Visit) -> None:
    response, recorded = visit(lambda request: FileResponse(io.BytesIO(b"data"), filename="x.txt"))
    assert response.content_kept == b"data"
    assert recorded["http.response"]["body"] == {"kind": "streamed"}


def test_view_by_class_and_namespace(visit: Visit) -> None:
    _, recorded = visit(path="/shop/detail/50/")
    view = recorded["http.view"]
    assert view["module"].endswith("shop.urls")
    assert view["qualname"] == "Detail"
    assert view["route"] == "shop/detail/<int:pk>/"
    assert view["url_name"] == "shop:detail"
    assert view["kwargs"] == {"pk": 50, "extra": "yes"}


def test_view_by_function_without_a_name(visit: Visit) -> None:
    _, recorded = visit()
    view = recorded["http.view"]
    assert (view["qualname"], view["url_name"], view["kwargs"]) == ("on_stage", None, {"rest": "x/"})


def test_no_view_no_payload(visit: Visit) -> None:
    response, recorded = visit(path="/nowhere/")
    assert response.status_code == 404
    assert "otel2test.http.view" not in recorded.request
    assert "otel2test.exception" not in recorded.request
    assert recorded["http.response"]["status"] == 404


def test_templates_in_order_with_the_names_of_their_context(visit: Visit) -> None:
    response, recorded = visit(path="/shop/detail/50/")
    assert b"<p>1</p>" in response.content
    found = recorded["templates"]
    assert [template["name"] for template in found] == ["shop/detail.html", "shop/base.html", "shop/row.html"]
    assert found[0]["context_keys"] == ["number", "rows"]
    assert '"name\\":\\"shop/base.html\\",\\"further_keys\\":[' in recorded.line
    assert "row" in found[2]["context_keys"]


def test_unhandled_exception(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise LookupError("nothing here")

    response, recorded = visit(view)
    assert response.status_code == 500
    found = recorded["exception"]
    assert (found["type"], found["message"]) == ("builtins.LookupError", "nothing here")
    file, _, line = found["where"].rpartition(":")
    assert file == "tests/processors/django/projects/shop/test_requests.py"
    assert line.isdigit()


class AskedError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("somebody asked")


def raised_from(cause: Exception) -> Exception:
    error = ValueError("plain")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (lambda: AskedError("what it says"), "what it says"),
        (lambda: raised_from(LookupError(Shelf.objects.all())), "plain"),
        (lambda: LookupError(Shelf.objects.all()), ""),
        (lambda: ExceptionGroup("both", [LookupError(Shelf.objects.all())]), "both"),
    ],
    ids=["its own text", "that of its cause", "a query set", "a group"],
)
def test_an_exception_is_not_asked_for_its_text(
    visit: Visit, error: Callable[[], Exception], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL + 1, "django.request")  # who handles the record would ask

    def view(request: HttpRequest) -> HttpResponse:
        raise error()

    response, recorded = visit(view)
    assert response.status_code == 500
    assert recorded.queries == []
    assert recorded["exception"]["message"] == message
    (event,) = recorded.request_span.events
    assert event["exception.type"].endswith(type(error()).__name__)
    assert event["exception.message"] == message
    assert "test_requests.py" in event["exception.stacktrace"]


def test_an_exception_with_a_plain_text_is_the_instrumentations(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise LookupError("nothing here") from ValueError(7)

    _, recorded = visit(view)
    (event,) = recorded.request_span.events
    assert "exception.escaped" in event
    assert "ValueError: 7" in event["exception.stacktrace"]
