"""Draw ``docs/trace-and-test.svg``: a recorded trace beside the test that comes out of it.

Run it (``make picture``) when what ``otel2test show`` or ``gen`` say of the sample changed.
"""

from collections.abc import Sequence
from html import escape
from io import BytesIO
from pathlib import Path

from otel2test import pipeline, reading, showing
from otel2test.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
RECORDING = "samples/spans/complete-a-todo.json"
PICTURE = ROOT / "docs" / "trace-and-test.svg"

_WIDTH = 84
"""Columns of the trace."""
_LETTER, _LINE = 6.6, 16
_STYLE = """
  text { font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328 }
  text.title { font-weight: bold; fill: #59636e }
  rect { fill: #f6f8fa; stroke: #d1d9e0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    text.title { fill: #9198a1 }
    rect { fill: #151b23; stroke: #3d444d }
  }
"""


def trace_lines() -> list[str]:
    """Return what ``otel2test show`` says, from the tree on."""
    (trace,) = reading.read([str(ROOT / RECORDING)]).traces
    lines = showing.show(trace, width=_WIDTH).rstrip().splitlines()
    return lines[next(number for number, line in enumerate(lines) if "took ms" in line) :]


def test_lines() -> list[str]:
    """Return what ``otel2test gen`` writes."""
    module = pipeline.generate([str(ROOT / RECORDING)], (), Settings(), BytesIO()).module
    return module.text.rstrip().splitlines() if module else []


def picture() -> str:
    """Return the SVG."""
    columns = (("otel2test show", trace_lines()), ("otel2test gen", test_lines()))
    height = max(len(lines) for _, lines in columns) * _LINE + 56
    drawn: list[str] = []
    left = 0.0
    for title, lines in columns:
        width = max(map(len, lines)) * _LETTER + 28
        drawn += _panel(f"{title} {RECORDING}", lines, left, width, height)
        left += width + 16
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{left - 16:.0f}" height="{height}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *drawn, "</svg>", ""])


def _panel(title: str, lines: Sequence[str], left: float, width: float, height: int) -> list[str]:
    frame = f'<rect x="{left:.1f}" y="0.5" width="{width - 1:.1f}" height="{height - 1}" rx="6"/>'
    texts = [
        f'<text x="{left + 14:.1f}" y="{52 + number * _LINE}" xml:space="preserve">{escape(line)}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    return [frame, f'<text class="title" x="{left + 14:.1f}" y="24">{escape(title)}</text>', *texts]


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), encoding="utf-8")
