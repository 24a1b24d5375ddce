"""The user and the session, where the program looked at them."""

from typing import Any

import pytest
from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client

from tests.processors.django.projects.shop.conftest import Visit


@pytest.fixture
def user() -> Any:
    person = User.objects.create_user("ada", password="correct horse")
    yield person
    User.objects.all().delete()


def greet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"hello {request.user}")


def test_neither_is_looked_at_unless_the_program_did(visit: Visit, client: Client, user: User) -> None:
    client.force_login(user)
    _, recorded = visit()
    assert "otel2test.user" not in recorded.request
    assert "otel2test.session" not in recorded.request
    assert recorded.queries == []


def test_user_and_session_of_a_login(visit: Visit, client: Client, user: User) -> None:
    client.force_login(user)
    _, recorded = visit(greet)
    assert recorded["user"] == {
        "authenticated": True,
        "model": "auth.User",
        "pk": user.pk,
        "backend": "django.contrib.auth.backends.ModelBackend",
    }
    session = recorded["session"]
    assert session["before"] == session["after"]
    assert '"after' not in recorded.line
    assert session["before"]["_auth_user_id"] == str(user.pk)
    assert session["before"]["_auth_user_hash"] != user.get_session_auth_hash()


def test_true_instead_of_one_is_a_change(visit: Visit, client: Client) -> None:
    session = client.session
    session["seen"] = 1
    session.save()
    client.cookies["sessionid"] = str(session.session_key)

    def view(request: HttpRequest) -> HttpResponse:
        request.session["seen"] = request.session["seen"] == 1
        return HttpResponse("ok")

    _, recorded = visit(view)
    assert repr(recorded["session"]) == "{'before': {'seen': 1}, 'after': {'seen': True}}"


def test_stranger(visit: Visit) -> None:
    _, recorded = visit(greet)
    assert recorded["user"] == {"authenticated": False}
    assert recorded["session"] == {"before": {}, "after": {}}


def test_who_logs_in_came_as_a_stranger(visit: Visit, user: User) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        login(request, user)
        request.session["basket"] = [1, 2]
        return HttpResponse("in")

    _, recorded = visit(view)
    assert recorded["user"] == {"authenticated": False}
    assert recorded["session"]["before"] == {}
    assert recorded["session"]["after"]["basket"] == [1, 2]
    assert recorded["session"]["after"]["_auth_user_id"] == str(user.pk)


def test_who_logs_out_came_as_a_user(visit: Visit, client: Client, user: User) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        logout(request)
        return HttpResponse("out")

    client.force_login(user)
    _, recorded = visit(view)
    assert recorded["user"]["pk"] == user.pk
    assert "_auth_user_id" in recorded["session"]["before"]
    assert recorded["session"]["after"] == {}


def test_who_deletes_the_account_keeps_the_key(visit: Visit, client: Client, user: User) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        person = request.user
        assert isinstance(person, User)
        person.delete()
        return HttpResponse("gone")

    key = user.pk
    client.force_login(user)
    _, recorded = visit(view)
    assert recorded["user"]["pk"] == key


def test_session_before_is_as_loaded(visit: Visit, client: Client) -> None:
    session = client.session
    session["basket"] = {"items": [1]}
    session.save()

    def view(request: HttpRequest) -> HttpResponse:
        request.session["basket"]["items"].append(2)
        request.session.modified = True
        return HttpResponse("ok")

    _, recorded = visit(view)
    assert recorded["session"]["before"] == {"basket": {"items": [1]}}
    assert recorded["session"]["after"] == {"basket": {"items": [1, 2]}}


def test_secrets_are_nowhere(visit: Visit, client: Client, user: User) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        person = User.objects.get(username="ada")
        person.check_password("correct horse")
        request.session["seen"] = True
        return greet(request)

    client.force_login(user)
    key = client.session.session_key
    assert key is not None
    _, recorded = visit(view)
    everything = str(recorded.spans)
    assert "ada" in everything
    assert key not in everything
    assert user.password not in everything
    assert user.password.rpartition("$")[2] not in everything
    assert user.get_session_auth_hash() not in everything
    # The same secret is the same pseudonym wherever it stands.
    cookie = recorded["http.request"]["cookies"]["sessionid"]
    loaded = [query for query in recorded.queries if 'FROM "django_session"' in query["sql"]]
    assert all(cookie in query["params"] for query in loaded)
    assert loaded[0]["rows"][0][0] == cookie
