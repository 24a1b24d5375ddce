"""Who may know whom: the rules of the house, read off every import statement."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

STAGES = ("reading", "inverting", "writing", "proving")
"""In the order of the flow: a stage knows itself and those before it."""

SHARED_WITH_THE_RECORDER = {"attributes", "values", "settings", "errors", "secrets"}
"""The contract, and how secrets are told: what the recorder replaces is what ``otel2test scan`` looks for."""

INSIDE = "otel2test.proving.inside"
"""What runs in a process of the project's own, beside its Django and under the recorder."""

KNOWN_INSIDE = {
    INSIDE,
    "otel2test.attributes",
    "otel2test.values",
    "otel2test.proving.jobs",
    "otel2test.proving.bytecode",
}

VIEWS = {"listing", "scanning", "showing"}
"""What the command line shows of recordings without generating anything."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of ours and what it imports, wherever in it the import stands."""

    name: str
    imports: tuple[str, ...]

    def __str__(self) -> str:
        return self.name

    def knows(self, *prefixes: str) -> list[str]:
        """Return its imports of these packages or of anything in them."""
        return [name for name in self.imports if any(is_in(name, prefix) for prefix in prefixes)]


def is_in(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def imports(source: str, package: str) -> Iterator[str]:
    """Yield the full name of everything that is imported, names inside modules included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def modules(folder: str, package: str) -> list[Module]:
    """Read all modules of a package; the links to what stands at the top are not followed."""
    found = []
    for file in sorted((ROOT / folder).rglob("*.py")):
        relative = file.relative_to(ROOT / folder)
        if package == "otel2test" and relative.parts[0] in {"processors", "templates"}:
            continue
        parts = [package, *relative.with_suffix("").parts]
        containing = ".".join(parts[:-1])
        name = containing if parts[-1] == "__init__" else ".".join(parts)
        found.append(Module(name, tuple(imports(file.read_text(encoding="utf-8"), containing))))
    return found


SYNTHESIZER = modules("otel2test", "otel2test")
RECORDER = modules("processors", "otel2test.processors")

each_of_the_synthesizer = pytest.mark.parametrize("module", SYNTHESIZER, ids=str)
each_of_the_recorder = pytest.mark.parametrize("module", RECORDER, ids=str)


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
import a.b
from c import d
from . import e
from ..f import g
def function():
    from h.i import j as k
"""

    assert list(imports(source, "p.q")) == ["a.b", "c.d", "p.q.e", "p.f.g", "h.i.j"]


def test_all_modules_are_looked_at() -> None:
    names = {module.name for module in [*SYNTHESIZER, *RECORDER]}

    assert {"otel2test", "otel2test.values", "otel2test.reading.spans", "otel2test.processors.guard"} <= names


@each_of_the_synthesizer
def test_the_synthesizer_knows_neither_the_recorder_nor_its_world(module: Module) -> None:
    if is_in(module.name, INSIDE):
        return
    allowed = ["opentelemetry.proto"] if module.name == "otel2test.reading.protobuf" else []
    strangers = module.knows("otel2test.processors", "processors", "django", "opentelemetry")

    assert [name for name in strangers if not any(is_in(name, prefix) for prefix in allowed)] == []


@each_of_the_synthesizer
def test_only_what_runs_inside_the_project_knows_its_world(module: Module) -> None:
    if is_in(module.name, INSIDE):
        ours = [name for name in module.knows("otel2test") if not is_in(name, "otel2test.processors")]
        assert [name for name in ours if not any(is_in(name, known) for known in KNOWN_INSIDE)] == []
    else:
        assert module.knows(INSIDE, "pytest", "_pytest", "pytest_django") == []


@each_of_the_recorder
def test_the_recorder_knows_only_the_contract(module: Module) -> None:
    allowed = {"processors", *SHARED_WITH_THE_RECORDER}

    assert [name for name in module.knows("otel2test") if name.split(".")[1] not in allowed] == []


@each_of_the_recorder
def test_the_recorder_needs_nothing_of_the_synthesizer(module: Module) -> None:
    assert module.knows("sqlglot", "jinja2", "typer", "ruff") == []


@each_of_the_synthesizer
def test_sql_is_understood_in_one_room(module: Module) -> None:
    if not module.name.startswith("otel2test.inverting.sql"):
        assert module.knows("sqlglot") == []


@each_of_the_synthesizer
def test_templates_are_rendered_in_one_room(module: Module) -> None:
    if not is_in(module.name, "otel2test.writing"):
        assert module.knows("jinja2", "otel2test.templates") == []


@each_of_the_synthesizer
def test_stages_know_no_later_stage(module: Module) -> None:
    for stage, *later in (STAGES[position:] for position in range(len(STAGES))):
        if is_in(module.name, f"otel2test.{stage}"):
            assert module.knows(*(f"otel2test.{name}" for name in later)) == []


@each_of_the_synthesizer
def test_facts_know_no_framework(module: Module) -> None:
    if is_in(module.name, "otel2test.inverting") and not is_in(module.name, "otel2test.inverting.django"):
        assert module.knows("otel2test.inverting.django") == []


@each_of_the_synthesizer
def test_only_the_pipeline_knows_all_stages(module: Module) -> None:
    room = module.name.split(".")[1] if "." in module.name else ""
    if room in {"cli", *VIEWS}:
        strangers = module.knows(*(f"otel2test.{stage}" for stage in STAGES[1:]))
    elif room in {*STAGES, "pipeline"}:
        strangers = []
    else:
        strangers = module.knows(*(f"otel2test.{stage}" for stage in STAGES))

    assert strangers == []


@each_of_the_synthesizer
def test_only_the_command_line_knows_the_pipeline(module: Module) -> None:
    if module.name != "otel2test.cli" and not is_in(module.name, "otel2test.pipeline"):
        assert module.knows("otel2test.pipeline") == []
    if module.name not in {"otel2test.cli", "otel2test.__main__"}:
        others = [f"otel2test.{view}" for view in VIEWS if not is_in(module.name, f"otel2test.{view}")]
        assert module.knows("otel2test.cli", *others) == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import otel2test", "django opentelemetry sqlglot jinja2 typer orjson"),
        ("import otel2test.cli", "django opentelemetry sqlglot jinja2 google.protobuf"),
        ("import otel2test.processors", "django sqlglot jinja2 typer"),
        ("import otel2test.processors.exporting", "django sqlglot jinja2 typer"),
        ("import otel2test.processors.distro", "django sqlglot jinja2 typer"),
    ],
)
def test_heavy_imports_stand_where_they_are_needed(statement: str, absent: str) -> None:
    program = f"{statement}\nimport sys\nprint(*sorted(set({absent.split()!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []
