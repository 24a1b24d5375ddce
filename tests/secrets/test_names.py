"""A name is judged by its words."""

import pytest

from otel2test.secrets.names import SecretNames, words

ABOUT_SECRETS = """
    author tokenize secretary token_type token_count password_changed_at password_reset_url cookie_consent
    auth_user _auth_user_id max_tokens access_token_expires_in is_password_usable key keyboard session
    csrf_exempt passport api_key_name authority
""".split()  # noqa: SIM905 - a word list

SECRETS = """
    password Password1 new_password passwordConfirm passwd PWD passphrase user_password userpassword secret
    client_secret token accessToken refresh_token tokens api_key apiKey X-Api-Key APIKEY Authorization
    proxy-authorization HTTP_AUTHORIZATION auth Cookie Set-Cookie sessionid session_key session-id csrftoken
    csrfmiddlewaretoken X-CSRFToken HTTP_X_CSRFTOKEN xsrf-token private_key credentials card_number cardNumber
    cvv cvv2 iban _auth_user_hash password_reset_token
""".split()  # noqa: SIM905 - a word list


@pytest.mark.parametrize("name", ABOUT_SECRETS)
def test_names_that_only_speak_about_secrets_are_none(name: str) -> None:
    assert name not in SecretNames()


@pytest.mark.parametrize("name", SECRETS)
def test_every_usual_spelling_of_a_secret_is_one(name: str) -> None:
    assert name in SecretNames()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HTTPHeaderName", ("http", "header", "name")),
        ("X-CSRFToken", ("x", "csrf", "token")),
        ("password2_again", ("password", "again")),
        ("", ()),
        ("42", ()),
    ],
)
def test_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


def test_names_of_the_user_are_secret_in_any_spelling() -> None:
    names = SecretNames(["badge-no", "*_pin", ""])
    assert "BADGE_NO" in names
    assert "door_pin" in names
    assert "badge" not in names


def test_names_may_be_added_after_a_name_was_judged() -> None:
    names = SecretNames()
    assert "nickname" not in names
    names.add(["nickname"])
    assert "nickname" in names


def test_what_is_not_a_text_is_no_name() -> None:
    assert 5 not in SecretNames()
