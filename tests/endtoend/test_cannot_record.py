"""Where recording can't work, the app runs as ever and one line says what to do."""

from pathlib import Path

from tests.endtoend.harness import click, serve
from tests.endtoend.ways import WAYS


def test_without_a_writable_folder(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with serve(WAYS[0], tmp_path, {"OTEL2TEST_DIR": str(in_the_way / "spans")}) as url:
        click(url, ["list-todos", "complete-a-todo"])

    output = (tmp_path / "server.log").read_text(encoding="utf-8")
    said = [line for line in output.splitlines() if "otel2test" in line]
    assert len(said) == 1, output
    assert "OTEL2TEST_DIR" in said[0]
    assert "Traceback" not in output
