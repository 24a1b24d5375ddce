"""Record the projects, generate a test for each request, run the tests, tell what came of it.

``python -m corpus [PROJECT …] [--database sqlite|postgresql] [--framework pytest|unittest|both]``, or
``python -m corpus --prove [--mutate] [--strengthen] [PROJECT …]``, which lets otel2test prove the tests.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from corpus import generating, proving, recording, testing
from corpus.project import CACHE, Database, Project, Purpose, names
from corpus.reasons import explain
from corpus.reporting import Outcome, percentage, report, table
from samples.generating import Framework
from samples.running import SampleError


def main() -> None:
    """Run the corpus."""
    options = _options()
    database: Database = options.database
    frameworks: tuple[Framework, ...] = (
        ("pytest", "unittest") if options.framework == "both" else (options.framework,)
    )
    chosen = [Project(name, database) for name in options.projects or names()]
    for project in chosen:
        # One after the other: they share uv's cache.
        purposes: tuple[Purpose, ...] = ("record", "run", "prove") if options.prove else ("record", "run")
        for purpose in purposes:
            project.programs(purpose)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(generating.WORKERS) as pool:
        try:
            if not options.recorded:
                list(pool.map(recording.record, chosen))
        except SampleError as error:
            sys.exit(str(error))
    if options.prove:
        _prove(chosen, options)
        return
    for project in chosen:
        items = recording.recorded(project, stories=options.join)
        found = _judge(project, items, frameworks, again=not options.quick, join=options.join)
        print(table(found, frameworks).splitlines()[-2], flush=True)
        outcomes += found
    CACHE.mkdir(parents=True, exist_ok=True)
    name = "-".join(("report", *(("join",) if options.join else ()), database, *options.projects))
    file = CACHE / f"{name}.md"
    file.write_text(report(outcomes, frameworks, database), encoding="utf-8")
    for outcome in _some(outcomes, options.show):
        first = outcome.generated[frameworks[0]].module
        if first is not None:
            print(f"# {outcome.project} {outcome.recorded.request}\n{first.read_text(encoding='utf-8')}")
    print(f"\n{table(outcomes, frameworks)}\n{file}")
    if percentage(outcomes, frameworks) < options.at_least:
        sys.exit(f"fewer than {options.at_least:g} % pass")


def _prove(projects: Sequence[Project], options: argparse.Namespace) -> None:
    found: list[proving.Proved] = []
    for project in projects:
        found.append(
            proving.prove(
                project,
                recording.recorded(project),
                mutants=options.mutants if options.mutate else 0,
                strengthen=options.strengthen,
            )
        )
        print(proving.table(found[-1:]).splitlines()[-1], flush=True)
    file = CACHE / f"{'-'.join(('proven', options.database, *options.projects))}.md"
    file.write_text(proving.report(found, options.database), encoding="utf-8")
    print(f"\n{proving.table(found)}\n{file}")
    if proving.percentage(found) < options.at_least:
        sys.exit(f"fewer than {options.at_least:g} % are proven")


def _some(outcomes: Sequence[Outcome], count: int) -> list[Outcome]:
    generated = [outcome for outcome in outcomes if outcome.generates]
    return random.sample(generated, min(count, len(generated)))


def _judge(
    project: Project,
    recorded: Sequence[recording.Recorded],
    frameworks: Sequence[Framework],
    *,
    again: bool,
    join: bool,
) -> list[Outcome]:
    outcomes = {item.name: Outcome(project.name, item) for item in recorded}
    for made in generating.generate(project, recorded, frameworks, join=join):
        outcomes[made.name].generated[made.framework] = made
    for framework in frameworks:
        modules = {
            item.generated[framework].module: item
            for item in outcomes.values()
            if framework in item.generated
        }
        verdicts = testing.run(
            project, framework, [module for module in modules if module is not None], again=again
        )
        for module, verdict in verdicts.items():
            outcome = modules[module]
            outcome.passed[framework] = verdict.passed
            if not verdict.passed:
                outcome.reasons[framework] = explain(module, verdict.output)
                outcome.tests[framework] = module.read_text(encoding="utf-8")
                module.with_suffix(".txt").write_text(verdict.output, encoding="utf-8")
            else:
                module.with_suffix(".txt").unlink(missing_ok=True)
    return list(outcomes.values())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m corpus", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "projects", nargs="*", metavar="PROJECT", help=f"of {', '.join(names())}; default all"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--framework", choices=("pytest", "unittest", "both"), default="both")
    parser.add_argument("--recorded", action="store_true", help="take the recordings of last time")
    parser.add_argument("--join", action="store_true", help="one test of each story, instead of each request")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N tests, picked at random")
    parser.add_argument(
        "--at-least", type=float, default=0.0, metavar="PERCENT", help="fail where fewer tests pass"
    )
    parser.add_argument("--quick", action="store_true", help="do not run failures again, each alone")
    parser.add_argument(
        "--prove", action="store_true", help="prove each request's test for pytest, as gen --prove does"
    )
    parser.add_argument("--mutate", action="store_true", help="--prove, and break the code")
    parser.add_argument(
        "--strengthen", action="store_true", help="--mutate, and again once the tests are strengthened"
    )
    parser.add_argument(
        "--mutants",
        type=int,
        default=proving.MUTANTS,
        metavar="N",
        help="in so many places of each project (%(default)s)",
    )
    options = parser.parse_args()
    options.mutate = options.mutate or options.strengthen
    options.prove = options.prove or options.mutate
    unknown = sorted(set(options.projects) - set(names()))
    if unknown:
        sys.exit(f"no such project: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    main()
