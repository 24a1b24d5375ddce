"""The command line: each command parses its options, calls one function and prints.

Nothing heavy is imported at the top: ``list`` has to answer while one still looks.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from otel2test import __version__
from otel2test.errors import Otel2testError, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

ALL_GOOD, LEFT_OUT, USAGE = 0, 1, 2

app = typer.Typer(
    name="otel2test",
    help="Turn OpenTelemetry recordings of a Django application into tests.",
    epilog="Exit codes: 0 all good, 1 something was left out, 2 nothing could be done as asked.",
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
def gen(  # noqa: PLR0913 - an option each
    sources: Sources,
    *,
    trace: Traces = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write here; default is standard output."),
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
) -> None:
    """Generate tests from recorded requests.

    With --explain, the tests themselves are written only where -o says.
    """
    from otel2test import pipeline, settings  # noqa: PLC0415

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
    generated = pipeline.generate(sources, trace or (), chosen, sys.stdin.buffer, explain=explain)
    for remark in generated.remarks:
        typer.echo(f"note: {remark}", err=True)
    if generated.module is not None and (output is not None or not explain):
        _write(generated.module.text, output)
    if explain:
        typer.echo(generated.explanation)
    _finish(generated.problems)


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
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            str(output), f"can't be written: {error.strerror}", "choose another place"
        ) from error


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
    except Otel2testError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(LEFT_OUT)
