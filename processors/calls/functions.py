"""What is known of a function before it is called: its names, and what to keep of its locals."""

import dis
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType

import orjson

from otel2test.processors.project import Project
from otel2test.processors.redaction import redactor


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """One function of the project, ready to be recorded."""

    head: bytes
    """The keys of its records that never change, as JSON without the braces."""
    arguments: tuple[str, ...]
    left_out: frozenset[str]
    """Variables that aren't told: those of the functions around it, and dunder names."""
    secret: frozenset[str]
    """Its arguments and locals whose values are secret."""
    returns_secret: bool
    keeps_locals: bool
    """Whether a local besides unchanged arguments can exist at all."""
    yields: bool
    """Whether it is a generator, asynchronous or not."""
    waits: bool
    """Whether what it yields may be for the event loop."""
    bytecode: bytes
    """Copied once: from the code object each access makes a copy."""


FOREIGN = Function(b"", (), frozenset(), frozenset(), False, False, False, False, b"")
"""Stands for every function that isn't recorded."""


def describe(code: CodeType, module_globals: Mapping[str, object], project: Project) -> Function:
    """Return the function that ``code`` is, or ``FOREIGN``.

    Refused are, beside what isn't the project's: lambdas, comprehensions, generator
    expressions, and the bodies of classes and modules.
    """
    flags = code.co_flags
    if (
        code.co_name.startswith("<")
        or not flags & inspect.CO_OPTIMIZED
        or not project.owns(code, module_globals)
    ):
        return FOREIGN
    arguments = _arguments(code)
    own = {*code.co_varnames, *code.co_cellvars}
    head = {
        "module": str(module_globals.get("__name__")),
        "qualname": code.co_qualname,
        "file": project.file(code),
        "line": code.co_firstlineno,
    }
    return Function(
        head=orjson.dumps(head)[1:-1],
        arguments=arguments,
        left_out=frozenset(code.co_freevars) | {name for name in own if name.startswith("__")},
        secret=frozenset(name for name in own if redactor.is_secret_name(name)),
        returns_secret=redactor.is_secret_name(code.co_name),
        keeps_locals=len(own) > len(arguments) or _rebinds(code),
        yields=bool(flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR)),
        waits=bool(flags & inspect.CO_ASYNC_GENERATOR),
        bytecode=code.co_code,
    )


def _arguments(code: CodeType) -> tuple[str, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[:count]


def _rebinds(code: CodeType) -> bool:
    return any(
        "STORE_FAST" in step.opname or "STORE_DEREF" in step.opname for step in dis.get_instructions(code)
    )
