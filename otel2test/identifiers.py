"""Names for generated code: checked where they come from a recording, made where they don't."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_BUILTINS: Final = frozenset(dir(builtins))


def is_identifier(text: str) -> bool:
    """Say whether ``text`` can stand in code as one name."""
    return text.isidentifier() and not keyword.iskeyword(text)


def is_dotted(text: str) -> bool:
    """Say whether ``text`` can stand in code as a dotted name, such as a module's."""
    return bool(text) and all(is_identifier(part) for part in text.split("."))


@lru_cache(maxsize=4096)
def snake_case(text: str) -> str:
    """Return ``text`` (``TodoListView``, ``todo-list``, ``Ärger mit Größen``) in snake case, ASCII only.

    The result may be empty or begin with a digit; see :func:`identifier`.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    plain = plain.encode("ascii", "ignore").decode()
    plain = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", plain)
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain)
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def identifier(text: str, fallback: str) -> str:
    """Return a name made of ``text`` that is neither keyword nor builtin."""
    name = snake_case(text) or fallback
    if name[0].isdigit():
        name = f"{fallback}_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _BUILTINS else name


class Names:
    """Names given out so far in one scope; each is given once."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)
        self._last: dict[str, int] = {}
        """Up to which number a name is known to be taken."""

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def give(self, wanted: str) -> str:
        """Return ``wanted``, or ``wanted_2``, ``wanted_3`` … if that is taken."""
        number = self._last.get(wanted, 1)
        name = wanted if number == 1 else f"{wanted}_{number}"
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._last[wanted] = number
        self._taken.add(name)
        return name


def plural(noun: str) -> str:
    """Return the English plural of a noun in snake case, well enough for a test's name."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    return f"{noun}s"
