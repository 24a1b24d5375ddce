"""What a user may choose, and what is said of choices that make no sense."""

from pathlib import Path

import pytest

from otel2test.errors import UsageError
from otel2test.settings import Settings, load, override


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert load(project(tmp_path, "")) == Settings() == Settings("pytest", 88, None, None)


def test_settings_of_the_project(tmp_path: Path) -> None:
    text = '[tool.otel2test]\nframework = "unittest"\nline-length = 120\ntest_class = "ShopTests"\n'

    assert load(project(tmp_path, text)) == Settings("unittest", 120, None, "ShopTests")


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    project(tmp_path, "[tool.otel2test]\nline-length = 100\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)

    assert load(inner).line_length == 100
    assert load(project(inner, '[project]\nname = "x"\n')).line_length == 88


def test_the_command_line_comes_on_top() -> None:
    chosen = override(
        Settings(line_length=100), {"framework": "unittest", "test_name": None}, where="command line"
    )

    assert chosen == Settings("unittest", 100)


@pytest.mark.parametrize(
    ("values", "what", "remedy"),
    [
        ({"framework": "nose"}, "unknown framework 'nose'", "use one of pytest, unittest"),
        ({"framework": 3}, "unknown framework 3", "use one of pytest, unittest"),
        ({"framework": []}, "unknown framework []", "use one of pytest, unittest"),
        ({"line-length": "88"}, "line_length is '88'", "use a number from 20 to 320"),
        ({"line-length": 3}, "line_length is 3", "use a number from 20 to 320"),
        ({"line-length": True}, "line_length is True", "use a number from 20 to 320"),
        ({"test_name": "a b"}, "test_name is 'a b'", "use a name that Python allows"),
        ({"test_name": ""}, "test_name is ''", "use a name that Python allows"),
        ({"test-class": "class"}, "test_class is 'class'", "use a name that Python allows"),
        ({"test_class": 1}, "test_class is 1", "use a name that Python allows"),
        (
            {"colour": "blue"},
            "unknown setting 'colour'",
            "known are assert_queries, framework, join, line_length, test_class, test_name",
        ),
    ],
)
def test_choices_that_make_no_sense(values: dict[str, object], what: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        override(Settings(), values, where="here")

    assert str(caught.value) == f"here: {what}; {remedy}"


def test_an_error_in_the_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"pyproject\.toml, \[tool\.otel2test\]: unknown setting 'x'"):
        load(project(tmp_path, "[tool.otel2test]\nx = 1\n"))


@pytest.mark.parametrize("text", ["[tool", "[tool]\notel2test = 3\n", "tool = 3\n", "[tool.otel2test\n"])
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        load(project(tmp_path, text))


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(UsageError, match="can't be read"):
        load(tmp_path)
