"""Look-alikes of secrets, made at run time from parts, so that no scanner takes this file for a leak.

Each kind is a function of a source of chance, and gives the secret and what of it must not be
found in a recording: the whole where nothing of it is public.
"""

import base64
import json
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote

from otel2test.secrets.checksums import with_check_digit, with_iban_check

ALNUM: Final = string.ascii_letters + string.digits
LOWER: Final = string.ascii_lowercase + string.digits
UPPER: Final = string.ascii_uppercase + string.digits
HEX: Final = "0123456789abcdef"
URLSAFE: Final = ALNUM + "-_"


@dataclass(frozen=True)
class Secret:
    kind: str
    text: str
    tells: tuple[str, ...]
    """Parts of which none may be written."""
    shows: bool
    """Whether it shows by its shape; others have to be known by a name."""


class Maker:
    """Draws the same texts for the same kind in every run."""

    def __init__(self, kind: str) -> None:
        self.random = Random(kind)

    def draw(self, alphabet: str, length: int) -> str:
        drawn = "".join(self.random.choice(alphabet) for _ in range(length - 1))
        # Never letters only, nor beginning or ending with a separator.
        text = self.random.choice([c for c in alphabet if c.isalnum()]) + drawn
        middle = length // 2
        return text[:middle] + self.random.choice("23456789") + text[middle + 1 : -1] + text[0]

    def after(self, *prefix: str, alphabet: str = ALNUM, length: int = 36) -> tuple[str, str]:
        tail = self.draw(alphabet, length)
        return "".join(prefix) + tail, tail


def _segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _token(m: Maker) -> tuple[str, str]:
    signature = m.draw(ALNUM, 43)
    return (
        f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment({'sub': '17', 'iat': 1})}.{signature}",
        signature,
    )


def _pem(*name: str) -> Callable[[Maker], tuple[str, ...]]:
    def make(m: Maker) -> tuple[str, ...]:
        lines = [m.draw(ALNUM, 64) for _ in range(3)]
        label = " ".join((*name, "PRIVATE", "KEY"))
        frame = "-" * 5
        body = "\n".join(lines)
        return f"{frame}BEGIN {label}{frame}\n{body}\n{frame}END {label}{frame}\n", *lines

    return make


def _url(scheme: str, host: str, alphabet: str = ALNUM) -> Callable[[Maker], tuple[str, str]]:
    def make(m: Maker) -> tuple[str, str]:
        password = m.draw(alphabet, 14)
        return f"{scheme}://joe:{password}@{host}", password

    return make


def _sentry(m: Maker) -> tuple[str, str]:
    key = m.draw(HEX, 32)
    return f"https://{key}@o4501.ingest.sentry.io/4502", key


def _card(*start: str, grouped: bool = False) -> Callable[[Maker], tuple[str, ...]]:
    def make(m: Maker) -> tuple[str, ...]:
        digits = with_check_digit("".join(start) + m.draw(string.digits, 15 - len("".join(start))) + "0")
        if grouped:
            digits = " ".join(digits[at : at + 4] for at in range(0, 16, 4))
        return digits, digits, digits[5:-2]

    return make


def _iban(m: Maker) -> tuple[str, str]:
    number = with_iban_check("DE00" + m.draw(string.digits, 18))
    return number, number[4:]


def _basic(m: Maker) -> tuple[str, ...]:
    password = m.draw(ALNUM, 12)
    encoded = base64.b64encode(f"joe:{password}".encode()).decode()
    return f"Basic {encoded}", encoded, password


def _hashed(*parts: str, salt: int = 22, digest: int = 44) -> Callable[[Maker], tuple[str, ...]]:
    def make(m: Maker) -> tuple[str, ...]:
        last = m.draw(ALNUM, digest)
        return "".join(parts) + m.draw(ALNUM, salt) + "$" + last, last

    return make


def _bcrypt(*parts: str) -> Callable[[Maker], tuple[str, str]]:
    return lambda m: m.after(*parts, "$2", "b$12$", length=53)


def _scrypt(m: Maker) -> tuple[str, str]:
    last = m.draw(ALNUM, 86)
    return f"scr{'ypt'}$16384${m.draw(ALNUM, 22)}$8$1${last}==", last


def _signed(m: Maker) -> tuple[str, str]:
    signature = m.draw(ALNUM, 43)
    return f"am9l:1vMq2K:{signature}", signature


