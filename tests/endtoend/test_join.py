"""``gen --join``: a session of requests becomes one test, in which what was created flows on."""

import ast
from pathlib import Path

import pytest

from samples.generating import Framework, generate, run_tests
from samples.running import wait_for_requests
from samples.stories import PASSWORD, Browser, get, post_json, submit
from samples.stub_server import serving
from tests.endtoend.harness import passed, serve
from tests.endtoend.ways import WAYS

NOTES = {"notes": ("notes.txt", b"Bring an adapter", "text/plain")}


def session(browser: Browser) -> int:
    """Log in, make a todo, work on it, delete it, log out; return the number of requests."""
    browser.make(get("/accounts/login/"))
    browser.make(submit("/accounts/login/", {"username": "anna", "password": PASSWORD}))
    made = browser.make(post_json("/api/todos/", {"title": "Call Søren", "priority": 1}, status=201))
    path = f"/todos/{made.json()['id']}/"
    browser.make(get(path))
    browser.make(submit(f"{path}attach/", files=NOTES))
    browser.make(get(path))
    browser.make(submit(f"/complete/{made.json()['id']}/"))
    browser.make(get("/mine/"))
    browser.make(submit(f"{path}delete/"))
    browser.make(get(path, status=404))
    browser.make(submit("/accounts/logout/"))
    return 11


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of one session, and of a visitor who looked at the list meanwhile."""
    folder = tmp_path_factory.mktemp("session")
    with serving() as quotes, serve(WAYS[0], folder, {"QUOTES_URL": quotes}) as url:
        made = session(Browser(url))
        visitor = Browser(url)
        visitor.make(get("/accounts/login/"))
        visitor.make(get("/todos/51/"))
        wait_for_requests(folder / "spans", made + 2)
    return folder / "spans"


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("framework", ["pytest", "unittest"])
def test_a_session_becomes_one_test(spans: Path, framework: Framework, tmp_path: Path) -> None:
    tests = tmp_path / framework / "test_session.py"
    generated = generate(spans, framework, tests, "--join")
    assert generated.returncode == 0, generated.stderr
    text = tests.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]

    done = run_tests(framework, tests)

    assert done.returncode == 0, f"{done.stdout}\n{text}"
    assert passed(framework, done.stdout) == len(functions) == 2
    # The todo's key is the database's choice, so what follows asks the row for it.
    for path in ("/todos/{todo.pk}/", "/todos/{todo.pk}/attach/", "/complete/{todo.pk}/"):
        assert f'f"{path}"' in text or "response.url" in text
    assert "force_login" not in text
