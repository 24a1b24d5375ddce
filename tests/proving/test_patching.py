"""Putting a mutant's code in place of a function's, in a process that has imported the module."""

import asyncio
import gc
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from otel2test.proving.inside.patching import apply

Load = Callable[[str], ModuleType]
"""Writes the text of a module and imports it."""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    finders = list(sys.meta_path)

    def write_and_import(source: str) -> ModuleType:
        file = tmp_path / "patched.py"
        file.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("patched", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "patched", module)
        spec.loader.exec_module(module)
        return module

    yield write_and_import
    sys.meta_path[:] = finders


def patch(module: ModuleType, old: str, new: str) -> bool:
    """Apply the module's text with one thing in it replaced."""
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.count(old) == 1
    return apply(module.__file__, source.replace(old, new))


PLACES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "function": ("def f(x):\n    return x + 1\n", lambda m: m.f(2)),
    "coroutine": ("async def f(x):\n    return x + 1\n", lambda m: asyncio.run(m.f(2))),
    "generator": ("def f(x):\n    yield x + 1\n", lambda m: next(m.f(2))),
    "lambda": ("f = lambda x: x + 1\n", lambda m: m.f(2)),
    "second lambda of a line": ("f = [lambda x: x * 3, lambda x: x + 1]\n", lambda m: m.f[1](2)),
    "method": (
        "class C:\n    def f(self, x):\n        return x + 1\n\nkept = C()\n",
        lambda m: m.kept.f(2),
    ),
    "static method": (
        "class C:\n    @staticmethod\n    def f(x):\n        return x + 1\n",
        lambda m: m.C.f(2),
    ),
    "property": (
        "class C:\n    x = 2\n    @property\n    def f(self):\n        return self.x + 1\n",
        lambda m: m.C().f,
    ),
    "decorated": (
        """
import functools

def twice(g):
    @functools.wraps(g)
    def call(x):
        return g(x)
    return call

@twice
@twice
def f(x):
    return x + 1
""",
        lambda m: m.f(2),
    ),
    "closure that exists": (
        "def make(n):\n    def g(x):\n        return x + n\n    return g\n\nf = make(1)\n",
        lambda m: m.f(2),
    ),
    "closure that will exist": (
        "def make(n):\n    def g(x):\n        return x + n\n    return g\n",
        lambda m: m.make(1)(2),
    ),
    "comprehension": ("def f(x):\n    return [y + 1 for y in [x]][0]\n", lambda m: m.f(2)),
    "stored elsewhere": (
        "registry = {}\ndef f(x):\n    return x + 1\nregistry['f'] = f\ndel f\n",
        lambda m: m.registry["f"](2),
    ),
    "with annotations as text": (
        "from __future__ import annotations\ndef f(x: Later) -> Later:\n    return x + 1\n",
        lambda m: m.f(2),
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_mutant_is_put_in_place(load: Load, place: str) -> None:
    source, call = PLACES[place]
    module = load(source)
    kept = call(module)
    old, new = (" + n", " - n") if "closure" in place else (" + 1", " - 1")

    assert patch(module, old, new)

    assert (kept, call(module)) == (3, 1)


def test_other_lambdas_of_a_line_stay(load: Load) -> None:
    module = load("f = [lambda x: x * 3, lambda x: x + 1]\n")

    assert patch(module, "+ 1", "- 1")

    assert module.f[0](2) == 6


def test_an_instance_keeps_its_class(load: Load) -> None:
    """``super()`` looks the class up in a cell of the function, which is not made anew."""
    module = load(
        "class A:\n    def f(self):\n        return 1\n\n"
        "class B(A):\n    def f(self):\n        return super().f() + 1\n"
    )
    instance = module.B()

    assert patch(module, "+ 1", "- 1")

    assert instance.f() == 0
    assert isinstance(instance, module.B)


@pytest.mark.parametrize(
    ("old", "new"), [("super().f()", "pass"), ("super().f()", "super")], ids=["removed", "uncalled"]
)
def test_a_call_of_the_superclass_is_removed(load: Load, old: str, new: str) -> None:
    module = load(
        "calls = []\n"
        "class A:\n    def f(self):\n        calls.append('A')\n\n"
        "class B(A):\n    def f(self):\n        'Says so.'\n        super().f()\n        calls.append('B')\n"
    )

    assert patch(module, old, new)

    module.B().f()
    assert module.calls == ["B"]
    assert module.B.f.__doc__ == "Says so."


def test_a_closure_that_no_longer_uses_its_variable_is_replaced(load: Load) -> None:
    module = load("def make(n):\n    return lambda x: x + n\n\nf = make(1)\n")

    assert patch(module, "x + n", "None")

    assert module.f(2) is None
    assert module.make(1)(2) is None


def test_lines_that_move_change_nothing_else(load: Load) -> None:
    module = load("def f():\n    print(\n        1,\n    )\n    return 1\n\n\ndef g():\n    return 2\n")
    untouched = module.g.__code__

    assert patch(module, "print(\n        1,\n    )", "pass")

    assert module.g.__code__ is untouched


def test_what_runs_at_import_is_not_run_again(load: Load) -> None:
    module = load("limit = 1 + 1\n\n\ndef f():\n    return limit\n")

    assert not patch(module, "1 + 1", "1 - 1")

    assert module.f() == 2


def test_a_closure_over_one_more_variable_is_left_alone(load: Load) -> None:
    module = load(
        "a = 1\n\n\ndef make(a, b):\n    def f():\n        return a\n    return f\n\n\nf = make(1, 2)\n"
    )
    before = module.f.__code__

    patch(module, "return a\n", "return a + b\n")

    assert module.f.__code__ is before
    assert module.make(1, 2)() == 3


def test_the_same_text_replaces_nothing(load: Load) -> None:
    module = load("def f():\n    return 1\n")

    assert not patch(module, "return 1", "return  1")


def test_the_module_may_be_known_by_another_path(load: Load, tmp_path: Path) -> None:
    module = load("def f(x):\n    return x + 1\n")
    link = tmp_path / "link"
    link.symlink_to(tmp_path)

    assert apply(str(link / "patched.py"), "def f(x):\n    return x - 1\n")

    assert module.f(2) == 1


def test_frozen_functions_are_found(load: Load) -> None:
    """Processes that fork often freeze the collector first, which hides objects from it."""
    module = load("def f(x):\n    return x + 1\n")
    gc.freeze()
    try:
        assert patch(module, "+ 1", "- 1")
    finally:
        gc.unfreeze()

    assert module.f(2) == 1


def test_a_module_imported_later_is_the_mutant(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "imported_later.py"
    file.write_text("def f(x):\n    return x + 1\n", encoding="utf-8")
    (tmp_path / "another.py").write_text("def f(x):\n    return x + 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert apply(str(file), "def f(x):\n    return x - 1\n")

    later, another = importlib.import_module("imported_later"), importlib.import_module("another")
    for name in ("imported_later", "another"):
        monkeypatch.delitem(sys.modules, name)
    assert (later.f(2), another.f(2)) == (1, 3)
