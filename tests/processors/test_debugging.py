"""Under debugpy, as editors start it: it stops where it would, and shows and changes what it would."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processors.conftest import names, written
from tests.processors.project import Project, connected, environ, free_port

SHOP = """
def total(prices):
    found = sum(prices)
    return found
"""
LINE = SHOP.splitlines().index("    return found") + 1
PROGRAM = "{record}\nimport visit\n"
RECORD = "from otel2test.processors import record; record()"


class Editor:
    """A client of the debug adapter protocol."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._sent = 0
        self._events: list[dict[str, Any]] = []

    def send(self, command: str, **arguments: Any) -> int:
        self._sent += 1
        request = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        content = json.dumps(request).encode()
        self._stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self._stream.flush()
        return self._sent

    def answer(self, request: int) -> Any:
        while (message := self._read()).get("request_seq") != request:
            self._events.append(message)
        assert message["success"], message
        return message.get("body")

    def ask(self, command: str, **arguments: Any) -> Any:
        return self.answer(self.send(command, **arguments))

    def wait_for(self, event: str) -> Any:
        for message in self._events:
            if message.get("event") == event:
                return message.get("body")
        while (message := self._read()).get("event") != event:
            self._events.append(message)
        return message.get("body")

    def _read(self) -> dict[str, Any]:
        length = 0
        while header := self._stream.readline().strip():
            if header.startswith(b"Content-Length:"):
                length = int(header.partition(b":")[2])
        message: dict[str, Any] = json.loads(self._stream.read(length))
        return message


def debugged(project: Project, record: str) -> tuple[Any, ...]:
    """Return where the program stops, what is shown there, and what it says with a variable changed."""
    (project.folder / "program.py").write_text(PROGRAM.format(record=record), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-Xfrozen_modules=off", "-m", "debugpy", "--listen", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, "--wait-for-client", "program.py"],
        cwd=project.folder,
        env=environ({"OTEL2TEST_CALLS": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with connected(port, process) as connection:
            seen = stop_and_change(Editor(connection), project.folder / "shop.py")
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return (*seen, output, errors)


def stop_and_change(editor: Editor, file: Path) -> tuple[Any, ...]:
    editor.ask("initialize", adapterID="test", pathFormat="path")
    attached = editor.send("attach", justMyCode=True)
    editor.wait_for("initialized")
    editor.ask("setBreakpoints", source={"path": str(file)}, breakpoints=[{"line": LINE}])
    editor.ask("configurationDone")
    editor.answer(attached)
    thread = editor.wait_for("stopped")["threadId"]
    frame, *_ = editor.ask("stackTrace", threadId=thread)["stackFrames"]
    scope, *_ = editor.ask("scopes", frameId=frame["id"])["scopes"]
    place = scope["variablesReference"]
    shown = {
        item["name"]: item["value"] for item in editor.ask("variables", variablesReference=place)["variables"]
    }
    editor.ask("setVariable", variablesReference=place, name="found", value="99")
    editor.ask("continue", threadId=thread)
    editor.wait_for("terminated")
    return Path(frame["source"]["path"]).name, frame["line"], frame["name"], shown


def test_debugpy_stops_and_changes_as_it_would(tmp_path: Path) -> None:
    pytest.importorskip("debugpy", reason="debugpy isn't installed")
    project = Project.make(tmp_path / "tiny")
    (project.folder / "shop.py").write_text(SHOP, encoding="utf-8")
    tiny = project.folder / "tiny.py"
    greeting = "f\"hello {__import__('shop').total([1, 2])}\""
    tiny.write_text(tiny.read_text().replace('HttpResponse("hello")', f"HttpResponse({greeting})"))

    plain = debugged(project, "")
    recorded = debugged(project, RECORD)

    assert recorded == plain
    assert plain == ("shop.py", LINE, "total", {"found": "3", "prices": "[1, 2]"}, "hello 99\n", "")
    (line,) = written(project.folder / "spans")
    (calls,) = (text for values in names(line).values() if (text := values.get("otel2test.calls")))
    assert '"total"' in calls
    assert "99" in calls
