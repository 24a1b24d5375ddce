"""A test module made of text, as if the text stood in its file."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType


def make(path: Path, source: str, compiled: Callable[[str, Path], CodeType]) -> ModuleType:
    """Run the text as the module that stands at ``path``, and return that.

    It has the name by which test runners import the file: from the outermost folder that is no
    package, which is put into ``sys.path``. Raises what the text raises.
    """
    root, name = _name(path)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__spec__ = ModuleSpec(name, None, origin=str(path))
    module.__package__ = name.rpartition(".")[0]
    # Tracebacks show the text's lines, and what is patched by the module's name is found.
    linecache.cache[str(path)] = (len(source), None, source.splitlines(keepends=True), str(path))
    sys.modules[name] = module
    exec(compiled(source, path), module.__dict__)  # noqa: S102 - a test is there to be run
    return module


def plain(source: str, path: Path) -> CodeType:
    """Compile without further ado."""
    return compile(source, str(path), "exec", dont_inherit=True)


def _name(path: Path) -> tuple[Path, str]:
    root, parts = path.parent, [path.stem]
    while (root / "__init__.py").exists():
        parts.insert(0, root.name)
        root = root.parent
    return root, ".".join(parts)