def _reset(m: Maker) -> tuple[str, str]:
    digest = m.draw(HEX, 32)
    return f"d0{m.draw(LOWER, 4)}-{digest}", digest


def _otp_url(m: Maker) -> tuple[str, str]:
    seed = m.draw(string.ascii_uppercase + "234567", 32)
    return f"otpauth://totp/shop:joe?secret={seed}&issuer=shop", seed


def _azure(m: Maker) -> tuple[str, str]:
    key = m.draw(ALNUM, 86)
    return f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={key}==;EndpointSuffix=core.net", key


def _signed_url(m: Maker) -> tuple[str, str]:
    signature = m.draw(ALNUM, 43)
    return f"https://shop.blob.core.net/a/b?sv=2022-11-02&sig={signature}%3D&se=2026", signature


def _bearer(m: Maker) -> tuple[str, str]:
    return m.after("Bearer ", alphabet=URLSAFE, length=40)


_SHOWN: Final[dict[str, Callable[[Maker], tuple[str, ...]]]] = {
    "AWS access key": lambda m: m.after("AK", "IA", alphabet=UPPER, length=16),
    "AWS temporary key": lambda m: m.after("AS", "IA", alphabet=UPPER, length=16),
    "Google API key": lambda m: m.after("AI", "za", alphabet=ALNUM, length=35),
    "Google OAuth token": lambda m: m.after("ya", "29.", length=60),
    "Google OAuth secret": lambda m: m.after("GOC", "SPX-", length=28),
    "Google refresh token": lambda m: m.after("1/", "/0", length=60),
    "Azure storage": _azure,
    "Azure client secret": lambda m: (f"ab1{m.random.randrange(10)}Q~{(tail := m.draw(ALNUM, 34))}", tail),
    "Azure signed URL": _signed_url,
    "GitHub token": lambda m: m.after("gh", "p_"),
    "GitHub OAuth token": lambda m: m.after("gh", "o_"),
    "GitHub app token": lambda m: m.after("gh", "s_"),
    "GitHub fine-grained token": lambda m: m.after("github", "_pat_", length=82),
    "GitLab token": lambda m: m.after("gl", "pat-", length=20),
    "GitLab runner token": lambda m: m.after("gl", "rt-", length=20),
    "Slack bot token": lambda m: m.after("xo", "xb-", "123456789012-1234567890123-", length=24),
    "Slack user token": lambda m: m.after("xo", "xp-", "123456789012-", length=32),
    "Slack webhook": lambda m: m.after(
        "https://hooks.", "slack.com/services/", "T0", "1234567/B01234567/", length=24
    ),
    "Discord webhook": lambda m: m.after(
        "https://discord.", "com/api/web", "hooks/", "123456789012345678/", length=68
    ),
    "Discord token": lambda m: (f"M{m.draw(ALNUM, 23)}.Gabc1d.{(tail := m.draw(ALNUM, 38))}", tail),
    "Telegram token": lambda m: m.after("1234567890:", "AA", length=33),
    "Stripe live key": lambda m: m.after("sk", "_live_", length=24),
    "Stripe test key": lambda m: m.after("sk", "_test_", length=24),
    "Stripe restricted key": lambda m: m.after("rk", "_live_", length=24),
    "Stripe webhook secret": lambda m: m.after("wh", "sec_", length=32),
    "Twilio key": lambda m: m.after("S", "K", alphabet=HEX, length=32),
    "Twilio account": lambda m: m.after("A", "C", alphabet=HEX, length=32),
    "SendGrid key": lambda m: m.after("S", "G.", m.draw(ALNUM, 22), ".", length=43),
    "Mailgun key": lambda m: m.after("ke", "y-", alphabet=HEX, length=32),
    "Mailchimp key": lambda m: ((head := m.draw(HEX, 32)) + "-us" + "12", head),
    "npm token": lambda m: m.after("np", "m_"),
    "PyPI token": lambda m: m.after("py", "pi-", "AgEIcHlwaS5vcmc", length=90),
    "Hugging Face token": lambda m: m.after("h", "f_", length=34),
    "OpenAI key": lambda m: m.after("s", "k-", "proj-", length=48),
    "Anthropic key": lambda m: m.after("s", "k-", "ant-api03-", length=80),
    "Shopify token": lambda m: m.after("shp", "at_", alphabet=HEX, length=32),
    "DigitalOcean token": lambda m: m.after("dop", "_v1_", alphabet=HEX, length=64),
    "Square secret": lambda m: m.after("sq0", "csp-", length=43),
    "Vault token": lambda m: m.after("hv", "s.", length=24),
    "Databricks token": lambda m: m.after("da", "pi", alphabet=HEX, length=32),
    "pbkdf2_sha256": _hashed("pbkdf2_", "sha256$600000$"),
    "pbkdf2_sha1": _hashed("pbkdf2_", "sha1$600000$"),
    "argon2": _hashed("argon2", "$argon2id$v=19$m=102400,t=2,p=8$"),
    "scrypt": _scrypt,
    "bcrypt_sha256": _bcrypt("bcrypt_", "sha256$"),
    "bcrypt": _bcrypt(),
    "MD5PasswordHasher": _hashed("md", "5$", digest=32),
    "crypt": _hashed("$", "6$", salt=16, digest=86),
    "JSON Web Token": _token,
    "Bearer": _bearer,
    "Basic": _basic,
    "RSA key": _pem("RSA"),
    "SSH key": _pem("OPENSSH"),
    "EC key": _pem("EC"),
    "PKCS 8 key": _pem(),
    "PostgreSQL": _url("postgres", "db.example:5432/shop"),
    "MySQL": _url("mysql", "db.example:3306/shop"),
    "AMQP": _url("amqp", "mq.example:5672//"),
    "Redis": lambda m: (f"redis://:{(password := m.draw(ALNUM, 18))}@cache.example:6379/0", password),
    "Sentry": _sentry,
    "URL with credentials": _url("https", "example.org/feed"),
    "Visa": _card("4", "242"),
    "Mastercard": _card("5", "555", grouped=True),
    "IBAN": _iban,
    "password reset": _reset,
    "signature of Django": _signed,
    "OTP seed": _otp_url,
}

