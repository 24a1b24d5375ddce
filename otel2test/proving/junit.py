"""Tests and how they ended → JUnit XML, as continuous integration reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from otel2test.terminal import printable


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test counts as failed; the texts may hold anything."""

    kind: str
    message: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One test."""

    module: str
    """Its file's name."""
    name: str
    failure: Failure | None = None
    seconds: float | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


def document(suite_name: str, cases: Sequence[Case]) -> str:
    """Return the document, with a case a test; seconds are told where they are known."""
    suite = ET.Element(
        "testsuite",
        name=suite_name,
        tests=str(len(cases)),
        failures=str(sum(case.failure is not None for case in cases)),
        errors="0",
        skipped="0",
    )
    times = [case.seconds for case in cases if case.seconds is not None]
    if times:
        suite.set("time", f"{sum(times):.3f}")
    for case in cases:
        suite.append(_element(case))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _element(case: Case) -> ET.Element:
    element = ET.Element("testcase", classname=case.module.removesuffix(".py"), name=case.name)
    if case.seconds is not None:
        element.set("time", f"{case.seconds:.3f}")
    if case.properties:
        parent = ET.SubElement(element, "properties")
        for name, value in case.properties.items():
            ET.SubElement(parent, "property", name=name, value=str(value))
    if case.failure is not None:
        message, kind = printable(case.failure.message), case.failure.kind
        failure = ET.SubElement(element, "failure", message=message, type=kind)
        failure.text = "\n".join(map(printable, case.failure.details.splitlines()))
    return element
