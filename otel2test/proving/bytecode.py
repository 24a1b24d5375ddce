"""What a code object does, told apart from where its text stands.

Both the prover and the project's process import this module, so it needs nothing but the standard library.
"""

from collections.abc import Iterator
from types import CodeType


def behaviour(code: CodeType) -> CodeType:
    """Return the code without line numbers and columns, nested code included.

    Two of them are equal, and have the same hash, if and only if their bytecode, constants and names are.
    """
    constants = tuple(
        behaviour(constant) if isinstance(constant, CodeType) else constant for constant in code.co_consts
    )
    return code.replace(co_firstlineno=1, co_linetable=b"", co_consts=constants)


def nested(code: CodeType) -> list[CodeType]:
    """Return the code of the functions, classes and comprehensions that stand directly in this one."""
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def lines(code: CodeType) -> Iterator[int]:
    """Yield every line that holds an instruction, of nested code too; some more than once."""
    yield from (line for _, _, line in code.co_lines() if line is not None)
    for inner in nested(code):
        yield from lines(inner)
