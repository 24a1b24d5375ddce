from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from otel2test.processors.files import TraceFile, service_name, slug


def test_a_file_is_made_when_the_first_line_comes(tmp_path: Path) -> None:
    file = TraceFile(tmp_path / "deep" / "spans")
    assert file.is_writable()
    assert list(tmp_path.iterdir()) == []

    assert file.write(b"{}", "shop")

    (made,) = (tmp_path / "deep" / "spans").iterdir()
    assert made.name == f"shop-{os.getpid()}.json"


def test_lines_are_appended(tmp_path: Path) -> None:
    (tmp_path / f"shop-{os.getpid()}.json").write_bytes(b"from before\n")
    file = TraceFile(tmp_path)
    file.write(b"1", "shop")
    file.write(b"2", "shop")

    assert (tmp_path / f"shop-{os.getpid()}.json").read_bytes() == b"from before\n1\n2\n"


def test_a_folder_cleared_while_the_app_runs_is_filled_again(tmp_path: Path) -> None:
    file = TraceFile(tmp_path / "spans")
    file.write(b"1", "shop")
    for made in (tmp_path / "spans").iterdir():
        made.unlink()
    (tmp_path / "spans").rmdir()
    file.write(b"2", "shop")

    assert [made.read_bytes() for made in (tmp_path / "spans").iterdir()] == [b"2\n"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, said: Callable[[], list[str]]) -> None:
    (tmp_path / "file").touch()
    file = TraceFile(tmp_path / "file" / "spans")

    assert not file.is_writable()
    assert not file.write(b"1", "shop")
    assert all("OTEL2TEST_DIR" in line and str(tmp_path / "file") in line for line in said())


def test_a_full_disk_leaves_no_half_a_line(
    tmp_path: Path, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TraceFile(tmp_path)
    file.write(b"whole", "shop")
    write = os.write
    room = iter([3, 0])

    def filling(descriptor: int, data: bytes) -> int:
        left = next(room)
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:left])

    monkeypatch.setattr(os, "write", filling)
    assert not file.write(b"does not fit", "shop")

    (line,) = said()
    assert os.strerror(errno.ENOSPC) in line
    assert (tmp_path / f"shop-{os.getpid()}.json").read_bytes() == b"whole\n"


@pytest.mark.parametrize("declared", ["unknown_service", "unknown_service:python", "", None])
def test_a_service_without_a_name_is_called_after_its_folder(
    declared: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "My Shop").mkdir()
    monkeypatch.chdir(tmp_path / "My Shop")

    assert service_name(declared) == "My-Shop"


def test_a_project_is_called_after_the_folder_of_manage_py(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = ModuleType("__main__")
    main.__file__ = str(tmp_path / "shop" / "manage.py")
    monkeypatch.setitem(sys.modules, "__main__", main)

    assert service_name("unknown_service") == "shop"
    assert service_name("orders") == "orders"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop", "shop"),
        ("a/b c", "a-b-c"),
        ("../etc", "etc"),
        ("", "app"),
        ("日本", "app"),
        ("v1.2_x", "v1.2_x"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected
