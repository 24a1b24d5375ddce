"""The vocabulary of the corpus: requests that a person or a program makes, told as stories.

Enters: the URL of a running server. Leaves: what was sent, in order, and how it was answered.
Refused: nothing; a step with another answer than told is reported with what came instead.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Literal, TypeAlias

import requests

Method: TypeAlias = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
Pairs: TypeAlias = Sequence[tuple[str, str]]
Upload: TypeAlias = tuple[str, bytes, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that stands in the page which the step before got, such as a hidden field."""

    pattern: str
    """With one group."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """A path that stands in the newest e-mail."""

    pattern: str
    """With one group."""


FormValue: TypeAlias = str | Found | list[str]
Form: TypeAlias = Mapping[str, FormValue]


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and the status that answers it."""

    method: Method
    path: str | Mailed
    status: int
    query: Pairs = ()
    form: Form | None = None
    json: object = None
    files: Mapping[str, Upload] | None = None
    headers: Mapping[str, str] | None = None
    counted: bool = True
    """False for a page that is only opened for what a later step needs of it."""


def get(path: str, status: int = 200, query: Pairs = (), headers: Mapping[str, str] | None = None) -> Step:
    """A page is looked at."""
    return Step("GET", path, status, query=query, headers=headers)


def opened(path: str) -> Step:
    """A page is looked at for what the next step needs of it; another story tells of the page itself."""
    return Step("GET", path, 200, counted=False)


def followed(pattern: str, status: int = 200, form: Form | None = None) -> Step:
    """The link in the newest e-mail is followed, or what is behind it is submitted.

    It doesn't count: what it is signed with is a secret, so that it can be followed only in a test
    that makes the request, too, by which the e-mail is sent.
    """
    return aside(Step("GET" if form is None else "POST", Mailed(pattern), status, form=form))


def aside(step: Step) -> Step:
    """A step that has no test of its own, as it needs those before it."""
    return replace(step, counted=False)


def submit(
    path: str,
    form: Form | None = None,
    status: int = 302,
    files: Mapping[str, Upload] | None = None,
    query: Pairs = (),
) -> Step:
    """A form is sent, with its CSRF token."""
    return Step("POST", path, status, query=query, form=form or {}, files=files)


def call(
    method: Method,
    path: str,
    status: int,
    json: object = None,
    *,
    query: Pairs = (),
    headers: Mapping[str, str] | None = None,
) -> Step:
    """A program talks to an API."""
    return Step(method, path, status, query=query, json=json, headers=headers)


@dataclass(frozen=True, slots=True)
class Story:
    """A few requests that belong together."""

    name: str
    steps: tuple[Step, ...]
    user: str | None = None
    """Who has logged in before the story begins."""


@dataclass(frozen=True, slots=True)
class LoginForm:
    """Where and how a project's users log in."""

    path: str
    user_field: str = "username"
    password_field: str = "password"
    password: str = "smørrebrød-42"
    """Of every user that a project is seeded with."""
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was made."""

    story: str
    step: Step
    method: str
    path: str
    """As on the wire, without the query."""
    status: int
    """As answered."""
    excerpt: str
    """The beginning of what was answered, for who tells stories."""

    @property
    def as_told(self) -> bool:
        """Whether the story tells of this answer."""
        return self.status == self.step.status


class Browser:
    """Plays a story, keeps cookies, does not follow redirects of its own accord."""

    def __init__(self, url: str, login: LoginForm, mails: Path) -> None:
        self._url = url
        self._mails = mails
        self._login = login
        self._session = requests.Session()
        # A proxy that the environment names has no business on the loopback.
        self._session.trust_env = False
        self._page = ""

    def play(self, story: Story) -> list[Sent]:
        """Log in if the story has a user, then make its requests; logging in is told too, not counted."""
        steps: list[Step] = []
        if any(step.form is not None for step in story.steps) or story.user:
            steps.append(Step("GET", self._login.path, 200, counted=False))
        if story.user is not None:
            form = {
                self._login.user_field: story.user,
                self._login.password_field: self._login.password,
                **self._login.more,
            }
            steps.append(Step("POST", self._login.path, 302, form=form, counted=False))
        return [self._make(story, step) for step in (*steps, *story.steps)]

    def _make(self, story: Story, step: Step) -> Sent:
        headers = dict(step.headers or {})
        form: dict[str, str | list[str]] | None = None
        token = self._session.cookies.get("csrftoken", default="")
        if step.form is not None:
            form = {"csrfmiddlewaretoken": token or "", **{k: self._filled(v) for k, v in step.form.items()}}
        elif step.method not in ("GET", "HEAD", "OPTIONS") and token:
            headers["X-CSRFToken"] = token
        asked = step.path if isinstance(step.path, str) else self._mailed(step.path)
        response = self._session.request(
            step.method,
            self._url + asked,
            params=list(step.query),
            data=form,
            json=step.json,
            files=step.files,
            headers=headers,
            allow_redirects=False,
            timeout=60,
        )
        self._page = response.text
        path = (response.request.path_url or "/").partition("?")[0]
        return Sent(story.name, step, step.method, path, response.status_code, response.text[:3000])

    def _mailed(self, path: Mailed) -> str:
        newest = max(self._mails.iterdir(), key=lambda file: file.stat().st_mtime)
        sent = message_from_bytes(newest.read_bytes().split(b"\n" + b"-" * 79)[0], policy=default)
        text = next(part for part in sent.walk() if part.get_content_maintype() == "text").get_content()
        match = re.search(path.pattern, text)
        return match[1] if match else "/no-such-link/"

    def _filled(self, value: FormValue) -> str | list[str]:
        if not isinstance(value, Found):
            return value
        match = re.search(value.pattern, self._page)
        return match[1] if match else ""
