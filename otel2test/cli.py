"""The command line: each command parses its options, calls one function and prints.

Nothing heavy is imported at the top: ``list`` has to answer while one still looks.
"""

import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from otel2test import __version__
from otel2test.errors import Otel2testError, Problem, ProjectError, UsageError
from otel2test.options import Proving, Running, with_options
from otel2test.terminal import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel2test.pipeline.checks import Result
    from otel2test.pipeline.claims import Options
    from otel2test.pipeline.folders import Folder
    from otel2test.pipeline.proofs import Proven

ALL_GOOD, LEFT_OUT, USAGE, NOT_STARTED, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    name="otel2test",
    help="Turn OpenTelemetry recordings of a Django application into tests.",
    epilog="Exit codes: 0 all good, 1 something was left out, 2 nothing could be done as asked, "
    "3 the project couldn't be started.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Sources = Annotated[
    list[str],
    typer.Argument(metavar="FILE…", help="Recordings: files, folders, or - for standard input."),
]
Traces = Annotated[
    list[str] | None,
    typer.Option("--trace", metavar="ID", help="Only this trace: its id or how it begins. Repeatable."),
]

Tests = Annotated[
    Path, typer.Argument(metavar="FOLDER|FILE", help="Generated tests: their folder, or one module.")
]
Recordings = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="What the tests were made of, if what the manifest names isn't there."),
]
FrameworkOfTests = Annotated[
    str | None, typer.Option(metavar="NAME", help="pytest (default) or unittest; a manifest knows.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
JUnit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML, too.")]


@app.command("list")
def list_(
    sources: Sources,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a list of objects.")] = False,
) -> None:
    """Show what was recorded: a line for each request."""
    from otel2test import listing, reading  # noqa: PLC0415

    recording = reading.read(sources)
    rows = listing.rows(recording)
    typer.echo(listing.as_json(rows) if as_json else listing.table(rows), nl=False)
    _finish(recording.problems)


@app.command()
def show(sources: Sources, *, trace: Traces = None) -> None:
    """Show a trace in full: its spans with timings, SQL with rows, calls, bodies."""
    from otel2test import reading, showing  # noqa: PLC0415

    recording = reading.read(sources)
    traces, unknown = reading.select(recording, trace or ())
    for item in traces:
        typer.echo(showing.show(item))
    _finish((*recording.problems, *unknown))


@app.command()
@with_options(Proving)
def gen(  # noqa: PLR0913 - an option each
    sources: Sources,
    *,
    trace: Traces = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|FOLDER",
            help="Write a module, or a folder of modules; default is standard output.",
        ),
    ] = None,
    framework: Annotated[
        str | None, typer.Option(metavar="NAME", help="pytest (default) or unittest.")
    ] = None,
    test_name: Annotated[
        str | None, typer.Option("--test-name", metavar="NAME", help="Name of the test, instead of ours.")
    ] = None,
    test_class: Annotated[
        str | None, typer.Option("--test-class", metavar="NAME", help="Name of the TestCase, for unittest.")
    ] = None,
    join: Annotated[
        bool | None, typer.Option("--join", help="Make one test of all requests of one client.")
    ] = None,
    assert_queries: Annotated[
        bool | None, typer.Option("--assert-queries", help="Assert how many queries each request makes.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Print where each line comes from and what each query told."),
    ] = False,
    prove: Annotated[
        bool,
        typer.Option("--prove", help="Keep only tests that pass and hold still; see otel2test prove."),
    ] = False,
    as_json: AsJson = False,
    junit: JUnit = None,
    options: Proving,
) -> None:
    """Generate tests from recorded requests.

    With --explain, the tests themselves are written only where -o says. The options from --json on
    belong to --prove.
    """
    from otel2test import pipeline, settings, suites  # noqa: PLC0415
    from otel2test.pipeline import folders  # noqa: PLC0415

    chosen = settings.override(
        settings.load(Path.cwd()),
        {
            "framework": framework,
            "test_name": test_name,
            "test_class": test_class,
            "join": join,
            "assert_queries": assert_queries,
        },
        where="command line",
    )
    if not prove and (as_json or junit is not None or options != Proving()):
        raise UsageError("gen", "some of these options belong to --prove", "add --prove, or leave them out")
    if output is not None and suites.is_folder(output):
        if explain:
            raise UsageError(
                "--explain", "tells of one module, not of a folder", "give -o a name that ends in .py"
            )
        if prove:
            from otel2test.pipeline import proofs  # noqa: PLC0415

            with _watched() as line:
                proven = proofs.prove_recorded(
                    sources, trace or (), chosen, sys.stdin.buffer, output, _chosen(options), line
                )
            for remark in proven.remarks:
                typer.echo(f"note: {remark}", err=True)
            _finish_verdicts(proven, as_json=as_json, junit=junit)
        _finish_folder(folders.generate(sources, trace or (), chosen, sys.stdin.buffer, output))
    if prove:
        raise UsageError("--prove", "needs a folder to write to", "give -o the name of a folder")
    generated = pipeline.generate(sources, trace or (), chosen, sys.stdin.buffer, explain=explain)
    for remark in generated.remarks:
        typer.echo(f"note: {remark}", err=True)
    if generated.module is not None and (output is not None or not explain):
        _write(generated.module.text, output)
    if explain:
        typer.echo(generated.explanation)
    _finish(generated.problems)


