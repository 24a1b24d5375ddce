"""The table of a run, and the report with every failure in it.

Enters: what became of every request. Leaves: text.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from corpus.generating import Generated
from corpus.project import Database
from corpus.reasons import Reason
from corpus.recording import Recorded
from samples.generating import Framework


@dataclass(slots=True)
class Outcome:
    """What became of one request."""

    project: str
    recorded: Recorded
    generated: dict[Framework, Generated] = field(default_factory=dict)
    passed: dict[Framework, bool] = field(default_factory=dict)
    reasons: dict[Framework, Reason] = field(default_factory=dict)
    tests: dict[Framework, str] = field(default_factory=dict)

    @property
    def crashed(self) -> bool:
        """Whether the generator raised."""
        return any(item.crash for item in self.generated.values())

    @property
    def generates(self) -> bool:
        """Whether there is a test in every framework that was asked for."""
        return bool(self.generated) and all(item.module is not None for item in self.generated.values())


def table(outcomes: Sequence[Outcome], frameworks: Sequence[Framework]) -> str:
    """Return a line for each project, and one for all."""
    head = ["project", "requests", "recorded", "generated", "crashed", *frameworks, "%"]
    names = sorted({outcome.project for outcome in outcomes})
    rows = [_row(name, [item for item in outcomes if item.project == name], frameworks) for name in names]
    rows.append(_row("all", outcomes, frameworks))
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, outcomes: Sequence[Outcome], frameworks: Sequence[Framework]) -> list[str]:
    passed = [sum(item.passed.get(framework, False) for item in outcomes) for framework in frameworks]
    return [
        name,
        str(len(outcomes)),
        str(sum(item.recorded.file is not None for item in outcomes)),
        str(sum(item.generates for item in outcomes)),
        str(sum(item.crashed for item in outcomes)),
        *map(str, passed),
        f"{percentage(outcomes, frameworks):.1f}",
    ]


def percentage(outcomes: Sequence[Outcome], frameworks: Sequence[Framework]) -> float:
    """Return how many tests passed, of one for each request and framework."""
    passed = sum(item.passed.get(framework, False) for item in outcomes for framework in frameworks)
    return 100 * passed / (len(outcomes) * len(frameworks)) if outcomes else 0.0


def report(outcomes: Sequence[Outcome], frameworks: Sequence[Framework], database: Database) -> str:
    """Return the report: the table, the classes of failures, every failure with its test."""
    failures = [item for item in outcomes if not all(item.passed.get(each, False) for each in frameworks)]
    classes = Counter(reason.kind for item in failures for reason in list(item.reasons.values())[:1])
    told = Counter(f"{reason.error[:110]}" for item in failures for reason in list(item.reasons.values())[:1])
    parts = [
        f"# The corpus on {database}\n\n```\n{table(outcomes, frameworks)}```\n",
        _times(outcomes),
        "## Classes of failures\n\n" + _counted(classes),
        "## The commonest errors\n\n" + _counted(Counter(dict(told.most_common(40)))),
        "## Failures\n",
        *(_failure(item, frameworks) for item in failures),
    ]
    return "\n".join(parts)


def _times(outcomes: Sequence[Outcome]) -> str:
    seconds = sorted(made.seconds for item in outcomes for made in item.generated.values() if made.module)
    if not seconds:
        return ""
    middle, slowest = seconds[len(seconds) // 2], seconds[-1]
    return f"Generating took {1000 * middle:.0f} ms in the median, {1000 * slowest:.0f} ms at most.\n"


def _counted(counter: Mapping[str, int]) -> str:
    ordered = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
    return "".join(f"- {count} of {kind}\n" for kind, count in ordered)


def _failure(outcome: Outcome, frameworks: Sequence[Framework]) -> str:
    lines = [f"### {outcome.project} {outcome.recorded.name}: `{outcome.recorded.request}`\n"]
    if outcome.recorded.file is None:
        lines.append("The recorder missed the request.\n")
    for framework in frameworks:
        made = outcome.generated.get(framework)
        if made is not None and made.crash:
            lines.append(f"{framework}: the generator crashed\n\n```\n{made.crash[-3000:]}```\n")
        elif made is not None and made.module is None:
            lines.append(f"{framework}: refused: {made.refusal}\n")
        reason = outcome.reasons.get(framework)
        if reason is not None:
            lines.append(f"{framework}: **{reason.kind}**: `{reason.error}`\n\n    {reason.line}\n")
    failing = next((outcome.tests[each] for each in frameworks if each in outcome.reasons), None)
    if failing is not None:
        lines.append(f"```python\n{failing}```\n")
    return "\n".join(lines)
