"""What the tests of the recorder share: a recorder on a provider of its own, and what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from otel2test.processors import notices
from otel2test.processors.files import TraceFile
from otel2test.processors.recorder import Recorder
from otel2test.processors.settings import RecorderSettings


@dataclass
class Bench:
    """A recorder at work, with a clock that only the test moves."""

    folder: Path
    now: float = 0.0
    recorder: Recorder = field(init=False)
    provider: TracerProvider = field(init=False)

    def start(self, **settings: Any) -> Recorder:
        self.recorder = Recorder(
            RecorderSettings(directory=self.folder, **settings),
            TraceFile(self.folder),
            clock=lambda: self.now,
        )
        self.provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
        self.recorder.attach(self.provider)
        return self.recorder

    @property
    def tracer(self) -> Tracer:
        return self.provider.get_tracer("tests")

    @property
    def django(self) -> Tracer:
        return self.provider.get_tracer("opentelemetry.instrumentation.django")

    def lines(self) -> list[dict[str, dict[str, Any]]]:
        """Return, for each line written, name of the span → its attributes."""
        return [names(line) for line in written(self.folder)]


def written(folder: Path) -> list[Any]:
    """Return the requests that stand in the files of ``folder``."""
    return [
        orjson.loads(line)
        for file in sorted(folder.glob("*.json"))
        # What is behind the last end of a line is just being written.
        for line in file.read_bytes().rpartition(b"\n")[0].splitlines()
    ]


def spans(line: Any) -> list[Any]:
    return [
        span
        for resource_spans in line["resourceSpans"]
        for scope_spans in resource_spans["scopeSpans"]
        for span in scope_spans["spans"]
    ]


def names(line: Any) -> dict[str, dict[str, Any]]:
    return {
        span["name"]: {item["key"]: item["value"].get("stringValue") for item in span.get("attributes", ())}
        for span in spans(line)
    }


@pytest.fixture(autouse=True)
def _threads_as_they_were() -> Iterator[None]:
    """What an operation in one test instruments would hand on contexts in the next."""
    yield
    instrumentor = ThreadingInstrumentor()
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "spans")
    made.start()
    yield made
    made.provider.shutdown()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Return a function that returns what was said on stderr, also what other tests had said before."""
    monkeypatch.setattr(notices, "_said", set())

    def lines() -> list[str]:
        return capsys.readouterr().err.splitlines()

    return lines
