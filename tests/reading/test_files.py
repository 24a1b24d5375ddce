"""Documents are found in whatever form the files are, and nothing good is lost beside something bad."""

import gzip
import io
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel2test.errors import Problem
from otel2test.reading.files import Document, documents, read_documents

ONE = {"resourceSpans": [{"schemaUrl": "one"}]}
TWO = {"resourceSpans": [{"schemaUrl": "two é"}]}


def compact(*contents: object) -> bytes:
    return b"".join(orjson.dumps(content) + b"\n" for content in contents)


def pretty(content: object) -> bytes:
    return json.dumps(content, indent=2).encode() + b"\n"


def binary(content: dict[str, list[dict[str, str]]]) -> bytes:
    message = ExportTraceServiceRequest()
    for group in content["resourceSpans"]:
        added = message.resource_spans.add()
        added.schema_url = group["schemaUrl"]
        added.scope_spans.add().spans.add().trace_id = bytes(range(16))
    serialized: bytes = message.SerializeToString()
    return serialized


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def found(content: bytes) -> tuple[list[object], list[str]]:
    """Return the contents of all documents, as schema URLs, and the problems as text."""
    things = [*documents(io.BytesIO(content), "f")]
    urls = [_url(thing.content) for thing in things if isinstance(thing, Document)]
    return urls, [str(thing) for thing in things if isinstance(thing, Problem)]


def _url(content: object) -> object:
    match content:
        case {"resourceSpans": [{"schemaUrl": url, **_more}]}:
            return url
    return content


SOUND: dict[str, bytes] = {
    "lines": compact(ONE, TWO),
    "lines without the last end": compact(ONE, TWO)[:-1],
    "lines with empty ones between": b"\n\n" + compact(ONE) + b"\n  \n" + compact(TWO),
    "lines of Windows": compact(ONE, TWO).replace(b"\n", b"\r\n"),
    "with a byte order mark": b"\xef\xbb\xbf" + compact(ONE, TWO),
    "an array on one line": compact([ONE, TWO]),
    "an array over many lines": pretty([ONE, TWO]),
    "several over many lines": pretty(ONE) + pretty(TWO),
    "several on one line": orjson.dumps(ONE) + orjson.dumps(TWO),
    "arrays on lines": compact([ONE], [TWO]),
    "framed protobuf": framed(binary(ONE), binary(TWO)),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("content", SOUND.values(), ids=SOUND.keys())
def test_form_is_told_from_the_content(content: bytes, pack: Callable[[bytes], bytes]) -> None:
    assert found(pack(content)) == (["one", "two é"], [])


@pytest.mark.parametrize("content", [compact(ONE), pretty(ONE), b"\n" + pretty(ONE), binary(ONE)])
def test_one_document(content: bytes) -> None:
    assert found(content) == (["one"], [])


def test_protobuf_that_begins_like_json() -> None:
    # A message of 123 bytes inside: its length is written as an opening brace.
    message = binary({"resourceSpans": [{"schemaUrl": "x" * 99}]})
    assert message.startswith(b"\n{")
    assert found(message) == (["x" * 99], [])


SOUND_BESIDE_BROKEN: dict[str, tuple[bytes, list[str], list[str]]] = {
    "last line cut off": (compact(ONE, TWO)[:-9], ["one"], ["f:2: is cut off in the middle"]),
    "line in the middle cut off": (
        compact(ONE) + orjson.dumps(TWO)[:-9] + b"\n" + compact(TWO),
        ["one", "two é"],
        ["f:2: is not valid JSON"],
    ),
    "first line cut off": (
        orjson.dumps(TWO)[:-9] + b"\n" + compact(ONE, TWO),
        ["one", "two é"],
        ["f:1: is not valid JSON"],
    ),
    "text between lines": (
        compact(ONE) + b"Quit the server with CONTROL-C.\n" + compact(TWO),
        ["one", "two é"],
        ["f:2: is not OTLP"],
    ),
    "text before lines": (
        b"Watching for changes\n" + compact(ONE, TWO),
        ["one", "two é"],
        ["f:1: is not OTLP"],
    ),
    "array cut off": (compact([ONE, TWO])[:-9], ["one"], ["f:1: is cut off in the middle"]),
    "array over many lines cut off": (pretty([ONE, TWO])[:-9], ["one"], ["f:9: is cut off in the middle"]),
    "bytes that are not UTF-8": (
        compact(ONE) + orjson.dumps(TWO).replace(b"\xc3", b"\xff") + b"\n",
        ["one", "two ��"],
        ["f:2: has bytes that are not UTF-8"],
    ),
    "framed protobuf cut off": (
        framed(binary(ONE), binary(TWO))[:-9],
        ["one"],
        ["f: is cut off in the middle, or is not OTLP"],
    ),
    "gzip cut off": (
        gzip.compress(compact(ONE, TWO))[:-9],
        ["one", "two é"],
        ["f:3: is gzipped and cut off in the middle"],
    ),
    "gzipped protobuf cut off": (
        gzip.compress(framed(binary(ONE), binary(TWO)))[:-9],
        ["one", "two é"],
        ["f: is gzipped and cut off in the middle"],
    ),
}


@pytest.mark.parametrize(
    ("content", "urls", "problems"), SOUND_BESIDE_BROKEN.values(), ids=SOUND_BESIDE_BROKEN.keys()
)
def test_what_is_sound_is_kept(content: bytes, urls: list[str], problems: list[str]) -> None:
    read, told = found(content)
    assert read == urls
    assert [problem.partition(";")[0] for problem in told] == problems


USELESS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "f: is empty"),
    "only space": (b" \n\n", "f: is empty"),
    "empty, gzipped": (gzip.compress(b""), "f: is empty"),
    "text": (b"hello\nworld\n", "f:1: is not OTLP"),
    "an image": (b"\x89PNG\r\n\x1a\n\x00\x00", "f:1: has bytes that are not UTF-8"),
    "zeros": (bytes(100), "f: is cut off in the middle, or is not OTLP"),
    "one document cut off": (pretty(ONE)[:-9], "f:1: is cut off in the middle"),
    "protobuf cut off": (binary(ONE)[:-9], "f: is cut off in the middle, or is not OTLP"),
    "nested without end": (b'{"a":' * 100_000, "f:1: is cut off in the middle"),
    "a number without end": (b'{"a": ' + b"1" * 5000 + b"}\n{\n", "f:1: is not valid JSON"),
    "zstd": (b"\x28\xb5\x2f\xfd\x00", "f: is compressed with zstd"),
    "damaged gzip": (b"\x1f\x8b\x08\x00" + b"\xff" * 30, "f: is gzipped and damaged"),
}


