"""Files that the request found in a storage: they are part of what was there before.

What enters is an exchange and the rows that the test arranges; what leaves are the steps that store
the files, in a folder that is thrown away. What was in a file is known where the response sent it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from otel2test.inverting.arrangements import Arrange, StoreFile, UseScratchMedia
from otel2test.inverting.django.rows import Arrangement
from otel2test.reading.effects import StoredFile
from otel2test.reading.exchanges import PAGES, Exchange, Response

_FILES: Final = frozenset({"FileField", "ImageField"})
_LONGEST: Final = 1000
"""Of a longer file nothing is asserted, so that any will do."""
_RENDERED: Final = (*PAGES, "application/json")


def steps(exchange: Exchange, arrangement: Arrangement) -> Iterator[Arrange]:
    """Yield what stores the files that were there and that the request opened, asked for or sent.

    A file that was opened is left out where nothing tells what was in it: an empty one would do harm.
    """
    content = _sent(exchange.response)
    names = _found(exchange.effects.files, opened=content is not None)
    if content is not None and not names:
        # Programs open files by their path, too, past the storage.
        names = _named(exchange.response, _columns(arrangement))
    if names:
        yield UseScratchMedia()
    for name in names:
        yield StoreFile(name, content if content is not None and len(names) == 1 else b"")


def _found(files: Sequence[StoredFile], *, opened: bool) -> list[str]:
    """Return the files that were there at first sight; those that were ``opened``, too."""
    first: dict[str, StoredFile] = {}
    read: set[str] = set()
    for file in files:
        first.setdefault(file.name, file)
        if file.operation == "save" and file.asked is not None:
            # A name that was taken when a file was saved only makes the storage choose another one.
            first[file.asked] = file
        if file.operation == "open":
            read.add(file.name)
    return [
        name
        for name, file in first.items()
        if (file.operation == "exists" and file.result is True and (opened or name not in read))
        or (file.operation == "open" and file.error is None and opened)
    ]


def _sent(response: Response | None) -> bytes | None:
    """Return the file that the response is, None if it is something else."""
    if response is None or response.status != 200 or response.body.cut:
        return None
    rendered = response.media_type in _RENDERED
    if response.header("Content-Disposition") is None and (rendered or not response.streaming):
        return None
    match response.body.kind:
        case "text" | "json":
            content = response.body.text.encode()
        case "binary":
            content = response.body.content
        case _:
            return None
    return content if len(content) <= _LONGEST else b""


def _columns(arrangement: Arrangement) -> list[str]:
    """Return the names of the files that rows have which no earlier request of the test made."""
    values = [
        row.value(item.attname)
        for row in arrangement.of_entity.values()
        if not row.made_before
        for item in row.model.fields
        if item.type in _FILES
    ]
    return [value for value in dict.fromkeys(values) if isinstance(value, str) and value]


def _named(response: Response | None, names: list[str]) -> list[str]:
    """Return the one file of those that the response says it is."""
    disposition = (
        next((value for name, value in response.headers if name.lower() == "content-disposition"), "")
        if response
        else ""
    )
    _, _, asked = disposition.partition("filename=")
    asked = asked.partition(";")[0].strip(' "')
    fitting = [name for name in names if asked and asked in name.rpartition("/")[2]] or names
    return fitting if len(fitting) == 1 else []
