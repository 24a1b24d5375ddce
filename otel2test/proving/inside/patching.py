"""Puts a mutant in place in the running process: functions that exist already get the mutant's code.

Nothing is imported anew, so that classes, registries and decorators stay as the project made them.
"""

import ast
import gc
import importlib.machinery
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from otel2test.proving import bytecode

_Place: TypeAlias = tuple[str, int]
"""Qualified name and first line."""


def apply(path: str, source: str) -> bool:
    """Let the process run ``source`` in place of what stands in the file ``path``; whether it will.

    Of a module that is imported already, every function whose code differs is given the new code, however it
    was decorated or stored. What runs when a module is imported is not run again: False if nothing else
    differs. A module that isn't imported yet will be imported with the new text.
    """
    target = os.path.realpath(path)
    functions = _functions_of(target)
    if not functions:
        if _is_imported(target):
            return False
        sys.meta_path.insert(0, _MutantFinder(target, source))
        return True
    name = functions[0].__code__.co_filename
    pairs = _pairs(Path(path).read_bytes(), source, name)
    places: dict[_Place, list[_Pair]] = {}
    for pair in pairs:
        places.setdefault(_place(pair.old), []).append(pair)
    replaced = False
    for function in functions:
        found = _matching(function.__code__, places.get(_place(function.__code__), ()))
        if found is not None and found.differs and found.new.co_freevars == function.__code__.co_freevars:
            function.__code__ = found.new
            replaced = True
    return replaced


@dataclass(frozen=True, slots=True)
class _Pair:
    """The code of one function in the file, and in the mutant."""

    old: CodeType
    new: CodeType
    differs: bool


def _pairs(original: bytes, source: str, name: str) -> list[_Pair]:
    before = compile(original, name, "exec", dont_inherit=True)
    pairs = list(_paired(before, compile(source, name, "exec", dont_inherit=True)))
    lost = {
        (pair.new.co_name, pair.new.co_firstlineno): variables
        for pair in pairs
        if (variables := sorted(set(pair.old.co_freevars) - set(pair.new.co_freevars)))
    }
    if not lost:
        return pairs
    kept = ast.fix_missing_locations(_Keeping(lost).visit(ast.parse(source)))
    return list(_paired(before, compile(kept, name, "exec", dont_inherit=True)))


def _paired(old: CodeType, new: CodeType) -> Iterator[_Pair]:
    """Pair the code that stands in two modules; what a mutant lost is paired with nothing."""
    yield _Pair(old, new, bytecode.behaviour(old) != bytecode.behaviour(new))
    before, after = bytecode.nested(old), bytecode.nested(new)
    if [code.co_name for code in before] != [code.co_name for code in after]:
        behaviours = {bytecode.behaviour(code): code for code in after}
        alike = [(code, behaviours.get(bytecode.behaviour(code))) for code in before]
        before = [code for code, other in alike if other is not None]
        after = [other for _, other in alike if other is not None]
    for one, other in zip(before, after, strict=True):
        yield from _paired(one, other)


class _Keeping(ast.NodeTransformer):
    """Lets functions go on to close over variables that a mutant no longer uses, ``__class__`` for one.

    A function object can't be given code that closes over fewer variables than its own. A branch that is
    never taken costs no instruction, but what is named in it is closed over.
    """

    def __init__(self, lost: dict[_Place, list[str]]) -> None:
        self._lost = lost

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        names = self._names("<lambda>", node.lineno)
        if names:
            node.body = ast.IfExp(ast.Constant(False), ast.Tuple(names, ast.Load()), node.body)
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        names = self._names(node.name, min(part.lineno for part in (node, *node.decorator_list)))
        if names:
            # At the end: a docstring stays the first statement.
            node.body.append(ast.If(ast.Constant(False), [ast.Expr(name) for name in names], []))
        return node

    def _names(self, function: str, line: int) -> list[ast.expr]:
        return [ast.Name(name, ast.Load()) for name in self._lost.get((function, line), ())]


def _matching(code: CodeType, pairs: Sequence[_Pair]) -> _Pair | None:
    """Return the pair that a live function's code belongs to; several lambdas may stand in one line."""
    if len(pairs) == 1:
        return pairs[0]
    exact = (pair for pair in pairs if pair.old == code and pair.old.co_linetable == code.co_linetable)
    return next(exact, None)


def _place(code: CodeType) -> _Place:
    return code.co_qualname, code.co_firstlineno


def _functions_of(target: str) -> list[FunctionType]:
    """Return every live function that stands in a file."""
    if gc.get_freeze_count():
        gc.unfreeze()  # what is frozen isn't told
    base = os.path.basename(target)  # noqa: PTH119 - thousands of times
    known: dict[str, bool] = {}
    found = []
    for candidate in gc.get_objects():
        # By its type, as isinstance() asks lazy objects what they are, which wakes them.
        if type(candidate) is FunctionType:
            name = candidate.__code__.co_filename
            if name not in known:
                known[name] = name.endswith(base) and os.path.realpath(name) == target
            if known[name]:
                found.append(candidate)
    return found


def _is_imported(target: str) -> bool:
    names = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    base = os.path.basename(target)  # noqa: PTH119 - as above
    return any(name and name.endswith(base) and os.path.realpath(name) == target for name in names)


class _MutantFinder(MetaPathFinder):
    """Finds modules as ever, but has one of them loaded from another text."""

    def __init__(self, target: str, source: str) -> None:
        self._target = target
        self._source = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or os.path.realpath(spec.origin) != self._target:
            return None
        spec.loader = _MutantLoader(fullname, spec.origin, self._source)
        return spec


class _MutantLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._mutant = source

    def get_code(self, fullname: str) -> Any:
        return compile(self._mutant, self.get_filename(fullname), "exec", dont_inherit=True)
