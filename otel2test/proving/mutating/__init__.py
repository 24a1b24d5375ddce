"""Mutating: executed source lines → mutants, each the same file with one small thing broken.

What enters is the text of a module and the lines of it that ran. What leaves are :class:`Mutant`
objects; nothing is written and nothing is run. Only what runs inside of functions is mutated, so that a
mutant can be put in place of a function in a process that has imported the module already.
"""

from collections.abc import Collection

from otel2test.errors import UsageError
from otel2test.proving.mutating.mutant import Mutant, sample

__all__ = ["Mutant", "mutants", "sample"]


def mutants(path: str, source: str, lines: Collection[int]) -> list[Mutant]:
    """Return the mutants of the lines of function bodies among ``lines`` (1-based), in order of the text.

    ``path`` is told as given; ``source`` is what stands in that file. A text that this Python
    can't read has none. Raises UsageError if the libraries that mutate are not installed.
    """
    try:
        from otel2test.proving.mutating.making import mutants as make  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError("--mutate", f"{error.name} is missing", "pip install 'otel2test[prove]'") from error
    return make(path, source, lines)
