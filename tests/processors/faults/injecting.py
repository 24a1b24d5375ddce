"""Faults put into the recorder's own code, line by line, while a program runs.

What enters is a folder of source files; what leaves are the lines of it that a program ran
(:func:`lines_run`), or an exception raised in the program just before it runs one of those
lines (:func:`failing_at`). So that no hook can be forgotten, nothing here knows any hook by
name: a line that runs is a line that may fail.

Code that runs inside the interpreter's own callbacks (the profile hook, ``sys.monitoring``)
is not traced by the interpreter; :func:`failing_in` replaces what a function does instead.
"""

from __future__ import annotations

import ast
import gc
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, TypeVar

T = TypeVar("T")


class InjectedError(Exception):
    """A fault of the recorder's own."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of a source file."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"

    @property
    def text(self) -> str:
        return _source(self.file).splitlines()[self.number - 1].strip()


@contextmanager
def lines_run(folder: Path, *, when: Callable[[], bool] = lambda: True) -> Iterator[dict[Line, bool]]:
    """Collect the lines of ``folder`` that run in this block, each with whether ``when`` ever held there.

    They are known when the block ends.
    """
    lines: dict[Line, bool] = {}
    found: dict[tuple[str, int], bool] = {}

    def reached(file: str, number: int) -> None:
        if not found.get((file, number)):
            found[file, number] = when()

    try:
        with _watching(f"{folder}/", reached):
            yield lines
    finally:
        lines.update({Line(*place): held for place, held in found.items()})


@contextmanager
def failing_at(
    target: Line, error: BaseException, *, when: Callable[[], bool] = lambda: True
) -> Iterator[list[Line]]:
    """Raise ``error`` when ``target`` is first reached in this block; the list is empty if it never is.

    Where ``when`` returns False, the line isn't taken as reached yet.
    """
    raised: list[Line] = []

    def reached(_file: str, number: int) -> None:
        if number == target.number and not raised and when():
            raised.append(target)
            raise error

    with _watching(target.file, reached):
        yield raised


@contextmanager
def _watching(prefix: str, reached: Callable[[str, int], None]) -> Iterator[None]:
    """Call ``reached`` with the file and the number of each line that runs in files whose path begins so."""

    def trace_line(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            reached(frame.f_code.co_filename, frame.f_lineno)
        return trace_line

    def trace_call(frame: FrameType, _event: str, _argument: object) -> Any:
        return trace_line if frame.f_code.co_filename.startswith(prefix) else None

    before = sys.gettrace()
    threading.settrace(trace_call)
    sys.settrace(trace_call)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(None)


@contextmanager
def failing_in(function: FunctionType, error: type[Exception]) -> Iterator[None]:
    """Make ``function``, which may not be a closure, raise ``error`` each time, however it is known."""
    kept = function.__code__
    function.__globals__["_injected_error"] = error
    function.__code__ = _failing.__code__
    try:
        yield
    finally:
        function.__code__ = kept
        del function.__globals__["_injected_error"]


def _failing(*args: object, **kwargs: object) -> object:
    raise _injected_error  # type: ignore[name-defined]  # noqa: F821 - of the globals that it is put into


# What stands in a line


@cache
def _source(file: str) -> str:
    return Path(file).read_text(encoding="utf-8")


@cache
def _tree(file: str) -> ast.Module:
    # On 3.11 ast.parse() fails if, halfway, garbage is collected whose end is logged with a traceback:
    # that parses a line, too (CPython issue 106905).
    was_on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(_source(file))
    finally:
        if was_on:
            gc.enable()


@cache
def _statements(file: str) -> dict[int, tuple[ast.stmt, tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]]]:
    """Return, for each line, the innermost statement that covers it and the functions around that."""
    found: dict[int, tuple[ast.stmt, tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]]] = {}

    def walk(node: ast.AST, around: tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]) -> None:
        if isinstance(node, ast.stmt):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[number] = (node, around)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            around = (*around, node)
        for child in ast.iter_child_nodes(node):
            walk(child, around)

    walk(_tree(file), ())
    return found


def worth_failing(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield one line of each function, and every line of those that handle what fails in themselves."""
    of_function: dict[tuple[str, ast.AST | None], list[Line]] = {}
    for line in sorted(lines):
        _, around = _statements(line.file)[line.number]
        of_function.setdefault((line.file, around[-1] if around else None), []).append(line)
    for (_, function), found in of_function.items():
        handles = function is None or any(isinstance(node, _HANDLING) for node in ast.walk(function))
        yield from found if handles else found[:1]


_HANDLING = (ast.With, ast.AsyncWith, ast.Try)


def calls(line: Line) -> Iterator[ast.Call]:
    """Yield the calls made by the statement at ``line``, not those in the block below it."""
    statement, _ = _statements(line.file)[line.number]
    inner = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
    for part in inner:
        yield from _calls_in(part)


