"""Plans → the text of one test module.

Templates decide what the text looks like, one a framework; see ``templates/``. They
see plans and steps, and write values only through ``literal``.
"""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

import jinja2
from jinja2.bccache import Bucket

from otel2test.identifiers import Names, snake_case
from otel2test.inverting.arrangements import (
    AnswerCall,
    CreateAlike,
    CreateInBulk,
    CreateRow,
    SetClock,
    UseScratchMedia,
)
from otel2test.inverting.expressions import Numbered
from otel2test.inverting.plan import Plan, made, referred, unbound
from otel2test.settings import Framework
from otel2test.writing.formatting import formatted
from otel2test.writing.imports import Imports
from otel2test.writing.literals import Literals, raw, reasons
from otel2test.writing.provenance import StepLines, step_lines, step_mark

_THIRD_PARTY: Final = frozenset(
    {
        "django",
        "httpx",
        "mocket",
        "pytest",
        "pytest_django",
        "requests",
        "responses",
        "respx",
        "time_machine",
        "urllib3",
    }
)
_FIXED: Final = frozenset(
    {
        *("client", "cursor", "data", "each", "entry", "message", "messages", "n", "pytestmark", "stored"),
        *("response", "self", "session", "statement", "_"),
    }
)
"""Variables that templates write by themselves."""

_FEW_UNUSED: Final = 2
"""More rows in a row than these that nobody names are unpacked into ``*_``."""


@dataclass(frozen=True, slots=True)
class GeneratedTest:
    """One test of a module: its name and where it comes from."""

    name: str
    trace_id: str
    notes: tuple[str, ...]
    lines: tuple[StepLines, ...] = ()
    """Which lines of the module which step of the plan became; empty unless it was asked for."""


@dataclass(frozen=True, slots=True)
class GeneratedModule:
    """The text of a test module, and the tests in it."""

    text: str
    tests: tuple[GeneratedTest, ...]


def write(
    plans: Sequence[Plan],
    framework: Framework,
    *,
    test_class: str,
    line_length: int = 88,
    with_provenance: bool = False,
) -> GeneratedModule:
    """Return the module that holds the tests of ``plans``, in their order.

    ``test_class`` is used for unittest only. Two plans of the same name get the first free
    of their longer names, or a number. ``with_provenance`` tells which lines each step became.
    Raises ValueError if one of them can't be written; :func:`check` tells which.
    """
    tests = [(plan, f"test_{plan.name}") for plan in named(plans)]
    imports = Imports(_own_names(plans))
    text = _render(tests, framework, test_class, imports)
    first_party = frozenset(package for plan in plans for package in plan.first_party) - _THIRD_PARTY
    others = imports.top_packages() - first_party - sys.stdlib_module_names
    text = formatted(text, first_party, others, line_length)
    lines: Mapping[str, tuple[StepLines, ...]] = {}
    if with_provenance:
        marked = _render(tests, framework, test_class, imports, step_mark)
        decorators = {
            name: [number for number, step in enumerate(plan.steps) if isinstance(step, SetClock)]
            for plan, name in tests
        }
        lines = step_lines(text, formatted(marked, first_party, others, line_length), decorators)
    generated = tuple(
        GeneratedTest(name, plan.trace_id, tuple(note.text for note in plan.notes), lines.get(name, ()))
        for plan, name in tests
    )
    return GeneratedModule(text, generated)


def named(plans: Sequence[Plan]) -> list[Plan]:
    """Return plans that have the names which :func:`write` would give them, and no others."""
    names = Names()
    return [replace(plan, name=_free_name(plan, plans, names), alternatives=()) for plan in plans]


def check(plan: Plan, framework: Framework) -> None:
    """Raise ValueError if the plan holds something that can't be written, or names what nothing makes."""
    check_names(plan)
    _render([(plan, f"test_{plan.name}")], framework, "Tests", Imports(_own_names([plan])))


def check_names(plan: Plan) -> None:
    """Raise ValueError if the plan names what nothing makes: a part of :func:`check` that takes no time."""
    if missing := unbound(plan):
        raise ValueError(f"nothing tells what {', '.join(sorted(missing))} is")


def _own_names(plans: Sequence[Plan]) -> frozenset[str]:
    """Return the names of all variables."""
    steps = (step for plan in plans for step in plan.steps)
    return _FIXED.union(*map(made, steps))


def _render(
    tests: Sequence[tuple[Plan, str]],
    framework: Framework,
    test_class: str,
    imports: Imports,
    mark: Callable[[int], str] = lambda _: "",
) -> str:
    numbers = {id(step): number for plan, _ in tests for number, step in enumerate(plan.steps)}
    environment = _environment(imports)
    environment.globals["mark"] = lambda step: mark(numbers[id(step)])
    template = environment.get_template(f"{framework}.py.jinja")
    body = template.render(tests=tests, plans=[plan for plan, _ in tests], test_class=test_class)
    return "\n".join([*imports.lines(), "", "", body])


