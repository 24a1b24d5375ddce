"""Links in e-mails are known again, and found by what doesn't change in them."""

import html
import re
from typing import Any

import pytest

from otel2test.inverting.django.mailed import link
from otel2test.reading.effects import Mail


def mail(body: str, *alternatives: tuple[str, str]) -> Mail:
    return Mail("s", 0, subject="", body=body, from_email="a@b.c", to=("b@b.c",), alternatives=alternatives)


TOKEN = "c5x9ab-2785820dc52693912d17e916f35b3e31"
RESET = f"/reset/MQ/{TOKEN}/"


@pytest.mark.parametrize(
    ("asked", "captured", "pattern"),
    [
        (RESET, {"uidb64": "MQ", "token": TOKEN}, "/reset/[^]+/[^]+/"),
        ("/confirm/MTA:1xUoNe:FqAOHmSMXNO/", {"key": "MTA:1xUoNe:FqAOHmSMXNO"}, "/confirm/[^]+/"),
        ("/join/?token=8f7a2c91d0&lang=en", {}, "/join/[?]token=[^]+&lang=en"),
        ("/a.b/7/x9y8z7w6v5", {"pk": 7}, "/a[.]b/[^]+/[^]+"),
    ],
)
def test_a_pattern_leaves_open_what_differs(asked: str, captured: dict[str, Any], pattern: str) -> None:
    found = link(mail(f"Hi!\nGo to http://testserver{asked}\nBye."), asked, captured)

    assert found is not None
    assert re.sub(r"\[A-Z[^]]*\]", "[^]", found.pattern) == pattern
    match = re.search(found.pattern, f"see http://testserver{asked}\nor not")
    assert match is not None
    assert match[0] == asked


def test_a_secret_that_was_replaced_in_one_of_the_places_is_known_by_its_form() -> None:
    body = "http://testserver/reset/MQ/c5x8xy-4907272ab08183853b66e047c54c6e61/"
    form = re.sub(r"[a-f]", "a", body)

    assert link(mail(form), re.sub(r"[a-f]", "a", RESET), {}) is not None
    assert link(mail(body.replace("c5x8xy-", "c5x8xyz-")), RESET, {}) is None
    assert link(mail(body.replace("/reset/", "/other/")), RESET, {}) is None


@pytest.mark.parametrize("asked", ["/todos/57/", "/about/", "/?page=2", "/20260101/"])
def test_a_link_that_is_always_the_same_is_not_read_out(asked: str) -> None:
    assert link(mail(f"http://testserver{asked}"), asked, {"pk": 57}) is None


def test_a_link_of_the_html_part_only() -> None:
    asked = "/join/?token=8f7a2c91d0&lang=en"
    page = f'<a href="http://testserver{html.escape(asked)}">Join</a>'
    found = link(mail("Look at the page.", (page, "text/html")), asked, {})

    assert found is not None
    assert (found.text, found.escaped) == ("alternatives[0][0]", True)
    match = re.search(found.pattern, page)
    assert match is not None
    assert html.unescape(match[0]) == asked
