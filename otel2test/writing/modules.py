"""The tests of a module as text: where each stands, and how one takes the place of another.

What enters are test modules, ours or edited since; what leaves is text again. All but the tests
that are replaced, and the imports that these need, stays as it was, to the letter.
"""

import ast
import builtins
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from otel2test.writing.formatting import with_sorted_imports

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_PREFIX: Final = "test"
_ASSERT: Final = re.compile(r"^[ \t]+# Assert\n", re.MULTILINE)


class CannotMergeError(ValueError):
    """Two modules mean different things by one name."""


@dataclass(frozen=True, slots=True)
class FoundTest:
    """One test of a module."""

    name: str
    """``test_…``, or ``Class.test_…``."""
    first: int
    """Its first line, decorators included; counted from 1."""
    last: int
    text: str


def find_tests(text: str) -> dict[str, FoundTest]:
    """Return the tests of a module by name, in order; raises SyntaxError for what isn't Python."""
    lines = text.splitlines(keepends=True)
    found = {}
    for name, node in _functions(ast.parse(text)):
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        last = node.end_lineno or node.lineno
        found[name] = FoundTest(name, first, last, "".join(lines[first - 1 : last]))
    return found


def merged(
    text: str,
    changed: Mapping[str, str],
    removed: Collection[str] = (),
    *,
    line_length: int = 88,
    first_party: Collection[str] = (),
) -> str:
    """Return a module in which tests are replaced, removed or added.

    ``changed`` gives for the name of a test the text of a generated module that holds it. Raises
    :class:`CannotMergeError` where an import of that module has a name which means something
    else here.
    """
    there = find_tests(text)
    replaced = [name for name in (*changed, *removed) if name in there]
    before = _names_used(there[name].text for name in replaced)
    lines = text.splitlines(keepends=True)
    added: list[tuple[str, str]] = []
    for name, source in changed.items():
        replacement = find_tests(source)[name].text
        if name in there:
            lines[there[name].first - 1] = replacement
            _blank(lines, there[name].first, there[name].last)
        else:
            added.append((name, replacement))
    for name in removed:
        if name in there:
            _blank(lines, there[name].first - 1, _to_next(lines, there[name].last))
    kept = _without_empty_classes("".join(lines)) if removed else "".join(lines)
    body = _with_imports(kept, changed.values())
    for name, replacement in added:
        body = _appended(body, name, replacement)
    # Not formatted as a whole: what isn't ours keeps the form that it has.
    return with_sorted_imports(_without_imports(body, before), first_party, (), line_length)


def spliced(there: str, new: str, name: str) -> str | None:
    """Return a module in which a test has the asserts of ``new``, and all before them as it is in ``there``.

    None where that makes no sense: one of them has not exactly one part of asserts, or what the
    asserts speak of isn't made before them.
    """
    old_parts, new_parts = (_parts(find_tests(text)[name].text) for text in (there, new))
    if old_parts is None or new_parts is None:
        return None
    (beginning, _), (_, asserts) = old_parts, new_parts
    known = (
        _names_stored(beginning) | _names_used(iter([beginning])) | {*_bound(ast.parse(new)), *dir(builtins)}
    )
    body = textwrap.dedent(asserts)
    if not _names_used(iter([body])) <= known | _names_stored(body):
        return None
    head = [node for text in (there, new) for node in ast.parse(text).body if _is_head(node)]
    lines = dict.fromkeys(ast.unparse(node) for node in head)
    test = f"{beginning}{asserts}"
    owner = name.rpartition(".")[0]
    text = f"class {owner}:\n{test}" if owner else test
    return "\n".join([*lines, "", "", text])


def _parts(test: str) -> tuple[str, str] | None:
    """Return a test up to its asserts, and these."""
    found = [*_ASSERT.finditer(test)]
    return (test[: found[0].end()], test[found[0].end() :]) if len(found) == 1 else None


