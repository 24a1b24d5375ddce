"""Recorded requests → drafts: tests with a name and a module, to be written again when more is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from otel2test.errors import Problem
from otel2test.identifiers import snake_case
from otel2test.inverting.feedback import Feedback
from otel2test.inverting.origins import Explained
from otel2test.pipeline.modules import class_name, generating, inverted, traces_of, writable
from otel2test.pipeline.recorded import Recorded
from otel2test.reading.exchanges import Exchange
from otel2test.settings import Settings
from otel2test.writing import source
from otel2test.writing.source import GeneratedModule

_SETUP: Final = frozenset({"admin", "api", "forms", "handlers", "rest", "urls", "views", "viewsets"})
"""Modules and packages that say how something is served, not what."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One test of a folder."""

    module: str
    """Its file's name."""
    name: str
    """As a runner knows it: ``test_…``, or ``Class.test_…``."""
    story: tuple[Exchange, ...]
    explained: Explained
    feedback: Feedback
    test_class: str

    @property
    def traces(self) -> tuple[str, ...]:
        """The traces that it was made of."""
        return traces_of(self.story)

    def named(self, name: str) -> "Draft":
        """Return the draft of a test that has this name, as a runner knows it."""
        own = name.rpartition(".")[2].removeprefix("test_")
        return replace(self.with_plan(name=own, alternatives=()), name=name)

    def with_plan(self, **changes: str | tuple[str, ...]) -> "Draft":
        """Return the draft with some of its plan's texts changed."""
        plan = replace(self.explained.plan, **changes)  # type: ignore[arg-type]  # its texts
        return replace(self, explained=replace(self.explained, plan=plan))


def drafts(
    read: Recorded,
    settings: Settings,
    module: str | None = None,
    known: Mapping[tuple[str, ...], Feedback] | None = None,
) -> tuple[list[Draft], list[Problem]]:
    """Return a draft for each test of a recording, and what is wrong with those that can't be written.

    All go into ``module``, or into one for each part of the project. ``known`` is what replays have
    told already of the tests of some traces.
    """
    known = known or {}
    found, failed = inverted(read, settings, known)
    kept, unwritable = writable(found, settings)
    problems = [*failed, *unwritable]
    by_module: dict[str, list[Explained]] = {}
    for item in kept:
        by_module.setdefault(module or module_of(item.exchanges[0]), []).append(item)
    made: list[Draft] = []
    for file, items in sorted(by_module.items()):
        test_class = settings.test_class or class_name([each for item in items for each in item.exchanges])
        before = "" if settings.framework == "pytest" else f"{test_class}."
        for item, plan in zip(items, source.named([each.plan for each in items]), strict=True):
            made.append(
                Draft(
                    file,
                    f"{before}test_{plan.name}",
                    item.exchanges,
                    replace(item, plan=plan),
                    known.get(traces_of(item.exchanges)) or Feedback(),
                    test_class,
                )
            )
    return made, problems


def revised(draft: Draft, read: Recorded, settings: Settings, feedback: Feedback) -> Draft:
    """Return the draft as it is when ``feedback`` is known; its name stays.

    Raises ValueError if there is no such test, whatever the reason.
    """
    with generating():
        found = read.inverted(draft.story, settings, feedback)
        anew = replace(draft, explained=found, feedback=feedback).named(draft.name)
        source.check(anew.explained.plan, settings.framework)
    return anew


def text_of(drafts: Sequence[Draft], settings: Settings) -> GeneratedModule:
    """Return the module of some drafts, which belong to one."""
    return source.write(
        [draft.explained.plan for draft in drafts],
        settings.framework,
        test_class=drafts[0].test_class,
        line_length=settings.line_length,
    )


def by_module(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    """Return the drafts of each file."""
    found: dict[str, list[Draft]] = {}
    for draft in drafts:
        found.setdefault(draft.module, []).append(draft)
    return found


def module_of(exchange: Exchange) -> str:
    """Return the name of the file for the test of a request: after the app whose view answered."""
    view = exchange.view
    if view is None:
        return "test_urls.py"
    apps = {
        model.module.removesuffix(".models").partition(".models.")[0]: model.label.partition(".")[0]
        for model in exchange.schema.models
    }
    owners = [app for app in apps if f"{view.module}.".startswith(f"{app}.")]
    if owners:
        return f"test_{snake_case(apps[max(owners, key=len)])}.py"
    parts = [part for part in view.module.split(".") if part not in _SETUP] or view.module.split(".")
    return f"test_{snake_case(parts[-1]) or 'views'}.py"
