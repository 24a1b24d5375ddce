"""Which secret of a request is whose password."""

import base64

import pytest

from otel2test.inverting.django.passwords import Passwords, passwords_of
from tests.recordings import Json, recorded, request


def of(*form: tuple[str, str], json: Json = None, headers: tuple[tuple[str, str], ...] = ()) -> Passwords:
    node = request("POST", "/", form=form or None, json=json, headers=headers)
    return passwords_of(recorded(node).exchange().request)


def test_a_request_without_secrets_proves_nothing() -> None:
    assert of(("title", "Milk")) == Passwords(None, None, frozenset({"Milk"}))


def test_a_login_proves_the_password_of_the_user_named() -> None:
    found = of(("username", "ada"), ("password", "s3cret"))

    assert found == Passwords("s3cret", "s3cret", frozenset({"ada"}))


@pytest.mark.parametrize("old", ["old_password", "oldpassword", "current-password"])
def test_a_change_proves_one_password_and_stores_another(old: str) -> None:
    found = of((old, "before"), ("new_password1", "after"), ("new_password2", "after"))

    assert (found.proof, found.stored) == ("before", "after")


def test_signing_up_proves_nothing() -> None:
    found = of(("username", "ada"), ("password1", "s3cret"), ("password2", "s3cret"))

    assert (found.proof, found.stored) == (None, "s3cret")


@pytest.mark.parametrize("switch", [("usable_password", "true"), ("password", ""), ("password", "on")])
def test_a_switch_is_no_password(switch: tuple[str, str]) -> None:
    assert of(switch, ("password1", "s3cret")).stored == "s3cret"
    assert of(switch).proof is None


def test_json_and_basic_authentication_hold_passwords_too() -> None:
    told = Passwords("s3cret", "s3cret", frozenset({"ada"}))
    basic = base64.b64encode(b"ada:s3cret").decode()

    assert of(json={"username": "ada", "password": "s3cret"}) == told
    assert of(headers=(("Authorization", f"Basic {basic}"),)) == told


@pytest.mark.parametrize("value", ["Basic", "Basic !", "Basic YWRh", "Bearer YWRhOng=", "Basic gICAgA=="])
def test_what_is_no_basic_authentication(value: str) -> None:
    assert of(headers=(("Authorization", value),)).proof is None
