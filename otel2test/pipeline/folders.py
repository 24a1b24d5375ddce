"""Drafts → a folder of test modules with its manifest; what somebody changed in it since stays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from otel2test import suites
from otel2test.errors import Problem
from otel2test.pipeline import feedback_payload, recorded
from otel2test.pipeline.drafts import Draft, by_module, drafts, text_of
from otel2test.pipeline.modules import remarks
from otel2test.reading.files import STDIN
from otel2test.settings import Settings
from otel2test.suites import Entry, Suite
from otel2test.writing.modules import CannotMergeError, find_tests, merged


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was written."""

    suite: Suite
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]


def generate(
    sources: Sequence[str], prefixes: Sequence[str], settings: Settings, stdin: BinaryIO, folder: Path
) -> Folder:
    """Write the tests of every request recorded, a module for each part of the project."""
    read = recorded.read(sources, prefixes, stdin)
    made, refused = drafts(read, settings)
    stored = store(made, settings, folder, sources)
    return Folder(stored.suite, (*read.problems, *refused, *stored.problems), stored.remarks)


def store(made: Sequence[Draft], settings: Settings, folder: Path, sources: Sequence[str]) -> Folder:
    """Write drafts as the tests of ``folder``, in place of those generated there before.

    A test that was edited since, and all else that stands in its module, is kept.
    """
    before = suites.load(folder, settings) or Suite(folder, settings.framework, (), settings)
    problems: list[Problem] = []
    noted: list[Problem] = []
    modules: dict[str, str] = {}
    entries: list[Entry] = []
    for file, items in by_module(made).items():
        generated = text_of(items, settings)
        noted += remarks(generated)
        path = folder / file
        text, kept = _with_edits(path, generated.text, items, before, problems)
        suites.write(path, text)
        modules[file] = suites.digest(generated.text)
        tests = find_tests(generated.text)
        for draft in items:
            old = before.entry(file, draft.name)
            digest = old.digest if draft.name in kept and old is not None else None
            entries.append(_entry(draft, digest or suites.digest(tests[draft.name].text)))
    for file in before.modules:
        if file not in modules:
            _retire(folder / file, before, problems)
    suite = Suite(folder, settings.framework, recordings(sources), settings, tuple(entries), modules)
    suites.save(suite)
    return Folder(suite, tuple(problems), tuple(noted))


def update(
    suite: Suite,
    changed: Sequence[Draft],
    removed: Collection[tuple[str, str]],
    texts: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Suite, tuple[Problem, ...]]:
    """Write some tests of a folder anew and take others out, (module, name) each; return what is there then.

    ``texts`` are modules to take tests from that aren't to be written as their drafts say. A module
    stays as it is, which is a problem, where a name in it means something else than in a new test.
    Raises :class:`~otel2test.errors.UsageError` where a file can't be written.
    """
    settings = suite.settings
    entries = {entry.key: entry for entry in suite.entries}
    modules = dict(suite.modules)
    problems: list[Problem] = []
    anew = by_module(changed)
    for file in sorted({*anew, *(module for module, _ in removed)}):
        path = suite.folder / file
        there = _read(path) or ""
        is_ours = suites.digest(there) == modules.get(file)
        sources = {
            draft.name: (texts or {}).get((file, draft.name)) or text_of([draft], settings).text
            for draft in anew.get(file, ())
        }
        gone = [name for module, name in removed if module == file]
        packages = {name for draft in anew.get(file, ()) for name in draft.explained.plan.first_party}
        try:
            text = merged(there, sources, gone, line_length=settings.line_length, first_party=packages)
        except (CannotMergeError, SyntaxError) as error:
            problems.append(Problem(str(path), f"was left as it is: {error}", "mend it, or generate anew"))
            continue
        tests = find_tests(text)
        if tests or not is_ours:
            suites.write(path, text)
        else:
            path.unlink(missing_ok=True)
        for name in gone:
            entries.pop((file, name), None)
        for draft in anew.get(file, ()):
            entries[file, draft.name] = _entry(draft, suites.digest(tests[draft.name].text))
        if is_ours:
            modules[file] = suites.digest(text)
        if not tests:
            modules.pop(file, None)
    found = replace(suite, entries=tuple(entries.values()), modules=modules)
    suites.save(found)
    return found, tuple(problems)


def recordings(sources: Sequence[str]) -> tuple[Path, ...]:
    """Return the files and folders among ``sources``; standard input can't be read again."""
    return tuple(Path(source).resolve() for source in sources if source != STDIN)


def is_edited(suite: Suite, module: str, name: str, text: str) -> bool:
    """Say whether a test is not as it was generated; one that we don't know is somebody's own."""
    entry = suite.entry(module, name)
    return entry is None or suites.digest(text) != entry.digest


def _with_edits(
    path: Path, generated: str, items: Sequence[Draft], before: Suite, problems: list[Problem]
) -> tuple[str, frozenset[str]]:
    """Return the module with what was edited in the file that is there, and the tests that stay so."""
    there = _read(path)
    if there is None or suites.digest(there) == before.modules.get(path.name):
        return generated, frozenset()
    try:
        tests = find_tests(there)
    except SyntaxError as error:
        problems.append(
            Problem(f"{path}:{error.lineno}", "isn't Python, so it was left", "mend or delete it")
        )
        return there, frozenset(item.name for item in items)
    edited = {name for name, test in tests.items() if is_edited(before, path.name, name, test.text)}
    changed = {item.name: generated for item in items if item.name not in edited}
    removed = [name for name in tests if name not in edited and name not in changed]
    problems += (
        Problem(str(path), f"{name} was edited, so it was kept", "delete it to have it anew")
        for name in sorted(edited & {item.name for item in items})
    )
    settings = before.settings
    packages = frozenset(name for item in items for name in item.explained.plan.first_party)
    try:
        text = merged(there, changed, removed, line_length=settings.line_length, first_party=packages)
    except CannotMergeError as error:
        problems.append(
            Problem(str(path), f"was edited, and {error}", "move what you wrote to another module")
        )
        return there, frozenset(item.name for item in items)
    return text, frozenset(edited)


def _retire(path: Path, before: Suite, problems: list[Problem]) -> None:
    """Remove a module from which nothing is generated any more, unless it was edited."""
    there = _read(path)
    if there is None:
        return
    if suites.digest(there) == before.modules.get(path.name):
        path.unlink()
    else:
        problems.append(
            Problem(str(path), "was edited, so it was kept, though nothing is generated for it", "delete it")
        )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _entry(draft: Draft, digest: str) -> Entry:
    return Entry(draft.module, draft.name, draft.traces, digest, feedback_payload.write(draft.feedback))
