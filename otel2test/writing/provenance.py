"""Which lines of a test module came from which step of a plan.

Formatting moves lines, so that counting them while they are rendered tells nothing. The
module is therefore rendered twice, the second time with a mark before each step, itself a
statement; both go through the formatter, and their statements are walked side by side.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_MARK: Final = "__step__"
_BODIES: Final = ("body", "orelse", "finalbody")


@dataclass(frozen=True, slots=True)
class StepLines:
    """The step number ``step`` of a plan became the lines ``first`` to ``last``, counted from 1."""

    step: int
    first: int
    last: int


def step_mark(step: int) -> str:
    """Return the statement that stands before the step of this number, in the marked rendering."""
    return f"{_MARK}({step})\n"


def step_lines(
    text: str, marked: str, decorated_by: Mapping[str, Sequence[int]]
) -> Mapping[str, tuple[StepLines, ...]]:
    """Return, by the name of each test, what its lines came from, top to bottom.

    ``text`` and ``marked`` are the same module, without the marks and with them; ``decorated_by``
    says of each test which steps became its decorators. Where a step is several statements,
    there is an item for each.
    """
    plain = {function.name: function for function in _tests(ast.parse(text))}
    return {
        function.name: (
            *_decorators(plain[function.name], decorated_by.get(function.name, ())),
            *_pairs(plain[function.name].body, function.body),
        )
        for function in _tests(ast.parse(marked))
    }


def _decorators(function: ast.FunctionDef, steps: Sequence[int]) -> Iterator[StepLines]:
    for step, decorator in zip(steps, function.decorator_list, strict=False):
        yield StepLines(step, decorator.lineno, decorator.end_lineno or decorator.lineno)


def _tests(module: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _pairs(plain: Sequence[ast.stmt], marked: Sequence[ast.stmt]) -> Iterator[StepLines]:
    step: int | None = None
    rest = iter(plain)
    for statement in marked:
        number = _marked(statement)
        if number is not None:
            step = number
            continue
        original = next(rest)
        inner = [
            pair
            for name in _BODIES
            for pair in _pairs(getattr(original, name, ()), getattr(statement, name, ()))
        ]
        if inner:
            yield from inner
        elif step is not None:
            yield StepLines(step, original.lineno, original.end_lineno or original.lineno)


def _marked(statement: ast.stmt) -> int | None:
    match statement:
        case ast.Expr(ast.Call(ast.Name(id=name), [ast.Constant(value=int(number))])) if name == _MARK:
            return number
        case _:
            return None