def _is_head(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name.startswith(_PREFIX):
                yield node.name, node
        elif isinstance(node, ast.ClassDef):
            methods = [
                item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
            yield from (
                (f"{node.name}.{item.name}", item) for item in methods if item.name.startswith(_PREFIX)
            )


def _to_next(lines: list[str], last: int) -> int:
    """Return ``last`` with the blank lines after it."""
    return next((number for number in range(last, len(lines)) if lines[number].strip()), len(lines))


def _blank(lines: list[str], first: int, last: int) -> None:
    lines[first:last] = [""] * (last - first)


def _with_imports(text: str, sources: Collection[str]) -> str:
    """Return ``text`` with what stands at the top of ``sources`` and isn't there yet."""
    tree = ast.parse(text)
    names = _bound(tree)
    assigned = {ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign)}
    imports: dict[str, None] = {}
    assignments: dict[str, None] = {}
    for source in sources:
        for node in ast.parse(source).body:
            for name, statement in _imported(node):
                if names.setdefault(name, statement) != statement:
                    raise CannotMergeError(f"{name} is imported from elsewhere, or is something else")
                imports[statement] = None
            if isinstance(node, ast.Assign) and ast.unparse(node) not in assigned:
                assignments[ast.unparse(node)] = None
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    present = {statement for node in top for _, statement in _imported(node)}
    missing = [statement for statement in imports if statement not in present]
    if not missing and not assignments:
        return text
    lines = text.splitlines(keepends=True)
    at = (top[-1].end_lineno or 0) if top else _after_docstring(tree)
    lines[at:at] = [f"{statement}\n" for statement in (*missing, *assignments)]
    return "".join(lines)


def _bound(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.body:
        found |= dict(_imported(node))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = "defined here"
    return found


def _imported(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the names that a statement imports, each with a statement that imports it alone."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], ast.unparse(ast.Import([alias]))
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, ast.unparse(ast.ImportFrom(node.module, [alias], node.level))


def _after_docstring(tree: ast.Module) -> int:
    first = tree.body[0] if tree.body else None
    match first:
        case ast.Expr(ast.Constant(value=str())):
            return first.end_lineno or 0
        case _:
            return 0


def _appended(text: str, name: str, test: str) -> str:
    owner = name.rpartition(".")[0]
    if not owner:
        return f"{text.rstrip()}\n\n\n{test}\n"
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            lines = text.splitlines(keepends=True)
            end = node.end_lineno or len(lines)
            lines[end:end] = [f"\n{test.rstrip()}\n"]
            return "".join(lines)
    raise CannotMergeError(f"there is no class {owner} any more")


def _without_empty_classes(text: str) -> str:
    """Return ``text`` without classes that a removal has left with no test, and so with no body."""
    lines = text.splitlines(keepends=True)
    kept = list(lines)
    for number, line in enumerate(lines):
        if not line.startswith("class "):
            continue
        body = [other for other in lines[number + 1 :] if other.strip()]
        if not body or not body[0].startswith((" ", "\t")):
            kept[number] = ""
    return "".join(kept)


def _names_used(texts: Iterator[str]) -> frozenset[str]:
    found: set[str] = set()
    for text in texts:
        found |= {node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name)}
    return frozenset(found)


def _names_stored(text: str) -> frozenset[str]:
    """Return the names that a piece of code binds, its functions' arguments included."""
    nodes = [*ast.walk(_parsed(text))]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(stored | {node.arg for node in nodes if isinstance(node, ast.arg)})


def _parsed(text: str) -> ast.Module:
    indented = text.startswith((" ", "\t"))
    return ast.parse(f"class _:\n{text}" if indented else text)


def _without_imports(text: str, candidates: frozenset[str]) -> str:
    """Return ``text`` without the imports that only a replaced test needed."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = text.splitlines(keepends=True)
    for node in reversed(tree.body):
        kept = [statement for name, statement in _imported(node) if name in used or name not in candidates]
        if len(kept) < len([*_imported(node)]):
            lines[node.lineno - 1 : node.end_lineno] = [f"{statement}\n" for statement in kept]
    return "".join(lines)
