"""What a test says is no secret: it is found wherever it stands, and kept if it can be a pseudonym."""

from __future__ import annotations

import pytest

from otel2test.processors.pseudonyms import Pseudonyms
from otel2test.proving.inside.literals import texts

MADE = Pseudonyms(b"k")
SHORT = MADE.of("Pw1x")
PIN = MADE.of_int(1234)


@pytest.mark.parametrize(
    "source",
    [
        f'client.post("/login/", {{"password": "{SHORT}"}})',
        f'client.get("/login/?next=/a&password={SHORT}#top")',
        f'client.post("/login/", "user=a+b&password={SHORT}")',
        f'client.post("/login/", b"user=a+b&password={SHORT}")',
        f"""client.post("/login/", '{{"users": [{{"password": "{SHORT}"}}]}}')""",
        f'client.get("/", headers={{"Authorization": "Token {SHORT}"}})',
        f'client.get(f"/{SHORT}/{{todo.id}}/")',
    ],
)
def test_a_text_is_found_wherever_it_stands(source: str) -> None:
    assert SHORT in texts(source)


def test_a_number_is_found() -> None:
    assert str(PIN) in texts(f"Card.objects.create(pin={PIN})")
    assert str(PIN) in texts(f"Card.objects.create(pin=-{PIN})")


@pytest.mark.parametrize("source", ["def (", "a\0", ""])
def test_what_is_no_python_has_none(source: str) -> None:
    assert texts(source) == frozenset()


def test_what_is_kept_stays() -> None:
    others = Pseudonyms(b"another key")
    assert others.of(SHORT) != SHORT
    assert others.of_int(PIN) != PIN

    others.keep([SHORT, str(PIN), "7", "hello", "Pw1y"])

    assert others.of(SHORT) == SHORT
    assert others.of(f"Bearer {SHORT}") == f"Bearer {SHORT}"
    assert others.of_int(-PIN) == -PIN
    assert others.of("7") == "7"
    assert others.of("Pw1y") != "Pw1y"  # it has room for a mark, and none
    assert others.of("hello") != "hello"
