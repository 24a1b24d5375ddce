"""What things are called in a module, and how they come there."""

import builtins
import keyword

import pytest

from otel2test.writing.imports import Imports


def test_a_name_is_imported_once() -> None:
    imports = Imports()

    assert imports.name("shop.models", "Todo") == imports.name("shop.models", "Todo") == "Todo"
    assert [*imports.lines()] == ["from shop.models import Todo"]


def test_modules_are_imported_whole() -> None:
    imports = Imports()

    assert imports.module("pytest") == "pytest"
    assert [*imports.lines()] == ["import pytest"]


def test_builtins_need_no_import() -> None:
    imports = Imports()

    assert imports.name("builtins", "ValueError") == "ValueError"
    assert [*imports.lines()] == []


def test_models_of_one_name_are_told_apart_by_their_app() -> None:
    imports = Imports()

    names = [
        imports.name(module, "Order") for module in ("shop.models", "billing.models", "billing.old.models")
    ]

    assert names[0] == "Order"
    assert len(set(names)) == 3
    assert "Billing" in names[1]
    assert "from billing.models import Order as " + names[1] in [*imports.lines()]


@pytest.mark.parametrize("name", ["str", "len", "set", "frozenset", "abs", "float"])
def test_no_import_hides_a_builtin_that_tests_use(name: str) -> None:
    local = Imports().name("shop.models", name)

    assert local not in dir(builtins)
    assert not keyword.iskeyword(local)


def test_an_exception_that_is_called_like_a_builtin_one() -> None:
    for modules in (["builtins", "requests.exceptions"], ["requests.exceptions", "builtins"]):
        imports = Imports()
        names = [imports.name(module, "ConnectionError") for module in modules]
        namespace: dict[str, object] = {}
        exec("\n".join(imports.lines()), namespace)

        found = [namespace.get(name, getattr(builtins, name, None)) for name in names]

        assert ConnectionError in found
        assert len(set(found)) == 2


@pytest.mark.parametrize("local", ["responses", "pytest", "time_machine"])
def test_modules_and_names_are_told_apart(local: str) -> None:
    imports = Imports()

    names = [imports.name("shop.models", local), imports.module(local)]

    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("shop.models", "x; import os"),
        ("shop.models", ""),
        ("shop.models", "class"),
        ("shop.models", "a.b"),
        ("shop models", "Todo"),
        ("", "Todo"),
        ("shop..models", "Todo"),
        ("shop.class", "Todo"),
        ("shop\nimport os", "Todo"),
        ("builtins", "exit()"),
    ],
)
def test_what_is_no_name_is_refused(module: str, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        Imports().name(module, name)


def test_top_packages() -> None:
    imports = Imports()
    imports.name("shop.orders.models", "Order")
    imports.module("pytest")

    assert imports.top_packages() == {"shop", "pytest"}
