"""Makes mutants of a module's functions.

Each outermost function is parsed, mutated and compiled by itself, so that a mutant costs what its
function does and not what its file does. A mutant whose bytecode is that of the original, or of an
earlier mutant, is none.
"""

import ast
import hashlib
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import CodeType
from typing import Final, TypeAlias

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, WhitespaceInclusivePositionProvider

from otel2test.proving import bytecode
from otel2test.proving.mutating.mutant import Mutant, common, split_lines
from otel2test.proving.mutating.operators import changes
from otel2test.proving.mutating.sparing import is_spared, spared_parts

_WRAPPER: Final = "class _:\n"
"""Stands above an indented function, so that it can be parsed without what it stands in."""

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def mutants(path: str, source: str, lines: Collection[int]) -> list[Mutant]:
    """See :func:`otel2test.proving.mutating.mutants`."""
    executed = frozenset(lines)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    return [
        mutant
        for function in _functions(tree, source)
        if not executed.isdisjoint(range(function.first, function.last + 1))
        for mutant in function.mutants(path, executed)
    ]


def _functions(tree: ast.Module, source: str) -> Iterator["_Function"]:
    """Yield the outermost functions of a module, from top to bottom."""
    offsets = _offsets(split_lines(source))
    for name, node in _outermost(tree, ""):
        last = node.end_lineno or node.lineno
        yield _Function(name, node.lineno, last, source, offsets[node.lineno - 1], offsets[last])


def _outermost(node: ast.AST, prefix: str) -> Iterator[tuple[str, _Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Definition):
            yield f"{prefix}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from _outermost(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _outermost(child, prefix)


@dataclass(frozen=True, slots=True)
class _Function:
    """A function's text, as whole lines of its file."""

    name: str
    first: int
    last: int
    source: str
    start: int
    """Where its first line begins, in characters."""
    end: int

    def mutants(self, path: str, executed: Collection[int]) -> Iterator[Mutant]:
        text = self.source[self.start : self.end]
        wrapper = _WRAPPER if text[:1].isspace() else ""
        shift = self.first - 1 - wrapper.count("\n")
        original = _compiled(wrapper + text)
        if original is None:
            return
        try:
            module = cst.parse_module(wrapper + text)
        except cst.ParserSyntaxError:
            return
        executable = {line + shift for line in bytecode.lines(original)}
        seen = {bytecode.behaviour(original)}
        alike: Counter[str] = Counter()
        for change in _changes(module, wrapper + text):
            if change.line + shift in executed:
                line = change.line + shift
            elif change.line + shift not in executable and change.statement + shift in executed:
                line = change.statement + shift
            else:
                continue
            code = _compiled(change.text)
            behaviour = None if code is None else bytecode.behaviour(code)
            if behaviour is None or behaviour in seen:
                continue
            seen.add(behaviour)
            start, end, replacement = _difference(wrapper + text, change.text)
            offset = self.start - len(wrapper)
            told = f"{path}\0{self.name}\0{change.operator}\0{change.before}\0{change.after}"
            alike[told] += 1
            yield Mutant(
                path=path,
                line=line,
                operator=change.operator,
                function=self.name,
                id=hashlib.sha256(f"{told}\0{alike[told]}".encode()).hexdigest()[:12],
                original=self.source,
                start=start + offset,
                end=end + offset,
                replacement=replacement,
            )


@dataclass(frozen=True, slots=True)
class _Change:
    operator: str
    line: int
    statement: int
    """First line of the statement that it is in."""
    before: str
    after: str
    text: str
    """The whole text, changed."""


def _changes(module: cst.Module, text: str) -> Iterator[_Change]:
    """Yield all that can be broken in a module, from its outermost nodes to its innermost."""
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(WhitespaceInclusivePositionProvider)
    offsets = _offsets(split_lines(text))
    visitor = _Visitor(positions)
    module.visit(visitor)
    for node, line, statement in visitor.found:
        for operator, old, new in changes(node):
            place = positions[old]
            start = offsets[place.start.line - 1] + place.start.column
            end = offsets[place.end.line - 1] + place.end.column
            before, after = text[start:end], module.code_for_node(new)
            if "\n" in before or "\n" in after:
                # Lines inside are indented by what the node stands in, which only the whole module knows.
                replaced = module.deep_replace(old, new)
                assert isinstance(replaced, cst.Module)  # noqa: S101 - a part of it was replaced
                changed = replaced.code
            else:
                changed = text[:start] + after + text[end:]
            yield _Change(operator, line, statement, before, after, changed)


class _Visitor(cst.CSTVisitor):
    """Collects the nodes that may be mutated, each with its first line and that of its statement."""

    def __init__(self, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, int, int]] = []
        self._positions = positions
        self._spared: set[cst.CSTNode] = set()
        self._statements: list[int] = [0]

    def on_visit(self, node: cst.CSTNode) -> bool:
        # What has a place in the text: whitespace and what may be absent have none.
        position = self._positions.get(node)
        line = 0 if position is None else position.start.line + len(getattr(node, "leading_lines", ()))
        if isinstance(node, cst.BaseStatement | cst.SimpleStatementLine):
            self._statements.append(line)
        if node in self._spared or is_spared(node):
            return False
        self._spared.update(spared_parts(node))
        if position is not None:
            self.found.append((node, line, self._statements[-1]))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.BaseStatement | cst.SimpleStatementLine):
            self._statements.pop()


def _compiled(text: str) -> CodeType | None:
    """Return the code of a module; of one that Python refuses, nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of `is` beside a literal, which a mutant may have
        try:
            return compile(text, "mutant", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None


def _offsets(lines: Sequence[str]) -> list[int]:
    """Return where each line begins, and where the last one ends."""
    return list(accumulate(map(len, lines), initial=0))


def _difference(before: str, after: str) -> tuple[int, int, str]:
    """Return where two texts differ: from and to in ``before``, and what stands there in ``after``."""
    start = common(before, after)
    alike = common(before[start:][::-1], after[start:][::-1])
    return start, len(before) - alike, after[start : len(after) - alike]
