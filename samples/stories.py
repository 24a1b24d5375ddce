"""What somebody does with the sample project: named stories, and a browser that plays them over HTTP.

Enters: the URL of a running server with the seeded database. Leaves: responses.
Refused: a response with another status than the story tells.
With a server at hand: ``python -m samples.stories http://127.0.0.1:8000 [STORY …]``.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import requests

PASSWORD = "smørrebrød-42"
"""Of every user that the ``seed`` command makes."""

Pairs = Sequence[tuple[str, str]]


class UnexpectedStatusError(Exception):
    """The server answered otherwise than the story tells."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and the status that answers it."""

    method: str
    path: str
    status: int
    query: Pairs = ()
    form: Mapping[str, str | list[str]] | None = None
    json: object = None
    files: Mapping[str, tuple[str, bytes, str]] | Sequence[tuple[str, tuple[str, bytes, str]]] | None = None
    headers: Mapping[str, str] | None = None


def get(path: str, status: int = 200, query: Pairs = ()) -> Step:
    """A page is looked at."""
    return Step("GET", path, status, query=query)


def submit(
    path: str,
    form: Mapping[str, str | list[str]] | None = None,
    status: int = 302,
    files: Mapping[str, tuple[str, bytes, str]] | Sequence[tuple[str, tuple[str, bytes, str]]] | None = None,
    query: Pairs = (),
    headers: Mapping[str, str] | None = None,
) -> Step:
    """A form is sent, with the CSRF token where there is one."""
    return Step("POST", path, status, query=query, form=form or {}, files=files, headers=headers)


def post_json(path: str, data: object, status: int) -> Step:
    """A program talks to the API."""
    return Step("POST", path, status, json=data)


@dataclass(frozen=True, slots=True)
class Story:
    """A few requests that belong together."""

    name: str
    steps: tuple[Step, ...]
    user: str | None = field(default=None, kw_only=True)
    """Who has logged in before the story begins."""


STORIES = (
    Story("list-todos", (get("/"),)),
    Story("filter-todos", (get("/", query=[("tag", "talk"), ("tag", "home"), ("q", "Anna's")]),)),
    Story("find-nothing", (get("/", query=[("q", "“ingenting” & mere")]),)),
    Story("show-a-todo", (get("/todos/51/"),)),
    Story("unknown-todo", (get("/todos/4711/", status=404),)),
    Story("complete-a-todo", (submit("/complete/50/"),)),
    Story("open-the-form", (get("/create/"),)),
    Story(
        "create-a-todo",
        (submit("/create/", {"title": "Buy a “new” piano", "due_on": "2026-12-24", "priority": "3"}),),
    ),
    Story(
        "create-with-validation-error",
        (submit("/create/", {"title": "BUY A PIANO", "due_on": "soon", "priority": "3"}, status=200),),
    ),
    Story(
        "create-my-todo",
        (submit("/create/", {"title": "Øv talen", "priority": "2", "project": "7", "tags": ["1", "3"]}),),
        user="anna",
    ),
    Story("log-in", (submit("/accounts/login/", {"username": "anna", "password": PASSWORD}),)),
    Story(
        "log-in-with-a-wrong-password",
        (submit("/accounts/login/", {"username": "anna", "password": "hygge"}, status=200),),
    ),
    Story("log-out", (submit("/accounts/logout/"),), user="bo"),
    Story("my-todos", (get("/mine/"),), user="anna"),
    Story("my-todos-without-login", (get("/mine/", status=302),)),
    Story("api-list", (get("/api/todos/"),)),
    Story(
        "api-create",
        (
            post_json(
                "/api/todos/",
                {"title": "Call Søren", "due_on": None, "priority": 1, "project": 7, "tags": [2]},
                status=201,
            ),
        ),
    ),
    Story("api-create-invalid", (post_json("/api/todos/", {"title": "", "priority": 9}, status=400),)),
    Story(
        "attach-notes",
        (
            submit(
                "/todos/50/attach/",
                files={"notes": ("noter.txt", "Bring an adapter\n\nSay “tak”\n".encode(), "text/plain")},
            ),
        ),
        user="bo",
    ),
    Story("ask-for-a-quote", (submit("/todos/53/quote/"),)),
    Story("delete-a-todo", (submit("/todos/54/delete/"),)),
    Story("complete-two-todos", (submit("/complete/51/"), submit("/complete/53/"))),
)


class Browser:
    """Makes a story's requests, keeps cookies, and does not follow redirects of its own accord."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        # A proxy that the environment names has no business on the loopback.
        self.session.trust_env = False

    def enter(self, user: str | None) -> int:
        """Open the login page, which gives out a CSRF token, and log in if there is a user.

        Returns how many requests that took.
        """
        steps = [get("/accounts/login/")]
        if user is not None:
            steps.append(submit("/accounts/login/", {"username": user, "password": PASSWORD}))
        for step in steps:
            self.make(step)
        return len(steps)

    def play(self, story: Story) -> list[requests.Response]:
        """Make the story's requests; :meth:`enter` comes before."""
        return [self.make(step) for step in story.steps]

    def make(self, step: Step) -> requests.Response:
        """Make one request."""
        form: dict[str, str | list[str]] | None = None
        if step.form is not None:
            token = self.session.cookies.get("csrftoken")
            form = {**({"csrfmiddlewaretoken": token} if token else {}), **step.form}
        response = self.session.request(
            step.method,
            self.url + step.path,
            params=list(step.query),
            data=form,
            json=step.json,
            files=step.files,
            headers=step.headers,
            allow_redirects=False,
            timeout=30,
        )
        if response.status_code != step.status:
            message = f"{step.method} {step.path}: {response.status_code} instead of {step.status}"
            raise UnexpectedStatusError(message)
        return response


def select(names: Sequence[str]) -> list[Story]:
    """Return the stories of these names, in the order of :data:`STORIES`; all of them without names."""
    unknown = set(names) - {story.name for story in STORIES}
    if unknown:
        raise LookupError(f"no such story: {', '.join(sorted(unknown))}")
    return [story for story in STORIES if not names or story.name in names]


def main() -> None:
    """Play stories against a server."""
    parser = argparse.ArgumentParser(description="Click through the sample project.")
    parser.add_argument("url", help="where it runs, such as http://127.0.0.1:8000")
    parser.add_argument("stories", nargs="*", metavar="STORY", help="default: all of them")
    arguments = parser.parse_args()
    for story in select(arguments.stories):
        browser = Browser(arguments.url)
        browser.enter(story.user)
        for response in browser.play(story):
            request = response.request
            print(f"{story.name:32} {request.method:4} {response.status_code} {request.path_url}")


if __name__ == "__main__":
    main()
