"""The whole way once, for somebody to watch: record, list, generate, run, read.

Run it with ``make demo``. Leaves: ``demo/spans/``, ``demo/pytest/`` and ``demo/unittest/``.
"""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

from samples.environments import ROOT, environment, own
from samples.generating import Done, Framework, generate, run_tests
from samples.record import recorded_server
from samples.running import process_environment, wait_for_requests
from samples.stories import Browser, select

DEMO = ROOT / "demo"
SPANS = DEMO / "spans"
STORIES = (
    "list-todos",
    "show-a-todo",
    "unknown-todo",
    "complete-a-todo",
    "create-with-validation-error",
    "create-a-todo",
    "my-todos",
    "api-list",
    "api-create",
    "ask-for-a-quote",
)
SHOWN = "/complete/50/"
"""The test of this request is printed."""

FRAMEWORKS: tuple[Framework, ...] = ("pytest", "unittest")


def say(title: str) -> None:
    """Begin a chapter."""
    print(f"\n\033[1m{title}\033[0m" if sys.stdout.isatty() else f"\n{title}", flush=True)


def shorten(text: str) -> str:
    """Leave out of a text where the checkout is."""
    return text.replace(f"{ROOT}/", "")


def record() -> None:
    """Click through the sample project while it is recorded."""
    say("1. The sample project runs under opentelemetry-instrument; somebody uses it")
    print("$ OTEL_TRACES_EXPORTER=otel2test opentelemetry-instrument python manage.py runserver --noreload")
    requests_made = 0
    browsers: dict[str | None, Browser] = {}
    with recorded_server(SPANS) as url:
        for story in select(STORIES):
            if story.user not in browsers:
                browsers[story.user] = Browser(url)
                requests_made += browsers[story.user].enter(story.user)
            for response in browsers[story.user].play(story):
                requests_made += 1
                print(f"  {response.status_code} {response.request.method:4} {response.request.path_url}")
        wait_for_requests(SPANS, requests_made)


def list_recordings() -> None:
    """Show what ``otel2test list`` says."""
    say("2. What was recorded")
    print("$ otel2test list demo/spans", flush=True)
    env = process_environment(own(), {"COLUMNS": str(shutil.get_terminal_size().columns)})
    subprocess.run([own() / "otel2test", "list", "demo/spans"], cwd=ROOT, env=env, check=True)


def module(framework: Framework) -> Path:
    """Return where the generated tests for a framework go."""
    return DEMO / framework / "test_todos.py"


def make_tests() -> None:
    """Generate both kinds."""
    say("3. Tests are generated from it")
    for framework in FRAMEWORKS:
        tests = module(framework).relative_to(ROOT)
        print(f"$ otel2test gen demo/spans --framework {framework} -o {tests}", flush=True)
        done = generate(SPANS, framework, module(framework))
        print(shorten(done.stderr), end="", flush=True)
        stop_if_failed(done)


def prove() -> None:
    """Run both kinds where otel2test isn't installed."""
    say("4. They pass in the project's own environment, without otel2test")
    environment("sample")
    commands = {"pytest": "pytest", "unittest": "python manage.py test"}
    for framework in FRAMEWORKS:
        print(f"$ {commands[framework]} {module(framework).relative_to(ROOT)}", flush=True)
        done = run_tests(framework, module(framework))
        if done.returncode != 0:
            print(done.stdout)
        stop_if_failed(done)
        summary = [line for line in done.stdout.splitlines() if " passed" in line or line.startswith("Ran ")]
        print("  " + summary[-1].strip("= "))


def show() -> None:
    """Print one of the tests."""
    say(f"5. One of them, made from POST {SHOWN}")
    source = module("pytest").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        text = ast.get_source_segment(source, node) or ""
        if isinstance(node, ast.FunctionDef) and f'"{SHOWN}"' in text:
            print(text)
    say("All of it is in demo/")
    for file in sorted(file for file in DEMO.rglob("*") if file.suffix in {".json", ".jsonl", ".py"}):
        print(f"  {file.relative_to(ROOT)}")


def stop_if_failed(done: Done) -> None:
    """End the demonstration where it went wrong."""
    if done.returncode != 0:
        sys.exit(f"That failed with exit code {done.returncode}.")


def main() -> None:
    """Demonstrate."""
    shutil.rmtree(DEMO, ignore_errors=True)
    SPANS.mkdir(parents=True)
    record()
    list_recordings()
    make_tests()
    prove()
    show()


if __name__ == "__main__":
    main()