@app.command()
@with_options(Proving)
def prove(
    tests: Tests,
    *,
    recording: Recordings = None,
    framework: FrameworkOfTests = None,
    as_json: AsJson = False,
    junit: JUnit = None,
    options: Proving,
) -> None:
    """Run generated tests in the project, compare each with its recording, and keep what holds.

    Each runs twice under the recorder, a day apart, in processes of its own, against a scratch
    database, and then among its neighbours. What differs from run to run is asserted less exactly;
    what fails is taken out of the file, unless it was edited by hand.
    """
    from otel2test import settings  # noqa: PLC0415
    from otel2test.pipeline import proofs  # noqa: PLC0415

    chosen = settings.override(settings.load(Path.cwd()), {"framework": framework}, where="command line")
    folder, modules = _tests(tests)
    with _watched() as line:
        proven = proofs.prove_folder(folder, modules, recording or (), chosen, _chosen(options), line)
    _finish_verdicts(proven, as_json=as_json, junit=junit)


@app.command()
@with_options(Running)
def check(
    tests: Tests,
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write those that fail anew, as the program is now.")
    ] = False,
    recording: Recordings = None,
    framework: FrameworkOfTests = None,
    as_json: AsJson = False,
    junit: JUnit = None,
    options: Running,
) -> None:
    """Say which generated tests still hold after the code has changed, and what changed for the others."""
    from otel2test import settings  # noqa: PLC0415
    from otel2test.pipeline import checks  # noqa: PLC0415

    chosen = settings.override(settings.load(Path.cwd()), {"framework": framework}, where="command line")
    folder, modules = _tests(tests)
    with _watched() as line:
        found = checks.check_folder(
            folder, modules, recording or (), chosen, _chosen(options), line, accept=accept
        )
    _finish_verdicts(found, as_json=as_json, junit=junit)


@app.command()
def scan(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Recordings, generated tests, any text files, or folders."),
    ],
) -> None:
    """Look for secrets in recordings and tests; exit code 1 if there is one."""
    from otel2test import scanning  # noqa: PLC0415

    scanned = scanning.scan(sources)
    for finding in scanned.findings:
        typer.echo(str(finding))
    for problem in scanned.problems:
        typer.echo(f"warning: {problem}", err=True)
    raise typer.Exit(LEFT_OUT if scanned.findings or scanned.problems else ALL_GOOD)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND…", help="How the program is started, after --.")
    ],
) -> None:
    """Start a program with the recorder on: otel2test run -- python manage.py runserver."""
    from otel2test import running  # noqa: PLC0415

    running.run(command)


@app.callback(invoke_without_command=True)
def version(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False
) -> None:
    """Turn OpenTelemetry recordings of a Django application into tests."""
    if show_version:
        typer.echo(f"otel2test {__version__}")
        raise typer.Exit


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    from otel2test import suites  # noqa: PLC0415

    suites.write(output, text)


def _finish_folder(folder: "Folder") -> NoReturn:
    for remark in folder.remarks:
        typer.echo(f"note: {remark}", err=True)
    for module in folder.suite.modules:
        typer.echo(folder.suite.folder / module)
    _finish(folder.problems)


@contextmanager
def _watched() -> "Iterator[ProgressLine]":
    line = ProgressLine(sys.stderr)
    try:
        yield line
    except KeyboardInterrupt:
        line.clear()
        typer.echo("stopped; the same command goes on from here", err=True)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        line.clear()


def _chosen(options: Running) -> "Options":
    from otel2test.pipeline.claims import Options  # noqa: PLC0415

    given = asdict(options)
    given["mutate"] = given.get("mutate", False) or given.get("strengthen", False)
    given["database_hosts"] = tuple(given["database_hosts"] or ())
    return Options(**given)


def _tests(path: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a folder, and the modules in it that are meant; none for all."""
    if not path.exists():
        raise UsageError(str(path), "isn't there", "otel2test gen FILE… -o FOLDER makes tests")
    return (path, ()) if path.is_dir() else (path.parent, (path.name,))


def _finish_verdicts(
    verdicts: "Proven | Result", *, as_json: bool = False, junit: Path | None = None
) -> NoReturn:
    from otel2test import suites  # noqa: PLC0415

    typer.echo(verdicts.as_json() if as_json else verdicts.table(), nl=not as_json)
    if junit is not None:
        suites.write(junit, verdicts.as_junit())
    for problem in verdicts.problems:
        typer.echo(f"warning: {problem}", err=True)
    raise typer.Exit(ALL_GOOD if verdicts.whole else LEFT_OUT)


def _finish(problems: "Iterable[Problem]") -> NoReturn:
    told = list(problems)
    for problem in told:
        typer.echo(f"warning: {problem}", err=True)
    raise typer.Exit(LEFT_OUT if told else ALL_GOOD)


def main() -> None:
    """Run the command line; every error that a user can meet ends as one line and an exit code."""
    try:
        app()
    except UsageError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(USAGE)
    except ProjectError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(NOT_STARTED)
    except Otel2testError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(LEFT_OUT)
