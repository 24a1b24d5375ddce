"""What is known of a function before it is called: its names, and what to keep of its locals."""

import dis
import inspect
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Final

from otel2test.processors.project import Project
from otel2test.processors.redaction import redactor

_BINDS: Final = ("STORE_FAST", "STORE_DEREF")
"""Beginnings of the names of instructions that give a variable of the function another value."""


class Function:
    """One function of the project, ready to be recorded; made once, never changed."""

    __slots__ = (
        "argument_places", "arguments", "bytecode", "head", "kept", "kept_places", "rebound", "rebound_kept",
        "returns_secret", "secret_arguments", "secret_kept", "waits", "yields",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - all that is known
        self,
        head: tuple[str, str, str, int] = ("", "", "", 0),
        arguments: tuple[str, ...] = (),
        kept: tuple[str, ...] = (),
        rebound: frozenset[str] = frozenset(),
        *,
        places: Mapping[str, int] | None = None,
        secret: frozenset[str] = frozenset(),
        returns_secret: bool = False,
        flags: int = 0,
        bytecode: bytes = b"",
    ) -> None:
        self.head = head
        """Module, qualified name, file and first line."""
        self.arguments = arguments
        self.kept = kept
        """What is told at the end: locals, and arguments that hold another value by then."""
        self.rebound = tuple(index for index, name in enumerate(arguments) if name in rebound)
        """Which of the arguments may be given another value."""
        rebound_names = [arguments[index] for index in self.rebound]
        self.rebound_kept = tuple(
            rebound_names.index(name) if name in rebound else -1 for name in kept if rebound
        )
        """Which of ``rebound`` each of ``kept`` is, -1 for a local; empty where there are none."""
        self.argument_places, self.kept_places = (
            tuple((places or {}).get(name, -1) for name in names) for names in (arguments, kept)
        )
        """Where the interpreter has these variables."""
        self.secret_arguments, self.secret_kept = (
            tuple(name in secret for name in names) if secret else () for names in (arguments, kept)
        )
        """Which of them are secret; empty where none is."""
        self.returns_secret = returns_secret
        self.yields = bool(flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR))
        """Whether it is a generator, asynchronous or not."""
        self.waits = bool(flags & inspect.CO_ASYNC_GENERATOR)
        """Whether what it yields may be for the event loop."""
        self.bytecode = bytecode
        """Copied once: from the code object each access makes a copy."""


FOREIGN: Final = Function()
"""Stands for every function that isn't recorded."""


def describe(code: CodeType, module_globals: Mapping[str, object], project: Project) -> Function:
    """Return the function that ``code`` is, or ``FOREIGN``.

    Refused are, beside what isn't the project's: lambdas, comprehensions, generator
    expressions, and the bodies of classes and modules.
    """
    if (
        code.co_name.startswith("<")
        or not code.co_flags & inspect.CO_OPTIMIZED
        or not project.owns(code, module_globals)
    ):
        return FOREIGN
    arguments = _arguments(code)
    rebound = frozenset(arguments).intersection({*_bound(code), *code.co_cellvars})
    # Variables of the functions around it aren't told, nor dunder names.
    own = dict.fromkeys((*code.co_varnames, *code.co_cellvars))
    kept = (name for name in own if not name.startswith("__") and (name in rebound or name not in arguments))
    return Function(
        (str(module_globals.get("__name__")), code.co_qualname, project.file(code), code.co_firstlineno),
        arguments=arguments,
        kept=tuple(kept),
        rebound=rebound,
        places={name: place for place, name in enumerate(own)},
        secret=frozenset(name for name in own if redactor.is_secret_name(name)),
        returns_secret=redactor.is_secret_name(code.co_name),
        flags=code.co_flags,
        bytecode=code.co_code,
    )


def _arguments(code: CodeType) -> tuple[str, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[:count]


def _bound(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname.startswith(_BINDS):
            # Some instructions do two things at once, and name two variables.
            yield from (step.argval,) if isinstance(step.argval, str) else step.argval
