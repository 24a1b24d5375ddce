"""Source text → the same, formatted and with its imports sorted, by ruff."""

import subprocess
from collections.abc import Iterable, Sequence
from functools import cache

import ruff  # type: ignore[import-untyped]

from otel2test.errors import Otel2testError


def formatted(source: str, first_party: Iterable[str], third_party: Iterable[str], line_length: int) -> str:
    """Return ``source`` as ruff formats it.

    Neither a configuration nor the folder one stands in has a say, so that the same
    recording gives the same bytes everywhere; hence the packages are named.
    """
    ordered = with_sorted_imports(source, first_party, third_party, line_length)
    return _ruff(["format", "--quiet", *_config(first_party, third_party, line_length)], ordered)


def with_sorted_imports(
    source: str, first_party: Iterable[str], third_party: Iterable[str], line_length: int
) -> str:
    """Return ``source`` with its imports in order, and all else as it was."""
    config = _config(first_party, third_party, line_length)
    return _ruff(["check", "--select=I", "--fix-only", "--quiet", *config], source)


def _config(first_party: Iterable[str], third_party: Iterable[str], line_length: int) -> list[str]:
    sections = {"known-first-party": first_party, "known-third-party": third_party}
    settings = [f"line-length={line_length}", 'src=["/nonexistent"]']
    for name, packages in sections.items():
        listed = ", ".join(f'"{package}"' for package in sorted(packages))
        settings.append(f"lint.isort.{name}=[{listed}]")
    return [part for setting in settings for part in ("--config", setting)]


def _ruff(arguments: Sequence[str], source: str) -> str:
    command = [_binary(), *arguments, "--isolated", "--no-cache", "--stdin-filename=test_generated.py", "-"]
    done = subprocess.run(  # noqa: S603 - arguments of our own making, no shell
        command, input=source, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise Otel2testError(
            "formatting",
            f"ruff refused the generated code: {done.stderr.strip() or done.stdout.strip()}",
            "please report this, with the recording if you can",
        )
    return done.stdout


@cache
def _binary() -> str:
    try:
        return str(ruff.find_ruff_bin())
    except FileNotFoundError as error:
        raise Otel2testError("formatting", str(error), "install ruff: pip install ruff") from error
