"""Why a generated test failed: in which part of it, with what error, hence of which class.

Enters: the test's text and the traceback. Leaves: a class, the first line of the error, the line of
the test. The classes are coarse on purpose: they say where to look, not what to mend.
"""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a test failed."""

    kind: str
    error: str
    """The error, on one line."""
    line: str
    """The line of the test that failed."""


_NAMES = re.compile(
    r"^E?\s*(\w*(?:NameError|ImportError|ModuleNotFoundError|SyntaxError|AttributeError)): ", re.MULTILINE
)
_ERROR = re.compile(
    r"^(?:E\s+)?((?:[\w.]+\.)?(?:\w*(?:Error|Exception|DoesNotExist|MultipleObjectsReturned|Warning|NotFound"
    r"|Denied|Http404|Violation|Failed)): .*|assert .*|AssertionError.*|Failed: .*)$",
    re.MULTILINE,
)

_OF_ARRANGE = (
    ("IntegrityError.*UNIQUE|duplicate key", "arrange: a row collides with one that exists"),
    ("IntegrityError.*NOT NULL|not-null|null value", "arrange: a required column is missing"),
    ("IntegrityError", "arrange: an integrity error"),
    ("DoesNotExist", "arrange: a row to look up is not there"),
    ("", "arrange: another error"),
)
_OF_ACT = (
    ("IntegrityError", "act: integrity error; the arranged database differs"),
    ("DoesNotExist|MultipleObjects", "act: the arranged database lacks a row"),
    ("ConnectionError|responses", "act: an outbound call was not answered"),
    ("", "act: the application raises"),
)
_OF_ASSERT = (
    (r"assert 404 ==|404 != |was 404|code was 404", "assert: 404; the arranged database lacks a row"),
    (
        r"assert (302|403|401) ==|(302|403|401) != |code was (302|403|401)",
        "assert: not logged in or not permitted",
    ),
    (r"assert 200 ==|200 != |code was 200", "assert: 200; a form or a login was refused"),
    (r"status_code|\d{3} == \d{3}|\d{3} != \d{3}", "assert: another status"),
    ("DoesNotExist", "assert: an expected row is not there"),
    ("MultipleObjects", "assert: a row is not identified"),
    ("Couldn't find|not found in|does not contain|Template", "assert: text or template not in the page"),
    (r"\.json\(\)|JSON", "assert: JSON differs"),
    ("datetime|isoformat", "assert: a time differs"),
    ("", "assert: another value"),
)


def explain(module: Path, output: str) -> Reason:
    """Return why the test in ``module`` failed."""
    text = module.read_text(encoding="utf-8").splitlines()
    number = _failing_line(module, output, len(text))
    errors = _ERROR.findall(output)
    error = errors[-1] if errors else next((line for line in output.splitlines()[::-1] if line.strip()), "")
    asserted = next((item for item in errors if item.startswith("AssertionError")), "")
    shown = (asserted or error).strip()[:300]
    line = text[number - 1].strip() if number else ""
    phase = _phase(text, number)
    about = f"{error}\n{line}\n{asserted}"
    match phase:
        case "before" | "unknown":
            kind = "name or import" if _NAMES.search(output) else "the test could not be run"
        case "Arrange":
            kind = "arrange: a name" if _NAMES.search(output) else _first(_OF_ARRANGE, about)
        case "Act":
            kind = _first(_OF_ACT, about)
        case _:
            kind = "assert: a name" if _NAMES.search(error) else _first(_OF_ASSERT, about)
    return Reason(kind, shown, line)


def _first(classes: tuple[tuple[str, str], ...], about: str) -> str:
    return next(kind for pattern, kind in classes if re.search(pattern, about))


def _failing_line(module: Path, output: str, lines: int) -> int:
    name = re.escape(module.name)
    found = re.findall(rf'{name}(?::|", line )(\d+)', output)
    # Both runners tell the test's own frame first; helpers are in other files.
    numbers = [int(item) for item in found if int(item) <= lines]
    return numbers[0] if numbers else 0


def _phase(text: list[str], number: int) -> str:
    if not number:
        return "unknown"
    phase = "before"
    for line in text[:number]:
        if match := re.match(r"\s+# (Arrange|Act|Assert)\b", line):
            phase = match[1]
        elif re.match(r"\s*def test_", line):
            phase = "Arrange"
    return phase
