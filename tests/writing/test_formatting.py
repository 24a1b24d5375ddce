"""Formatting depends on nothing but what is given."""

from pathlib import Path

import pytest

from otel2test.errors import Otel2testError
from otel2test.writing.formatting import formatted

SOURCE = """from shop.models import Todo
import pytest
from decimal import Decimal
from django.utils import timezone
from billing.models import Order
x = {'a': 1, "b": [1,2,3]}
"""

EXPECTED = """from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import Order
from shop.models import Todo

x = {"a": 1, "b": [1, 2, 3]}
"""


def test_imports_are_sorted_and_the_rest_is_formatted() -> None:
    assert formatted(SOURCE, ["shop", "billing"], ["pytest", "django"], 88) == EXPECTED


def test_neither_the_folder_nor_its_settings_have_a_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = '[tool.ruff]\nline-length = 20\n[tool.ruff.format]\nquote-style = "single"\n'
    (tmp_path / "pyproject.toml").write_text(settings)
    (tmp_path / "ruff.toml").write_text("indent-width = 8\n")
    (tmp_path / "pytest").mkdir()
    (tmp_path / "pytest" / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUFF_LINE_LENGTH", "30")

    assert formatted(SOURCE, ["shop", "billing"], ["pytest", "django"], 88) == EXPECTED


def test_line_length() -> None:
    call = f"f({', '.join(['argument'] * 9)})\n"

    assert len(formatted(call, [], [], 120).splitlines()) == 1
    assert len(formatted(call, [], [], 40).splitlines()) > 1


def test_formatting_twice_changes_nothing() -> None:
    once = formatted(SOURCE, ["shop"], ["pytest"], 88)

    assert formatted(once, ["shop"], ["pytest"], 88) == once


def test_non_ascii_and_control_characters_pass() -> None:
    assert formatted("x = 'é\N{PILE OF POO}\\x00'\n", [], [], 88) == 'x = "é\N{PILE OF POO}\\x00"\n'


def test_code_that_is_none_is_an_error_with_a_remedy() -> None:
    with pytest.raises(Otel2testError, match="ruff refused") as caught:
        formatted("def (:\n", [], [], 88)

    assert caught.value.problem.remedy
