"""What Django's validators said of a password is said again of the one in its place."""

import pytest

from otel2test.inverting.acts import SendRequest
from tests.inverting.django.planning import HTML, plan, steps
from tests.inverting.shop import SHOP, USER, select
from tests.recordings import Json, Node, request, view

TOO_COMMON = "This password is too common."
TOO_SIMILAR = "The password is too similar to the {}."


def sent(password: str, said: str, *queries: Node, **more: str) -> object:
    """Return the data of the test's request; the recorded one sent ``password`` twice."""
    form = [*more.items(), ("password1", password), ("password2", password)]
    answer = f'<ul class="errorlist"><li>{said}</li></ul>'
    node = request(
        "POST", "/", *queries, form=form, answer=answer, response_headers=HTML, schema=SHOP, view=view("v")
    )
    (act,) = steps(plan(node), SendRequest)
    return act.data


@pytest.mark.parametrize(
    ("recorded", "password"),
    [
        ("654", "123"),
        ("98231771", "12345678"),
        ("9823177138274", "12345678901234567890"),
        ("kfqpwxyz", "password"),
        ("kq3", "abc"),
        ("kq3-kfqpwxyz-kfqpwxyz", "administrator"),
    ],
)
def test_a_common_password_is_one_of_the_same_length_and_kind(recorded: str, password: str) -> None:
    assert sent(recorded, TOO_COMMON) == {"password1": password, "password2": password}


def test_a_password_like_another_field_is_that() -> None:
    data = sent("kfqpwx", TOO_SIMILAR.format("email address"), email="ada@b.c", username="ada")

    assert data == {"email": "ada@b.c", "username": "ada", "password1": "ada@b.c", "password2": "ada@b.c"}


def test_a_password_like_the_users_name_is_that() -> None:
    ada = {"id": 1, "username": "ada_lovelace", "password": "pbkdf2$…", "email": "", "is_staff": 0}
    data = sent("kfqpwx_kfqpwx", TOO_SIMILAR.format("username"), select(USER, ada))

    assert data == {"password1": "ada_lovelace", "password2": "ada_lovelace"}


def test_other_passwords_stay() -> None:
    expected = {"password1": "kfqpwx", "password2": "kfqpwx"}

    assert sent("kfqpwx", "This password is too short.") == expected
    assert sent("kfqpwx", TOO_SIMILAR.format("nickname")) == expected


def test_in_json_as_well() -> None:
    body: Json = {"user": {"password": "654"}, "tags": ["654", 654]}
    node = request("POST", "/", json=body, answer={"password": [TOO_COMMON]}, status=400, schema=SHOP)
    (act,) = steps(plan(node), SendRequest)

    assert act.data == body  # no password stands at the top

    flat = request(
        "POST",
        "/",
        json={"password": "654", "again": ["654"], "n": 654},
        answer={"password": [TOO_COMMON]},
        status=400,
        schema=SHOP,
    )
    (act,) = steps(plan(flat), SendRequest)

    assert act.data == {"password": "123", "again": ["123"], "n": 654}
