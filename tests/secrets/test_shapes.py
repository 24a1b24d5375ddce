"""Every secret of the corpus is found wherever it stands in a text, and ordinary text is left alone."""

import base64
import json
from urllib.parse import quote_plus

import pytest

from otel2test.processors.redaction import Redactor
from otel2test.secrets.anatomy import is_pseudonym
from otel2test.secrets.names import SecretNames
from otel2test.secrets.shapes import Shapes
from tests.secrets.corpus import SECRETS, Secret, leaks

SHOWN = [secret for secret in SECRETS if secret.shows]
NAMED = [secret for secret in SECRETS if not secret.shows]
SHAPES = Shapes(SecretNames())

each_shown = pytest.mark.parametrize("secret", SHOWN, ids=lambda secret: secret.kind)
each_named = pytest.mark.parametrize("secret", NAMED, ids=lambda secret: secret.kind)

AROUND = [
    "{}",
    "it is {} for now",
    "({})",
    '"{}"',
    "<td>{}</td>",
    "first\n{}\nlast",
    "note={}",
    'say("{}")',
]

NAMING = [
    'password="{}"',
    "password = '{}'",
    "{{'api_key': '{}', 'n': 1}}",
    'db_password: "{}"',
    '<input type="hidden" name="csrfmiddlewaretoken" value="{}">',
    '<input value="{}" name="token">',
    '<meta name="csrf-token" content="{}">',
    '<div data-api-key="{}"></div>',
    "<soap:Password>{}</soap:Password>",
    "<token><![CDATA[{}]]></token>",
    '"token": "{}',
]


def test_there_are_enough_kinds() -> None:
    assert len({secret.kind for secret in SECRETS}) >= 75


@each_shown
@pytest.mark.parametrize("around", AROUND)
def test_a_secret_with_a_shape_is_replaced_wherever_it_stands(secret: Secret, around: str) -> None:
    redacted = Redactor(b"k").redact_text(around.format(secret.text))

    assert leaks(secret, redacted.encode()) == []
    before, after = around.split("{}")
    assert redacted.startswith(before)
    assert redacted.endswith(after)
    assert len(redacted) == len(around.format(secret.text))


@each_named
@pytest.mark.parametrize("naming", NAMING)
def test_a_secret_is_replaced_where_the_text_names_it(secret: Secret, naming: str) -> None:
    if any(sign in secret.text for sign in "\"'<\\"):
        pytest.skip("has to be escaped in every one of these")
    redacted = Redactor(b"k").redact_text(naming.format(secret.text))

    assert redacted == naming.format(Redactor(b"k").secret(secret.text))


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.kind)
def test_a_secret_is_replaced_where_a_field_names_it(secret: Secret) -> None:
    redactor = Redactor(b"k")
    made = redactor.secret(secret.text)

    assert leaks(secret, made.encode()) == []
    assert redactor.redact_field("password", secret.text) == made
    assert json.loads(redactor.redact_json(json.dumps({"a": [{"apiKey": secret.text}]}))) == {
        "a": [{"apiKey": made}]
    }
    assert redactor.redact_query_string(f"token={quote_plus(secret.text)}") == f"token={quote_plus(made)}"


@each_shown
def test_a_pseudonym_looks_like_its_secret_and_is_known_as_one(secret: Secret) -> None:
    redactor = Redactor(b"k")
    made = redactor.redact_text(secret.text)
    before, after = SHAPES.find(secret.text), SHAPES.find(made)

    assert after == before
    assert not any(is_pseudonym(joined(secret.text[found.start : found.end])) for found in before)
    assert all(is_pseudonym(joined(made[found.start : found.end])) for found in after)
    assert redactor.redact_text(made) == made
    assert Redactor(b"k").redact_text(secret.text) == made
    assert Redactor(b"another").redact_text(secret.text) != made


def joined(text: str) -> str:
    """Leave out line feeds, which are no part of a key that is wrapped."""
    return "".join(text.split()) if "\n" in text else text


