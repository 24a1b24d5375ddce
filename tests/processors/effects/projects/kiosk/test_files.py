"""Files that the program keeps in storages."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.http import HttpRequest
from django.templatetags.static import static

from tests.processors.effects.projects.kiosk.backends import Shelf
from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS, PROJECT

Effects = Callable[..., list[dict[str, Any]]]
FILE_SYSTEM = "django.core.files.storage.filesystem.FileSystemStorage"


def test_the_life_of_a_file(effects: Effects, tmp_path: Path) -> None:
    storage = FileSystemStorage(tmp_path, "/media/")

    def view(request: HttpRequest) -> None:
        name = storage.save("a.txt", ContentFile("Hello"))
        storage.exists(name)
        with storage.open(name) as file:
            assert file.read() == b"Hello"
        storage.url(name)
        storage.delete(name)

    assert effects("files", view) == [
        {
            "storage": FILE_SYSTEM,
            "operation": "save",
            "name": "a.txt",
            "size": 5,
            "content": _base64(b"Hello"),
        },
        {"storage": FILE_SYSTEM, "operation": "exists", "name": "a.txt", "result": True},
        {"storage": FILE_SYSTEM, "operation": "open", "name": "a.txt", "mode": "rb"},
        {"storage": FILE_SYSTEM, "operation": "url", "name": "a.txt", "result": "/media/a.txt"},
        {"storage": FILE_SYSTEM, "operation": "delete", "name": "a.txt"},
    ]


def test_a_name_that_is_taken(effects: Effects) -> None:
    storage = InMemoryStorage()
    storage.save("a.txt", ContentFile("1"))

    def view(request: HttpRequest) -> None:
        storage.save("a.txt", ContentFile("2"))

    (told,) = effects("files", view)

    assert told["asked"] == "a.txt"
    assert told["name"].startswith("a_")
    assert told["storage"].endswith("InMemoryStorage")


def test_the_default_storage(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        default_storage.delete(default_storage.save("b.txt", ContentFile(b"x")))

    assert [told["operation"] for told in effects("files", view)] == ["save", "delete"]


@pytest.mark.parametrize(
    "made",
    [
        lambda data: SimpleUploadedFile("a.bin", data),
        lambda data: InMemoryUploadedFile(io.BytesIO(data), "f", "a.bin", "text/plain", len(data), None),
        lambda data: File(io.BytesIO(data), "a.bin"),
        io.BytesIO,
    ],
    ids=["simple upload", "upload", "file", "bytes"],
)
def test_content_that_lies_in_memory(effects: Effects, made: Callable[[bytes], Any], tmp_path: Path) -> None:
    content, positions = made(b"\x00\xff content"), []

    def view(request: HttpRequest) -> None:
        FileSystemStorage(tmp_path).save("a.bin", content)
        positions.append(content.tell())

    (told,) = effects("files", view)

    assert told["content"] == _base64(b"\x00\xff content")
    assert told["size"] == len(b"\x00\xff content")
    assert positions == [len(b"\x00\xff content")]  # as the storage left it
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff content"


def test_content_that_does_not_is_not_read(effects: Effects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from disk")

    def view(request: HttpRequest) -> None:
        with source.open("rb") as opened:
            InMemoryStorage().save("a.bin", File(opened))

    (told,) = effects("files", view)

    assert "content" not in told


def test_content_that_is_too_large(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        InMemoryStorage().save("a.bin", ContentFile(bytes(300_000)))

    (told,) = effects("files", view)

    assert told["size"] == 300_000
    assert "content" not in told


def test_a_storage_of_the_programs_own_is_asked_once(effects: Effects, tmp_path: Path) -> None:
    def view(request: HttpRequest) -> None:
        Shelf(tmp_path).save("a.txt", ContentFile("1"))

    (told,) = effects("files", view)

    assert told["storage"] == f"{PROJECT}.backends.Shelf"
    assert (told["name"], told["asked"]) == ("shelf/a.txt", "a.txt")


def test_a_file_that_is_missing(effects: Effects) -> None:
    def view(request: HttpRequest) -> str:
        try:
            default_storage.open("missing.txt", "rb")
        except FileNotFoundError:
            return "missing"
        return "there"

    (told,) = effects("files", view)

    assert told["error"]["type"] == "builtins.FileNotFoundError"


def test_static_files_are_left_out(effects: Effects) -> None:
    assert effects("files", lambda request: static("style.css")) == []


def test_secrets_in_text_are_replaced(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        InMemoryStorage().save("k.txt", ContentFile("sk_test_4eC39HqLyjWDarjtT1zdp7dc"))

    (told,) = effects("files", view)

    assert b"4eC39" not in base64.b64decode(told["content"])


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        for _ in range(MAX_EFFECTS + 2):
            default_storage.exists("a.txt")

    assert effects("files", view)[-1] == {"dropped": 2}


def test_a_file_that_resists_is_saved_all_the_same(effects: Effects) -> None:
    class Hostile(ContentFile):  # type: ignore[type-arg]  # Django 4.2 has no parameters for it
        def __getattribute__(self, name: str) -> Any:
            if name == "__dict__":
                raise RuntimeError("hands off")
            return super().__getattribute__(name)

    storage = InMemoryStorage()
    effects("files", lambda request: storage.save("a.txt", Hostile(b"1")), faulty=True)

    assert storage.exists("a.txt")


def test_nothing_is_recorded_outside_of_a_request() -> None:
    assert not default_storage.exists("missing.txt")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
