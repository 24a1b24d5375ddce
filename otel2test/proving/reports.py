"""Verdicts as a table for the terminal, as JSON, and as JUnit XML."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from otel2test.proving import junit
from otel2test.proving.verdicts import Mutants, Report, Verdict
from otel2test.terminal import aligned, printable, shortened

_REASON: Final = 100
_UNKNOWN: Final = "-"


def table(report: Report) -> str:
    """Return a line a test, what became of those that aren't proven, and the three figures."""
    bitten = report.mutants is not None
    head = ["test", "verdict", "replay", *(["mutants"] if bitten else [])]
    rows = [head, *(_row(verdict, bitten=bitten) for verdict in report.verdicts)]
    lines = [*aligned(rows, right=(2, 3) if bitten else (2,))]
    for verdict in report.verdicts:
        lines += _told(verdict)
    for survivor in report.survivors:
        lines += [
            "",
            f"survived: {survivor.path}:{survivor.line} ({survivor.operator})",
            survivor.diff.rstrip(),
        ]
        others = f", but for {survivor.unasked} that were not asked" if survivor.unasked else ""
        killer = printable(survivor.killer) or "nothing that these requests show"
        lines.append(f"would be noticed by: {killer}{others}")
    if report.unbroken:
        lines += ["", f"not tried, as the code can't be broken while it runs: {', '.join(report.unbroken)}"]
    return "\n".join([*lines, "", summary(report)])


def summary(report: Report) -> str:
    """Return the three figures, as one line."""
    parts = [f"{report.proven} of {len(report.verdicts)} proven"]
    if report.fidelity is not None:
        parts.append(f"replay {report.fidelity:.2f} at the median")
    match report.mutants:
        case Mutants(total=0):
            parts.append("nothing of the project that ran could be broken")
        case Mutants() as mutants:
            parts.append(f"{_ratio(mutants)} mutants die ({mutants.share:.0%})")
    return ", ".join(parts)


def comment(verdict: Verdict) -> str:
    """Return a line for the test itself: ``Proven: replay 1.00, 12/14 mutants die.``."""
    parts = [] if verdict.fidelity is None else [f"replay {verdict.fidelity:.2f}"]
    if verdict.mutants is not None and verdict.mutants.total:
        parts.append(f"{_ratio(verdict.mutants)} mutants die")
    return f"Proven: {', '.join(parts)}." if parts else "Proven."


def as_json(report: Report) -> str:
    """Return the report as a JSON object with ``tests``, ``total``, ``survivors`` and ``unbroken``."""
    total = {
        "tests": len(report.verdicts),
        "proven": report.proven,
        "fidelity": report.fidelity,
        "mutants": None if report.mutants is None else asdict(report.mutants),
    }
    document = {
        "tests": [asdict(verdict) for verdict in report.verdicts],
        "total": total,
        "survivors": [asdict(survivor) for survivor in report.survivors],
        "unbroken": [*report.unbroken],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML, as continuous integration reads it: a case a test."""
    return junit.document("otel2test prove", [_case(verdict) for verdict in report.verdicts])


def label(module: str, name: str) -> str:
    """Return how a runner is told of a test: ``test_todos.py::Class::test_…``."""
    return f"{module}::{name.replace('.', '::')}"


def _case(verdict: Verdict) -> junit.Case:
    known = {"fidelity": verdict.fidelity, "mutants": verdict.mutants and _ratio(verdict.mutants)}
    failure = None if verdict.proven else junit.Failure(verdict.status, verdict.reason, verdict.divergence)
    properties = {name: value for name, value in known.items() if value is not None}
    return junit.Case(verdict.module, verdict.name, failure, verdict.seconds, properties)


def _row(verdict: Verdict, *, bitten: bool) -> list[str]:
    replay = _UNKNOWN if verdict.fidelity is None else f"{verdict.fidelity:.2f}"
    row = [label(verdict.module, verdict.name), verdict.status, replay]
    if bitten:
        mutants = verdict.mutants or Mutants()
        row.append(_ratio(mutants) if mutants.total else _UNKNOWN)
    return row


def _told(verdict: Verdict) -> Iterator[str]:
    if not verdict.proven:
        yield ""
        yield f"{verdict.name}: {shortened(printable(verdict.reason), _REASON * 3)}"
        if verdict.divergence:
            yield f"  first difference: {shortened(printable(verdict.divergence), _REASON * 3)}"
    for what in verdict.weakened:
        yield f"{verdict.name}: {printable(what)} differs from run to run, so only its form is asserted"


def _ratio(mutants: Mutants) -> str:
    return f"{mutants.killed}/{mutants.total}"