def _free_name(plan: Plan, plans: Sequence[Plan], names: Names) -> str:
    # When several plans share the short name, each gets one that says how it differs.
    rivals = [other for other in plans if other.name == plan.name and other is not plan]
    for alternative in plan.alternatives if rivals else ():
        if not any(alternative in other.alternatives for other in rivals) and alternative not in names:
            return names.give(alternative)
    return names.give(plan.name)


class _Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled: that takes longer than writing most tests, and is needed once.

    Each writing has an environment of its own, as its filters take note of what is to be imported.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Part of Jinja's interface: fill ``bucket`` if that is possible."""
        bucket.code = self._made.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Part of Jinja's interface: keep what is in ``bucket``."""
        if bucket.code is not None:
            self._made[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = _Compiled()


class _Context(jinja2.runtime.Context):
    """Calls plain functions as they are, which templates do several times for each row.

    Jinja first looks at length whether a function wants to be told of the template: ours don't.
    """

    def call(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
        """Part of Jinja's interface: call what a template calls."""
        if type(function) not in (FunctionType, MethodType):
            return super().call(function, *arguments, **keywords)
        keywords.pop("_block_vars", None)
        keywords.pop("_loop_vars", None)
        return function(*arguments, **keywords)


class _Environment(jinja2.Environment):
    context_class = _Context


def _environment(imports: Imports) -> jinja2.Environment:
    # The result is Python, not HTML: values are made safe by `literal`, not by escaping.
    environment = _Environment(
        loader=jinja2.PackageLoader("otel2test.templates", ""),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        bytecode_cache=_COMPILED,
    )
    literals = Literals(imports)
    environment.filters["literal"] = literals.write
    environment.filters["arguments"] = lambda values: ", ".join(
        f"{name}={literals.write(value)}" for name, value in values
    )
    environment.filters["mapping"] = lambda pairs: literals.write(dict(pairs))
    environment.filters["unordered"] = lambda values: literals.write(set(values))
    environment.filters["raw"] = raw
    environment.filters["parts"] = literals.parts
    environment.filters["sort_key"] = literals.sort_key
    environment.filters["comment"] = comment
    environment.filters["reasons"] = reasons
    environment.tests["numbered"] = lambda value: isinstance(value, Numbered)
    environment.globals.update(
        imported=imports.name,
        module=imports.module,
        kind=kind,
        is_invented=is_invented,
        made_up_alike=made_up_alike,
        unpacked=unpacked,
        used=used_variables,
        clock=clock_of,
        fixtures=fixtures,
        mocks=lambda plan: {step.mock for step in plan.arrange if isinstance(step, AnswerCall)},
    )
    return environment


def kind(step: object) -> str:
    """Return the name of the macro that writes ``step``."""
    return snake_case(type(step).__name__)


def clock_of(plan: Plan) -> SetClock | None:
    """Return the step that sets the clock, which is written around the test, not in it."""
    return next((step for step in plan.arrange if isinstance(step, SetClock)), None)


def fixtures(plan: Plan) -> list[str]:
    """Return the fixtures of pytest and pytest-django that a test asks for."""
    acts = [scene.act for scene in plan.scenes]
    asked = {
        "django_assert_num_queries": any(act.queries is not None for act in acts),
        "django_capture_on_commit_callbacks": any(act.runs_commit_hooks for act in acts),
        "settings": UseScratchMedia() in plan.arrange,
        "tmp_path": UseScratchMedia() in plan.arrange,
    }
    return ["client", *(name for name, is_asked in asked.items() if is_asked)]


def is_invented(step: object) -> bool:
    """Say whether the step makes rows of which nothing was recorded."""
    return isinstance(step, (CreateRow, CreateInBulk, CreateAlike)) and step.made_up == ("*",)


def made_up_alike(step: object, before: object) -> bool:
    """Say whether the same is made up of what ``step`` makes and of what was made just ``before``."""
    made = (CreateRow, CreateInBulk, CreateAlike)
    return (
        isinstance(step, made)
        and isinstance(before, made)
        and bool(step.made_up)
        and step.made_up == before.made_up
    )


def unpacked(variables: Sequence[str | None], used: Collection[str]) -> list[str]:
    """Return the names to unpack rows into: ``_`` for those not used, ``*_`` for most of several in a row."""
    names = [name if name is not None and name in used else "_" for name in variables]
    stretches = [(name, [*same]) for name, same in groupby(names)]
    longest = max((len(same) for name, same in stretches if name == "_"), default=0)
    found: list[str] = []
    for name, same in stretches:
        if name == "_" and len(same) == longest > _FEW_UNUSED and "*_" not in found:
            found.append("*_")
        else:
            found += same
    return found


def used_variables(plan: Plan) -> frozenset[str]:
    """Return the variables that something refers to, besides the step that makes each."""
    return referred(plan.steps)


def comment(text: str, width: int = 100) -> str:
    """Return ``text`` fit for a comment: one line, nothing that could end it."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