def _calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls made when ``node`` is evaluated; those of a lambda are made by whoever calls that."""
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node.args if isinstance(node, ast.Lambda) else node):
        yield from _calls_in(child)


def function_of(line: Line) -> str:
    """Return the name of the innermost function around ``line``, empty at the top of a module."""
    _, around = _statements(line.file)[line.number]
    return around[-1].name if around else ""


def hooked(line: Line) -> set[str]:
    """Return the names of what the functions around ``line`` were given to call: what they are put around."""
    _, around = _statements(line.file)[line.number]
    return _hooked(around)


def _hooked(functions: Iterable[ast.FunctionDef | ast.AsyncFunctionDef]) -> set[str]:
    arguments = [
        argument
        for function in functions
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    ]
    return {
        argument.arg
        for argument in arguments
        if argument.annotation is not None and "Callable" in ast.unparse(argument.annotation)
    }


class Harmless:
    """Knows which functions of a folder let nothing of ours escape.

    All they do, they do inside of a guard, but for calling what they were given to be put around
    and other functions that let nothing escape.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._functions: dict[Path, dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]]] = {}
        self._verdicts: dict[tuple[Path, str], bool] = {}
        self._imports: dict[Path, dict[str, Path]] = {}
        """File → name in it → the file that it is imported from, or is."""
        for file in sorted(folder.rglob("*.py")):
            functions = self._functions[file] = {}
            for node in ast.walk(_tree(str(file))):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    functions.setdefault(node.name, []).append(node)
                elif isinstance(node, ast.ImportFrom):
                    self._imports.setdefault(file, {}).update(self._imported(node))

    def _imported(self, node: ast.ImportFrom) -> Iterator[tuple[str, Path]]:
        parts = (node.module or "").split(".")[2:]
        for alias in node.names:
            for path in (self._folder.joinpath(*parts, alias.name), self._folder.joinpath(*parts)):
                if path.with_suffix(".py").exists() and path != self._folder:
                    yield alias.name, path.with_suffix(".py")
                    break

    def is_harmless(self, line: Line, call: ast.Call) -> bool:
        """Return whether a function that is called from ``line`` lets nothing escape."""
        return self._is_harmless(Path(line.file), call)

    def _is_harmless(self, file: Path, call: ast.Call) -> bool:
        owner, _, name = ast.unparse(call.func).rpartition(".")
        known = self._imports.get(file, {}).get(owner or name)
        if known is None and not owner:
            known = file
        if known is not None:
            return name in self._functions[known] and self._judge(known, name)
        # A method: those of the same package are asked, or else all.
        everywhere = [path for path, found in self._functions.items() if name in found]
        near = [path for path in everywhere if path.parent == file.parent]
        return all(self._judge(path, name) for path in near or everywhere)

    def _judge(self, file: Path, name: str) -> bool:
        """Return whether each of the functions of that name lets nothing escape; no recursive one does."""
        if (file, name) not in self._verdicts:
            self._verdicts[file, name] = False
            self._verdicts[file, name] = all(
                self._lets_nothing_escape(file, function) for function in self._functions[file][name]
            )
        return self._verdicts[file, name]

    def _lets_nothing_escape(self, file: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        if any(_is_call(decorator, "guarded") for decorator in function.decorator_list):
            return True
        given = _hooked([function])

        def is_plain(value: ast.expr | None) -> bool:
            if isinstance(value, ast.UnaryOp):  # a negative number
                return isinstance(value.operand, ast.Constant)
            return value is None or isinstance(value, (ast.Name, ast.Constant))

        def may_be_called(value: ast.expr | None) -> bool:
            if not isinstance(value, ast.Call):
                return False
            arguments = [*value.args, *(keyword.value for keyword in value.keywords)]
            return (ast.unparse(value.func) in given or self._is_harmless(file, value)) and all(
                is_plain(argument.value if isinstance(argument, ast.Starred) else argument)
                for argument in arguments
            )

        def lets_nothing_escape(statement: ast.stmt) -> bool:
            match statement:
                case ast.Return(value=value):
                    return is_plain(value) or may_be_called(value)
                case ast.Assign(targets=[ast.Name()], value=value):
                    return is_plain(value) or may_be_called(value)
                case ast.Expr(value=value):
                    return isinstance(value, ast.Constant) or may_be_called(value)
                case ast.Try(handlers=[]):
                    return all(map(lets_nothing_escape, (*statement.body, *statement.finalbody)))
            return bool(_guarded_body(statement))

        return all(map(lets_nothing_escape, function.body))


def guards(folder: Path) -> dict[Line, set[int]]:
    """Return where the recorder guards itself: the line of each, and the lines of its body.

    Those are ``with guard(…)``, functions below ``@guarded(…)``, and handlers that call ``fault(…)``.
    """
    found: dict[Line, set[int]] = {}
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(_tree(str(file))):
            body = _guarded_body(node)
            if body:
                last = body[-1].end_lineno or body[-1].lineno
                line = Line(str(file), node.lineno)  # type: ignore[attr-defined]  # with, try, def have one
                found[line] = set(range(body[0].lineno, last + 1))
    return found


def _guarded_body(node: ast.AST) -> list[ast.stmt]:
    match node:
        case ast.With() if any(_is_call(item.context_expr, "guard") for item in node.items):
            return node.body
        case ast.Try() if any(
            _is_call(part, "fault") for handler in node.handlers for part in ast.walk(handler)
        ):
            return node.body
        case ast.FunctionDef() if any(_is_call(decorator, "guarded") for decorator in node.decorator_list):
            return node.body
    return []


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
