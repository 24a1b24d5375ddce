"""The imports of one generated module, collected while its body is written."""

import builtins
from collections.abc import Iterable
from typing import Final

from otel2test.identifiers import is_dotted, is_identifier, snake_case

_ALWAYS_TAKEN: Final = frozenset(
    {*filter(str.islower, dir(builtins)), "json", "pytest", "re", "responses", "respx", "time_machine"}
)
"""What tests call by these names: builtin functions, and the modules that are imported as a whole."""


class Imports:
    """Hands out the names under which things are imported; two things never share one.

    ``taken`` are the names that the tests use for something else.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = _ALWAYS_TAKEN | frozenset(taken)
        self._names: dict[str, tuple[str, str]] = {}
        """Local name → (module, name); the name is empty for ``import module``."""
        self._given: dict[tuple[str, str], str] = {}
        """(module, name) → local name, as the same class is asked for with every row."""

    def name(self, module: str, name: str) -> str:
        """Import ``name`` from ``module`` and return what it is called here.

        Raises ValueError if either isn't a valid name: they may come from a recording.
        """
        known = self._given.get((module, name))
        if known is not None and self._names.get(known) == (module, name):
            return known
        if not is_dotted(module) or not is_identifier(name):
            raise ValueError(f"not a name: {module}.{name}")
        if module == "builtins" and name in self._taken:
            return name
        local = name
        if not self._is_free(local, module, name):
            package = next((part for part in module.split(".") if part not in {"models", "django"}), module)
            local = f"{snake_case(package).title().replace('_', '')}{name}"
        while not self._is_free(local, module, name):
            local = f"{local}_"
        self._names[local] = (module, name)
        self._given[module, name] = local
        return local

    def _is_free(self, local: str, module: str, name: str) -> bool:
        return local not in self._taken and self._names.get(local, (module, name)) == (module, name)

    def module(self, module: str) -> str:
        """Import a whole module and return its name."""
        self._names[module] = (module, "")
        return module

    def lines(self) -> Iterable[str]:
        """Return the import statements; a formatter sorts and merges them."""
        for local, (module, name) in sorted(self._names.items()):
            if module == "builtins" and local == name:
                continue
            if not name:
                yield f"import {module}"
            elif local == name:
                yield f"from {module} import {name}"
            else:
                yield f"from {module} import {name} as {local}"

    def top_packages(self) -> frozenset[str]:
        """Return the top package of every module imported."""
        return frozenset(module.partition(".")[0] for module, _ in self._names.values())
