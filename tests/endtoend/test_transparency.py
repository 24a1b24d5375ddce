"""The recorder is a guest: responses and statements are the same with and without it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from samples.stories import STORIES
from samples.stub_server import serving
from tests.endtoend.harness import click, serve
from tests.endtoend.ways import APPLICATIONS, Way

pytestmark = pytest.mark.xdist_group("transparency")

SERVER = ("python", "manage.py", "runserver", "--noreload", "--settings", "watched_settings", "{port}")
PLAIN = Way("plain", SERVER)
RECORDED = Way("recorded", ("opentelemetry-instrument", *SERVER), {"OTEL_TRACES_EXPORTER": "otel2test"})

VOLATILE = (
    # Signed cookies and sessions, CSRF tokens, session keys and UUIDs, password hashes; then dates.
    r"[\w.-]+:[A-Za-z0-9]{6}:[\w-]{43}",
    r"\b[A-Za-z0-9]{64}\b",
    r"\b[A-Za-z0-9]{32}\b",
    r"pbkdf2_sha256\$[^']*",
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?",
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What was seen from outside and from below."""

    responses: tuple[bytes, ...]
    statements: tuple[str, ...]


def visit(way: Way, folder: Path) -> Visit:
    """Play all stories on a server of this kind."""
    log = folder / "statements.log"
    # Django's forms ask for the members of sets; the seed makes their order the same each time.
    env = {"STATEMENTS": str(log), "PYTHONPATH": str(APPLICATIONS), "PYTHONHASHSEED": "0"}
    with serving() as quotes, serve(way, folder, {**env, "QUOTES_URL": quotes}) as url:
        _, responses = click(url, [story.name for story in STORIES])
    port = url.rpartition(":")[2]
    statements = log.read_text(encoding="utf-8").splitlines()
    return Visit(
        tuple(mask(as_sent(response), port) for response in responses),
        tuple(mask(statement.encode(), port).decode() for statement in statements),
    )


def as_sent(response: requests.Response) -> bytes:
    """Put a response together again: status, headers in order, body."""
    head = [f"{response.status_code} {response.reason}"]
    head += [f"{name}: {value}" for name, value in response.raw.headers.items()]
    return "\r\n".join([*head, "", ""]).encode() + response.content


def mask(data: bytes, port: str) -> bytes:
    """Replace what differs between any two visits."""
    for pattern in (*VOLATILE, rf"(?<=127\.0\.0\.1:){port}\b"):
        data = re.sub(pattern.encode(), b"(volatile)", data)
    return data


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    return visit(PLAIN, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    folder = tmp_path_factory.mktemp("recorded")
    seen = visit(RECORDED, folder)
    assert list((folder / "spans").glob("*")), "nothing was recorded, so this proves nothing"
    return seen


def test_responses_are_the_same_byte_for_byte(plain: Visit, recorded: Visit) -> None:
    assert len(plain.responses) >= len(STORIES)
    for without, with_recorder in zip(plain.responses, recorded.responses, strict=True):
        assert with_recorder == without


def test_no_statement_is_added_left_out_or_changed(plain: Visit, recorded: Visit) -> None:
    assert len(plain.statements) > len(STORIES)
    assert recorded.statements == plain.statements
