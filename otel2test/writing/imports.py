"""The imports of one generated module, collected while its body is written."""

from collections.abc import Iterable

from otel2test.identifiers import is_dotted, is_identifier, snake_case


class Imports:
    """Hands out the names under which things are imported; two things never share one."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, str]] = {}
        """Local name → (module, name); the name is empty for ``import module``."""

    def name(self, module: str, name: str) -> str:
        """Import ``name`` from ``module`` and return what it is called here.

        Raises ValueError if either isn't a valid name: they may come from a recording.
        """
        if not is_dotted(module) or not is_identifier(name):
            raise ValueError(f"not a name: {module}.{name}")
        if module == "builtins":
            return name
        local = name
        if self._names.get(local, (module, name)) != (module, name):
            package = next((part for part in module.split(".") if part not in {"models", "django"}), module)
            local = f"{snake_case(package).title().replace('_', '')}{name}"
        while self._names.get(local, (module, name)) != (module, name):
            local = f"{local}_"
        self._names[local] = (module, name)
        return local

    def module(self, module: str) -> str:
        """Import a whole module and return its name."""
        self._names[module] = (module, "")
        return module

    def lines(self) -> Iterable[str]:
        """Return the import statements; a formatter sorts and merges them."""
        for local, (module, name) in sorted(self._names.items()):
            if not name:
                yield f"import {module}"
            elif local == name:
                yield f"from {module} import {name}"
            else:
                yield f"from {module} import {name} as {local}"

    def top_packages(self) -> frozenset[str]:
        """Return the top package of every module imported."""
        return frozenset(module.partition(".")[0] for module, _ in self._names.values())
