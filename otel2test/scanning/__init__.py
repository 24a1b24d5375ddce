"""Scanning: files → the secrets that stand in them, though they should not.

What enters are names of recordings, of generated tests and any other text files, or of folders
with them. What leaves is a :class:`~otel2test.scanning.findings.Scan`. The recorder's pseudonyms
are no secrets, and are known by their mark (:mod:`otel2test.secrets.marks`), whoever recorded
them. In texts, a line that says ``pragma: allowlist secret`` is passed over, as it is by
detect-secrets.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from otel2test.errors import Problem, UsageError
from otel2test.reading.files import STDIN, Document, read_documents
from otel2test.scanning.detecting import Detector
from otel2test.scanning.findings import Finding, Scan, masked
from otel2test.scanning.recordings import scan_document

__all__ = ["Finding", "Scan", "scan"]

_SPANS: Final = ("resourceSpans", "resource_spans")
_GZIP: Final = b"\x1f"
_HEAD: Final = 4096
_ALLOWED: Final = "pragma: allowlist secret"
_REMEDY: Final = (
    "put a made-up value in its place, and revoke it; if it is none, end the line with # " + _ALLOWED
)


def scan(sources: Sequence[str], environ: Mapping[str, str] = os.environ) -> Scan:
    """Return the secrets in ``sources``.

    Raises :class:`~otel2test.errors.UsageError` where one of them isn't there.
    """
    detector = Detector(environ)
    findings: list[Finding] = []
    problems: list[Problem] = []
    for path in _files(sources):
        for item in _file(path, detector):
            if isinstance(item, Finding):
                findings.append(item)
            else:
                problems.append(item)
    return Scan(tuple(dict.fromkeys(findings)), tuple(problems))


def _files(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        path = Path(source)
        if source == STDIN or path.is_file():
            yield source
        elif path.is_dir():
            for parent, folders, names in os.walk(path):
                folders[:] = sorted(name for name in folders if name[0] != "." and name != "__pycache__")
                yield from (str(Path(parent, name)) for name in sorted(names))
        else:
            raise UsageError(source or '""', "there is no such file or folder", "check the name")


def _file(path: str, detector: Detector) -> Iterator[Finding | Problem]:
    if path == STDIN:
        yield from _documents(read_documents([path]), detector)
        return
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        yield Problem(path, f"cannot be read ({error.strerror})", "check its permissions")
        return
    if head.lstrip()[:1] in {b"{", b"["} or head.startswith(_GZIP) or b"\x00" in head or head[:1] == b"\n":
        items = iter(read_documents([path]))
        beginning: list[Document | Problem] = []
        for item in items:
            beginning.append(item)
            # What is broken may stand before what is sound.
            if isinstance(item, Document):
                break
        if beginning and _is_recording(beginning[-1]):
            yield from _documents(chain(beginning, items), detector)
            return
        if b"\x00" in head or head.startswith(_GZIP):
            return  # a picture or the like
    yield from _text(path, detector)


def _is_recording(item: Document | Problem | None) -> bool:
    if not isinstance(item, Document):
        return False
    return isinstance(item.content, dict) and any(key in item.content for key in _SPANS)


def _documents(items: Iterable[Document | Problem], detector: Detector) -> Iterator[Finding | Problem]:
    for item in items:
        if isinstance(item, Problem):
            yield item
        else:
            yield from scan_document(item.content, str(item.origin), detector)


def _text(path: str, detector: Detector) -> Iterator[Finding]:
    text = Path(path).read_bytes().decode("utf-8", "replace")
    for found in detector.find(text):
        begin = text.rfind("\n", 0, found.start) + 1
        end = text.find("\n", found.end)
        if _ALLOWED in text[begin : end if end >= 0 else len(text)]:
            continue
        line = text.count("\n", 0, found.start) + 1
        yield Finding(f"{path}:{line}", found.kind, masked(text[found.start : found.end]), _REMEDY)
