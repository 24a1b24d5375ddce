"""The keys of well-known services, which show by how they begin.

What enters is a running text; what leaves are the places of keys in it. Most texts have none,
so that looking has to be quick: a separator with a long run of letters and digits after it is
looked for first, and only what stands before it is compared, however many services there are.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

Place: TypeAlias = tuple[int, int, str]
"""Start, end, kind."""

SHORTEST: Final = 20
"""No key that is known here has fewer characters."""

_KEYS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("sk_live_", "sk_test_", "rk_live_", "rk_test_"), ("Stripe key", r"\w{8,}")),
    **dict.fromkeys(("pk_live_", "pk_test_"), ("Stripe publishable key", r"\w{8,}")),
    "whsec_": ("webhook secret", r"[\w+/]{16,}=*"),
    **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), ("GitHub token", r"\w{20,}")),
    "github_pat_": ("GitHub token", r"\w{20,}"),
    **dict.fromkeys(
        (f"gl{name}-" for name in ("pat", "dt", "rt", "ft", "soat", "cbt", "ptt", "imt", "oas")),
        ("GitLab token", r"[\w-]{16,}"),
    ),
    "glagent-": ("GitLab token", r"[\w-]{40,}"),
    "npm_": ("npm token", r"\w{30,}"),
    "pypi-": ("PyPI token", r"[\w-]{30,}"),
    "rubygems_": ("RubyGems key", r"[0-9a-f]{32,}"),
    **dict.fromkeys((f"xox{letter}-" for letter in "abcdeoprs"), ("Slack token", r"[\w-]{10,}")),
    "xapp-": ("Slack token", r"[\w-]{20,}"),
    "sk-": ("API key", r"[\w-]{20,}"),
    "SG.": ("SendGrid key", r"[\w-]{16,}\.[\w-]{16,}"),
    "key-": ("Mailgun key", r"[0-9a-f]{32}(?!\w)"),
    "ya29.": ("Google OAuth token", r"[\w-]{20,}"),
    "GOCSPX-": ("Google OAuth secret", r"[\w-]{20,}"),
    "hf_": ("Hugging Face token", r"[A-Za-z0-9]{30,}"),
    **dict.fromkeys(("shpat_", "shpss_", "shpca_", "shppa_"), ("Shopify token", r"[0-9a-fA-F]{32}")),
    **dict.fromkeys(("dop_v1_", "doo_v1_", "dor_v1_"), ("DigitalOcean token", r"[0-9a-f]{64}")),
    **dict.fromkeys(("sq0csp-", "sq0atp-", "sq0idp-"), ("Square secret", r"[\w-]{20,}")),
    "hvs.": ("Vault token", r"[\w-]{20,}"),
    "dp.pt.": ("Doppler token", r"[A-Za-z0-9]{40,}"),
    "lin_api_": ("Linear key", r"[A-Za-z0-9]{32,}"),
    **dict.fromkeys(("sntrys_", "sntryu_"), ("Sentry token", r"[\w+/=-]{32,}")),
    **dict.fromkeys(("glsa_", "glc_"), ("Grafana token", r"[\w+/=]{32,}")),
    "PMAK-": ("Postman key", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    "NRAK-": ("New Relic key", r"[A-Z0-9]{27}"),
}
"""How keys begin, up to the separator that a long run follows → kind and pattern of the rest."""

_ROUGH: Final = re.compile(r"[_.-](?=[\w+/-]{16})")
_PATTERNS: Final = {begin: (kind, re.compile(rest)) for begin, (kind, rest) in _KEYS.items()}
_BY_END: Final[dict[str, list[str]]] = {}
"""The last three characters of a beginning → the beginnings that end so."""
for _begin in sorted(_KEYS, key=len, reverse=True):
    _BY_END.setdefault(_begin[-3:], []).append(_begin)

_WHOLE: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (mark, kind, re.compile(pattern))
    for mark, kind, pattern in (
        ("eyJ", "JSON Web Token", r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*(?:\.[\w-]+\.[\w-]+)?"),
        ("AKIA", "AWS access key", r"AKIA[A-Z0-9]{16}\b"),
        ("ASIA", "AWS access key", r"ASIA[A-Z0-9]{16}\b"),
        ("AIza", "Google API key", r"AIza[\w-]{35}"),
        ("ATATT3", "Atlassian token", r"ATATT3[\w=-]{40,}"),
        ("EAAA", "Square or Facebook token", r"EAAA[\w-]{50,}"),
        ("dapi", "Databricks token", r"dapi[0-9a-f]{32}(?!\w)"),
        ("AC", "Twilio account", r"AC[0-9a-f]{32}(?!\w)"),
        ("SK", "Twilio key", r"SK[0-9a-f]{32}(?!\w)"),
        ("Q~", "Azure client secret", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])"),
        (":AA", "Telegram bot token", r"(?<!\w)\d{8,10}:AA[\w-]{33}(?![\w-])"),
        ("-us", "Mailchimp key", r"(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)"),
        ("1//0", "Google refresh token", r"1//0[\w-]{40,}"),
        ("hooks.slack", "Slack webhook", r"https://hooks\.slack\.com/services/[\w/]{20,}"),
        (
            "/webhooks/",
            "Discord webhook",
            r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{40,}",
        ),
        ("sig=", "signature of a URL", r"(?<=[?&;]sig=)[\w%+/-]{40,}=*"),
    )
)
"""What has to be there, kind, pattern."""

KEY_CHARACTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+/=.~:%?&;-"
"""Every character of ASCII that a key may have."""
_CLASSES: Final = bytes(120 if byte in KEY_CHARACTERS else 32 for byte in range(256))
_LONG: Final = b"x" * SHORTEST
_CONTEXT: Final = 2
"""So many characters before a key have a say in whether it is one."""

_DISCORD: Final = re.compile(r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w-])")
_MAILGUN: Final = re.compile(r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])")


def find_keys(text: str) -> Iterator[Place]:
    """Yield the places of keys, in no order; they may overlap."""
    if len(text) < SHORTEST:
        return
    if not text.isascii():
        yield from _keys_in(text)
        return
    # Prose and markup have few runs as long as a key, and to find these is far quicker than to look for keys.
    classes = text.encode().translate(_CLASSES)
    stop = 0
    while (run := classes.find(_LONG, stop)) >= 0:
        stop = classes.find(b" ", run)
        if stop < 0:
            stop = len(text)
        begin = max(0, run - _CONTEXT)
        for start, end, kind in _keys_in(text[begin : stop + 1]):
            yield begin + start, begin + end, kind


def _keys_in(text: str) -> Iterator[Place]:
    for rough in _ROUGH.finditer(text):
        end = rough.end()
        for begin in _BY_END.get(text[end - 3 : end], ()):
            if text.endswith(begin, 0, end):
                kind, pattern = _PATTERNS[begin]
                rest = pattern.match(text, end)
                if rest is not None and begins_word(text, end - len(begin)):
                    yield end - len(begin), rest.end(), kind
        yield from _by_their_middle(text, end - 1)
    for mark, kind, pattern in _WHOLE:
        if mark in text:
            for found in pattern.finditer(text):
                if kind == "JSON Web Token" or begins_word(text, found.start()):
                    yield found.start(), found.end(), kind


def _by_their_middle(text: str, separator: int) -> Iterator[Place]:
    if text[separator] == "." and text[separator - 7 : separator - 6] == ".":
        for length in (24, 25, 26):
            start = separator - 7 - length
            found = _DISCORD.match(text, start) if start >= 0 else None
            if found is not None and begins_word(text, start):
                yield start, found.end(), "Discord token"
                return
    start = separator - 32
    if text[separator] == "-" and start >= 0 and begins_word(text, start):
        found = _MAILGUN.match(text, start)
        if found is not None:
            yield start, found.end(), "Mailgun key"


def begins_word(text: str, start: int) -> bool:
    """Return whether nothing before ``start`` makes what begins there part of something longer."""
    if not start:
        return True
    before = text[start - 1]
    if before in "nrt" and text[start - 2 : start - 1] == "\\":
        return True  # an escaped line feed
    return not (before.isalnum() or before in "_.-")
