from __future__ import annotations

import errno
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from otel2test.errors import Problem
from otel2test.processors.files import Compression, TraceFile, service_name, slug
from otel2test.reading.files import Document, read_documents


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


# Rotating and pruning


def lines(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_full_file_is_left_and_the_next_begun(tmp_path: Path) -> None:
    file = TraceFile(tmp_path, max_bytes=4)
    for line in (b"1", b"2", b"a line longer than a file", b"3"):
        assert file.write(line, "shop")

    assert lines(tmp_path) == {
        f"shop-{os.getpid()}.json": b"1\n2\n",
        f"shop-{os.getpid()}.1.json": b"a line longer than a file\n",
        f"shop-{os.getpid()}.2.json": b"3\n",
    }


def test_a_process_with_the_number_of_an_earlier_one_goes_on_behind_it(tmp_path: Path) -> None:
    (tmp_path / f"shop-{os.getpid()}.json").write_bytes(b"full\n")
    TraceFile(tmp_path, max_bytes=5).write(b"1", "shop")

    assert lines(tmp_path)[f"shop-{os.getpid()}.1.json"] == b"1\n"


ENDED = 2**22 + 1
"""No process has this number: it is beyond the largest that Linux gives."""


def earlier(folder: Path, *names: str) -> None:
    for age, name in enumerate(reversed(names), 1):
        (folder / name).write_bytes(b"old\n")
        os.utime(folder / name, (1_000_000 - age, 1_000_000 - age))


def test_old_files_are_kept_unless_asked(tmp_path: Path) -> None:
    earlier(tmp_path, f"shop-{ENDED}.json")
    TraceFile(tmp_path).write(b"1", "shop")

    assert len(lines(tmp_path)) == 2


def test_the_oldest_files_of_the_service_are_deleted_where_asked(tmp_path: Path) -> None:
    others = {f"other-{ENDED}.json", f"shop-admin-{ENDED}.json", "shop-notes.json", f"shop-{ENDED}.txt"}
    earlier(tmp_path, *others, f"shop-{ENDED}.json", f"shop-{ENDED}.1.json", f"shop-{ENDED + 1}.json")
    TraceFile(tmp_path, keep=2).write(b"1", "shop")

    assert set(lines(tmp_path)) == {*others, f"shop-{ENDED + 1}.json", f"shop-{os.getpid()}.json"}


def test_a_file_that_a_running_process_writes_to_is_kept(tmp_path: Path) -> None:
    earlier(tmp_path, f"shop-{os.getppid()}.json", f"shop-{os.getppid()}.1.json", f"shop-{ENDED}.json")
    TraceFile(tmp_path, keep=1).write(b"1", "shop")

    assert set(lines(tmp_path)) == {f"shop-{os.getppid()}.1.json", f"shop-{os.getpid()}.json"}


def test_of_a_process_that_writes_much_the_newest_files_are_kept(tmp_path: Path) -> None:
    file = TraceFile(tmp_path, max_bytes=1, keep=2)
    for number in range(5):
        file.write(b"%d" % number, "shop")

    assert set(lines(tmp_path).values()) == {b"3\n", b"4\n"}


# Compressed


def unzipped(file: Path) -> list[bytes]:
    """Return the content of each member."""
    members: list[bytes] = []
    rest = file.read_bytes()
    while rest:
        unzip = zlib.decompressobj(31)
        members.append(unzip.decompress(rest))
        assert unzip.eof
        rest = unzip.unused_data
    return members


def test_each_line_is_compressed_by_itself(tmp_path: Path) -> None:
    for _ in range(2):
        TraceFile(tmp_path, compression="gzip").write(b"1" * 1000, "shop")

    (file,) = tmp_path.iterdir()
    assert file.name == f"shop-{os.getpid()}.json.gz"
    assert unzipped(file) == [b"1" * 1000 + b"\n"] * 2
    assert file.stat().st_size < 100


def test_a_file_is_full_by_what_is_on_the_disk(tmp_path: Path) -> None:
    file = TraceFile(tmp_path, max_bytes=60, compression="gzip")
    for _ in range(3):
        file.write(b"1" * 1000, "shop")

    assert {made.name: len(unzipped(made)) for made in tmp_path.iterdir()} == {
        f"shop-{os.getpid()}.json.gz": 2,
        f"shop-{os.getpid()}.1.json.gz": 1,
    }


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_old_files_are_deleted_whether_compressed_or_not(tmp_path: Path, compression: Compression) -> None:
    earlier(tmp_path, f"shop-{ENDED}.json.gz", f"shop-{ENDED}.json", f"shop-{ENDED}.json.bz2")
    TraceFile(tmp_path, keep=1, compression=compression).write(b"1", "shop")

    suffix = {"none": "", "gzip": ".gz"}[compression]
    assert set(lines(tmp_path)) == {f"shop-{ENDED}.json.bz2", f"shop-{os.getpid()}.json{suffix}"}


WRITER = """
import os, sys
from pathlib import Path
from otel2test.processors.files import TraceFile
os.getpid = lambda: 1  # as in containers, each of which counts its own processes
file = TraceFile(Path(sys.argv[1]), compression="gzip")
for number in range(int(sys.argv[3])):
    line = '{"%s %s": "%s"}' % (sys.argv[2], number, os.urandom(9999).hex())
    assert file.write(line.encode(), "shop")
    print(number, flush=True)
"""


def writing(folder: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def numbers(folder: Path) -> tuple[set[str], list[Problem]]:
    """Return what the lines in a folder are called, and what is wrong in them."""
    read = [*read_documents([str(folder)])]
    contents = [each.content for each in read if isinstance(each, Document)]
    names = {next(iter(content)) for content in contents if isinstance(content, dict)}
    return names, [each for each in read if isinstance(each, Problem)]


def test_several_processes_append_to_one_file(tmp_path: Path) -> None:
    processes = [writing(tmp_path, name, 30) for name in "abc"]
    for process in processes:
        process.communicate()

    assert len([*tmp_path.iterdir()]) == 1
    assert numbers(tmp_path) == ({f"{name} {number}" for name in "abc" for number in range(30)}, [])


def test_a_process_that_is_killed_leaves_whole_lines_but_for_the_last(tmp_path: Path) -> None:
    with writing(tmp_path, "a", 1_000_000) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(5)]
        process.kill()
        told += process.stdout.readlines()
    with writing(tmp_path, "b", 2) as after:
        after.communicate()

    names, problems = numbers(tmp_path)
    assert names >= {f"a {line.decode().strip()}" for line in told} | {"b 0", "b 1"}
    assert len(problems) <= 1


# What goes wrong


def test_a_descriptor_closed_by_the_program_is_opened_anew(tmp_path: Path) -> None:
    file = TraceFile(tmp_path)
    file.write(b"1", "shop")
    (tmp_path / "its.txt").touch()
    os.close(file._descriptor or -1)
    its = os.open(tmp_path / "its.txt", os.O_WRONLY)  # takes the number that became free
    try:
        assert its == file._descriptor
        assert file.write(b"2", "shop")
        file.forget()

        assert lines(tmp_path) == {f"shop-{os.getpid()}.json": b"1\n2\n", "its.txt": b""}
        os.fstat(its)  # still the program's, and open
    finally:
        os.close(its)


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