@each_named
def test_a_pseudonym_of_what_has_no_shape_is_known_as_one(secret: Secret) -> None:
    made = Redactor(b"k").secret(secret.text)

    assert len(made) == len(secret.text)
    assert is_pseudonym(made)
    assert not is_pseudonym(secret.text)


def test_a_token_can_still_be_decoded() -> None:
    claims = {"sub": "17", "password": "hunter2hunter2", "exp": 1}
    header, payload = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, claims)
    )
    redactor = Redactor(b"k")
    kept, told, signature = redactor.secret(f"{header}.{payload}.c2lnbmF0dXJlLTEyMw").split(".")
    decoded = json.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))

    assert kept == header
    assert decoded == {**claims, "password": redactor.secret("hunter2hunter2")}
    assert signature == redactor.secret("c2lnbmF0dXJlLTEyMw")


ORDINARY = [
    "a-slug-of-some-length-that-goes-on-and-on",
    "/blog/2026/01/02/how-to-keep-a-secret-in-python-without-writing-it-down/",
    "550e8400-e29b-41d4-a716-446655440000",
    "550e8400e29b41d4a716446655440000",
    "4537f26a0c1b2d3e4f5061728394a5b6c7d8e9f0",
    "/commit/4537f26a0c1b2d3e4f5061728394a5b6c7d8e9f0/",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "static/css/site.d41d8cd98f00b204e9800998ecf8427e.css",
    "banner-d41d8cd98f00b204e9800998ecf8427e.jpg",
    "2026-01-02T10:20:30.123456+00:00",
    "1735812345678901234",
    "price: 1234.50 EUR, total: 4999.00, id: 4111111111111112",
    "tel. +49 30 123456, joe@example.org",
    "SELECT a.id, a.password_changed_at FROM auth_user a WHERE a.id = %s AND a.key = %s",
    "Basic authentication is required; the bearer of this ticket gets 2 drinks.",
    "Password: must be at least eight characters long",
    "password = forms.CharField(widget=forms.PasswordInput)",
    "var token = getCookie('csrftoken'); x.token=t.value;",
    "if token == None: raise KeyError",
    '<label for="id_password">Password:</label><input type="password" name="password" id="id_password">',
    '<a class="btn btn-primary-outline-large js-token-toggle" href="/reset/password/">Reset token</a>',
    '<div class="row_item--active col-md-6 very_long_snake_case_class_name_here">x</div>',
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "http://127.0.0.1:8000/orders/?page=2&sort=name&key=title",
    "django.contrib.auth.tokens.PasswordResetTokenGenerator",
    'File "/app/shop/views.py", line 12, in get_token\n    return self.token_generator.make_token(user)',
    "ISBN 978-3-16-148410-0, EAN 4006381333931, order 2026-000123",
    '{"title": "Password rules", "token_type": "bearer", "max_tokens": 1000, "has_password": true}',
    "session expired; key=value pairs; code=302 status=200",
    "AC/DC and SKA, AKIApplication, ghp_short, sk_live_, eyJust, SG.",
    "DE12 is a road, FR76 a room, GB29 another",
    'W/"0815-4711", "33a64df551425fcc55e4d42a148795d9f25f89d4"',
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    redactor = Redactor(b"k")

    assert redactor.redact_text(text) == text
    assert redactor.redact_url(text) == text or "://" not in text
    assert redactor.redact_json(json.dumps({"a": text})) == json.dumps({"a": text})
    assert redactor.redact_bytes(text.encode()) == text.encode()


def test_an_encoded_text_of_another_charset_is_read() -> None:
    secret = SHOWN[0]
    redacted = Redactor(b"k").redact_bytes(f"key;{secret.text}".encode("utf-16"))

    assert secret.tells[0] not in redacted.decode("utf-16")
    assert redacted.decode("utf-16").startswith("key;")