_NAMED: Final[dict[str, Callable[[Maker], str]]] = {
    "password": lambda m: m.draw(ALNUM, 12),
    "password with signs": lambda m: f"{m.draw(ALNUM, 5)}\"\\é&<+ {m.draw(ALNUM, 6)}'/%",
    "passphrase": lambda m: " ".join(m.draw(string.ascii_lowercase, 6) for _ in range(4)),
    "session key": lambda m: m.draw(LOWER, 32),
    "CSRF token": lambda m: m.draw(ALNUM, 64),
    "AWS secret key": lambda m: m.draw(ALNUM + "/+", 40),
    "Azure key": lambda m: m.draw(ALNUM, 86) + "==",
    "OAuth refresh token": lambda m: m.draw(URLSAFE, 48),
    "OTP seed alone": lambda m: m.draw(string.ascii_uppercase + "234567", 16),
    "recovery code": lambda m: f"{m.draw(LOWER, 5)}-{m.draw(LOWER, 5)}",
    "UUID": lambda m: "-".join(m.draw(HEX, length) for length in (8, 4, 4, 4, 12)),
    "hexadecimal key": lambda m: m.draw(HEX, 40),
}


def _made() -> Iterator[Secret]:
    for kind, make in _SHOWN.items():
        text, *tells = make(Maker(kind))
        yield Secret(kind, text, tuple(tells), shows=True)
    for kind, draw in _NAMED.items():
        text = draw(Maker(kind))
        yield Secret(kind, text, (text,), shows=False)


SECRETS: Final = tuple(_made())


def spellings(text: str) -> Iterator[bytes]:
    """Yield the forms in which ``text`` could stand in a file."""
    data = text.encode()
    yield data
    yield quote(text, safe="").encode()
    escaped = text
    for _ in range(3):
        for ascii_only in (True, False):
            yield json.dumps(escaped, ensure_ascii=ascii_only)[1:-1].encode()
        escaped = json.dumps(escaped)[1:-1]
    for shift in range(3):
        # Whatever stands before and after: only the characters in between are of the secret alone.
        encoded = base64.b64encode(b"\0" * shift + data)
        inner = encoded[4 if shift else 0 : (shift + len(data)) // 3 * 4]
        if len(inner) >= 8:
            yield inner
            yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def leaks(secret: Secret, data: bytes) -> list[bytes]:
    """Return the spellings of parts of ``secret`` that stand in ``data``."""
    return [form for tell in secret.tells for form in dict.fromkeys(spellings(tell)) if form in data]
