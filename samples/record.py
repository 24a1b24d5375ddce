"""Record the stories anew: one small file of OTLP JSON for each in ``samples/spans/``.

Run it with ``make samples`` after the sample project, the stories or the recorder changed.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from samples.environments import ROOT, own
from samples.running import free_port, prepare_database, recorded_requests, running, wait_for_requests
from samples.stories import Browser, Story, select
from samples.stub_server import DEFAULT_PORT, serving

SPANS = Path(__file__).resolve().parent / "spans"


@contextmanager
def recorded_server(spans: Path) -> Iterator[str]:
    """Run the sample project as its user would to record it, with fresh data; yield its URL.

    The quotes service is where the project's settings look for it, as the generated tests will.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch, serving(DEFAULT_PORT) as quotes:
        database = Path(scratch) / "todos.sqlite3"
        prepare_database(own(), {"TODO_DATABASE": str(database)})
        env = {
            "OTEL_TRACES_EXPORTER": "otel2test",
            "OTEL_SERVICE_NAME": "todos",
            "OTEL2TEST_DIR": str(spans),
            # The same pseudonyms every time, so that a new recording changes no test by itself.
            "OTEL2TEST_REDACTION_KEY": "samples",
            "TODO_DATABASE": str(database),
            "QUOTES_URL": quotes,
        }
        command = ("opentelemetry-instrument", "python", "manage.py", "runserver", "--noreload", str(port))
        with running(command, programs=own(), env=env, port=port, log=Path(scratch) / "server.log") as url:
            yield url


def play(url: str, story: Story, spans: Path) -> list[str]:
    """Play a story on a recorded server and return the lines that its own requests left."""
    browser = Browser(url)
    before = len(recorded_requests(spans))
    entered = browser.enter(story.user)
    wait_for_requests(spans, before + entered)
    answers = browser.play(story)
    return wait_for_requests(spans, before + entered + len(answers))[before + entered :]


def record(stories: Sequence[Story], into: Path) -> None:
    """Write one file for each story."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        spans = Path(scratch)
        with recorded_server(spans) as url:
            for story in stories:
                lines = play(url, story, spans)
                file = into / f"{story.name}.json"
                file.write_text(portable("".join(lines)), encoding="utf-8")
                print(f"{file.name:42} {len(lines)} requests {file.stat().st_size / 1000:7.1f} kB")


def portable(text: str) -> str:
    """Leave out where on this machine the code lies; the stack traces of exceptions tell it."""
    return text.replace(str(ROOT), "/srv/otel2test").replace(sys.base_prefix, "/usr")


def main() -> None:
    """Record stories, all of them by default."""
    parser = argparse.ArgumentParser(description="Record the stories into samples/spans/.")
    parser.add_argument("stories", nargs="*", metavar="STORY", help="default: all of them")
    record(select(parser.parse_args().stories), SPANS)


if __name__ == "__main__":
    main()