@pytest.mark.parametrize(("content", "problem"), USELESS.values(), ids=USELESS.keys())
def test_what_is_of_no_use_is_a_problem(content: bytes, problem: str) -> None:
    read, told = found(content)
    assert read == []
    assert told[0].startswith(problem)


def test_documents_know_their_line() -> None:
    content = b"\n" + pretty(ONE) + b"\n" + pretty(TWO)
    lines = [
        thing.origin.line for thing in documents(io.BytesIO(content), "f") if isinstance(thing, Document)
    ]
    assert lines == [2, 10]


def test_lines_are_read_one_by_one() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's own type is private
            chunk = (compact(ONE) * (len(buffer) // 20 + 1))[: len(buffer)]
            buffer[: len(chunk)] = chunk
            return len(chunk)

    things = documents(io.BufferedReader(Endless(), len(compact(ONE)) * 3), "f")
    assert [isinstance(next(things), Document) for _ in range(20)] == [True] * 20


def test_a_folder_is_read_with_what_is_below_it(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.json.gz", "below/c.PB", "below/d.otlp", "e.ndjson", "f.bin"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(compact({"resourceSpans": [{"schemaUrl": name}]}))
    for name in (".hidden.json", ".below/c.json", "notes.txt", "e.json.bak"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"not read")
    things = [*read_documents([str(tmp_path)])]
    assert [thing.content for thing in things if isinstance(thing, Document)] == [
        {"resourceSpans": [{"schemaUrl": name}]}
        for name in ("a.json.gz", "b.jsonl", "e.ndjson", "f.bin", "below/c.PB", "below/d.otlp")
    ]
    assert len(things) == 6


def test_a_named_file_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(compact(ONE))
    (document,) = read_documents([str(path)])
    assert isinstance(document, Document)
    assert str(document.origin) == f"{path}:1"


def test_a_dash_is_standard_input() -> None:
    (document,) = read_documents(["-"], io.BytesIO(compact(ONE)))
    assert isinstance(document, Document)
    assert str(document.origin) == "<stdin>:1"


def test_what_is_not_there_is_a_problem(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing.json", tmp_path / "folder"
    folder.mkdir()
    problems = [str(thing) for thing in read_documents([str(missing), str(folder), ""])]
    assert problems[0].startswith(f"{missing}: there is no such file; ")
    assert problems[1].startswith(f"{folder}: no recordings are in this folder; ")
    assert problems[2].startswith('"": cannot be opened')


CHECK = 8
"""Bytes at the end of a member by which it can be checked."""
END = CHECK + 4
"""Bytes at its end of which some may be missing though all of its content is there."""


def members(*contents: object) -> list[bytes]:
    """Return what the recorder writes: each line a member of gzip by itself."""
    return [zlib.compress(compact(content), 1, 31) for content in contents]


THREE = [{"resourceSpans": [{"schemaUrl": f"{number} " + "é" * number * 40}]} for number in range(3)]


@pytest.mark.parametrize("broken", range(3))
def test_a_member_without_its_end_costs_no_other(broken: int) -> None:
    """As a process leaves it that is killed, whether or not another goes on behind it."""
    whole = members(*THREE)
    others = [str(_url(each)) for number, each in enumerate(THREE) if number != broken]
    for length in range(1, len(whole[broken]) - END):
        cut = [part[:length] if number == broken else part for number, part in enumerate(whole)]
        urls, problems = found(b"".join(cut))
        assert urls == others, length
        (problem,) = problems
        assert problem.startswith(f"f:{broken + 1}: is gzipped and "), length


@pytest.mark.parametrize("damage", [b"\xff" * 12, b"\x1f\x8b\x08" * 9, b"not gzipped", b"\0" * 50 + b"\x1f"])
def test_what_stands_between_members_is_passed_over(damage: bytes) -> None:
    first, second, third = members(*THREE)
    urls, problems = found(first + second + damage + third)
    assert urls == [_url(each) for each in THREE]
    assert all(problem.startswith("f:3: is gzipped and ") for problem in problems)
    assert problems


def test_a_line_that_cannot_be_checked_is_used_and_named() -> None:
    packed = b"".join(members(*THREE))
    for missing in range(1, CHECK + 1):
        urls, problems = found(packed[:-missing])
        assert (urls, len(problems)) == ([_url(each) for each in THREE], 1)


def test_zeros_between_members_are_no_damage() -> None:
    first, second, third = members(*THREE)
    assert found(first + b"\0" * 9 + second + third + b"\0")[1] == []


def test_a_damaged_member_costs_no_other() -> None:
    first, second, third = members(*THREE)
    middle = len(second) // 2
    damaged = second[:middle] + bytes([second[middle] ^ 0x55]) + second[middle + 1 :]
    urls, problems = found(first + damaged + third)
    assert (urls[0], urls[-1]) == (_url(THREE[0]), _url(THREE[2]))
    assert [problem.partition(" (")[0] for problem in problems] == ["f:2: is gzipped and damaged"]


def test_large_members_are_read_piece_by_piece() -> None:
    """Longer than what is read, unpacked or kept at a time; of noise, which can't be compressed."""
    noise = random.Random(1)
    texts = [noise.randbytes(size).hex() for size in (3_000_000, 9, 3_000_000)]
    lines = [{"resourceSpans": [{"schemaUrl": text}]} for text in texts]
    packed = b"".join(zlib.compress(compact(line), 1, 31) for line in lines)
    assert found(packed) == (texts, [])
    urls, problems = found(packed[:-99] + b"".join(members(ONE)))
    assert urls == [*texts[:2], "one"]
    assert len(problems) == 1
