"""A body that is sent in chunks, its length not told, through a real server."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from otel2test.attributes import REQUEST, REQUEST_BODY
from tests.processors.conftest import spans, written
from tests.processors.project import Project

ECHO = """
def echo(request):
    if request.path == "/form/":
        return HttpResponse("&".join(f"{name}={value}" for name, value in request.POST.items()))
    if request.path == "/lines/":
        return HttpResponse(b"".join(request))
    return HttpResponse(request.body)

urlpatterns = [path(f"{name}/", echo) for name in ("body", "form", "lines")]
"""
LINES = [f"line {number}\n".encode() * 100 for number in range(30)]
WHOLE = b"".join(LINES).decode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, str]]:
    project = Project.make(tmp_path_factory.mktemp("chunked") / "tiny")
    with (project.folder / "tiny.py").open("a", encoding="utf-8") as settings:
        settings.write(ECHO)
    command = ("opentelemetry-instrument", "uvicorn", "--port", "{port}", "asgi:application")
    with project.serve(*command, OTEL_TRACES_EXPORTER="otel2test") as url:
        yield project, url


def send(url: str, path: str, content_type: str, chunks: list[bytes]) -> str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    headers = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}
    connection.request("POST", path, body=iter(chunks), headers=headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 200
    answer = response.read().decode()
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "content_type", "chunks", "answer", "expected"),
    [
        ("/body/", "text/plain", LINES, WHOLE, {"kind": "text", "text": WHOLE}),
        ("/lines/", "text/plain", LINES, WHOLE, {"kind": "text", "text": WHOLE}),
        (
            "/body/",
            "application/json",
            [b'{"a": [1, ', b'"\xc3', b'\xa9"]}'],
            '{"a": [1, "é"]}',
            {"kind": "json", "text": '{"a": [1, "é"]}'},
        ),
        (
            "/form/",
            "application/x-www-form-urlencoded",
            [b"name=a", b"da&no", b"te=x"],
            "name=ada&note=x",
            {"kind": "form", "fields": [["name", "ada"], ["note", "x"]]},
        ),
    ],
    ids=["text", "lines", "json", "form"],
)
def test_a_chunked_body_is_recorded_whole(
    served: tuple[Project, str],
    path: str,
    content_type: str,
    chunks: list[bytes],
    answer: str,
    expected: dict[str, Any],
) -> None:
    project, url = served
    before = len(project.requests())

    assert send(url, path, content_type, chunks) == answer

    project.wait_for_requests(before + 1)
    *_, request = requests(project)
    assert request["path"] == path
    assert ["Transfer-Encoding", "chunked"] in request["headers"]
    assert request["body"] == {**expected, "size": len(b"".join(chunks))}


def requests(project: Project) -> Iterator[dict[str, Any]]:
    for line in written(project.folder / "spans"):
        for span in spans(line):
            found = {item["key"]: item["value"] for item in span["attributes"]}
            if REQUEST in found:
                payload = json.loads(found[REQUEST]["stringValue"])
                if REQUEST_BODY in found:
                    text = found[REQUEST_BODY]["stringValue"]
                    assert payload["body"]["text"] == len(text)
                    payload["body"]["text"] = text
                yield payload
