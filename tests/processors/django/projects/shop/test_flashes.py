"""What the program tells its user by the messages framework: left over, and added."""

from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage, Message
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from tests.processors.django.projects.shop.conftest import Visit


class Storage(BaseStorage):
    """Messages of which one is left over from an earlier request."""

    def _get(self, *_args: Any, **_kwargs: Any) -> tuple[list[Message], bool]:
        return [Message(messages.INFO, "Old.")], True

    def _store(self, *_args: Any, **_kwargs: Any) -> list[Message]:
        return []


def add(request: HttpRequest) -> None:
    request._messages = Storage(request)  # type: ignore[attr-defined]  # as the middleware does
    messages.success(request, "Saved.")


def test_nothing_is_said_of_messages_that_nobody_used(visit: Visit) -> None:
    _, recorded = visit()

    assert "otel2test.messages" not in recorded.request


def test_messages_that_wait_for_the_next_page_are_not_loaded(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        add(request)
        return HttpResponse("ok")

    response, recorded = visit(view)

    assert recorded["messages"] == {"before": [], "added": [[messages.SUCCESS, "Saved."]]}
    assert not hasattr(response.wsgi_request._messages, "_loaded_data")
    assert response.wsgi_request._messages.used is False


def test_messages_that_a_page_shows_are_told_apart(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        add(request)
        return HttpResponse(" ".join(map(str, messages.get_messages(request))))

    response, recorded = visit(view)

    assert response.content == b"Old. Saved."
    assert recorded["messages"] == {
        "before": [[messages.INFO, "Old."]],
        "added": [[messages.SUCCESS, "Saved."]],
    }


def test_a_secret_in_a_message_is_replaced(visit: Visit) -> None:
    key = "AKIA" + "Q3EGRIKZ5RZFQXUM"

    def view(request: HttpRequest) -> HttpResponse:
        add(request)
        messages.info(request, f"Your key is {key}.")
        return HttpResponse("ok")

    _, recorded = visit(view)

    assert recorded["messages"]["added"][1][1].startswith("Your key is AKIA")
    assert key not in recorded.line


def test_a_lazy_text_stays_lazy(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        add(request)
        messages.info(request, gettext_lazy("Later."))
        return HttpResponse("ok")

    _, recorded = visit(view)

    assert recorded["messages"]["added"] == [[messages.SUCCESS, "Saved."], [messages.INFO, None]]
