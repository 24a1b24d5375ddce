"""Options that several commands have, each declared once."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True)
class Running:
    """Options of commands that run tests in the project."""

    python: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Interpreter of the project's environment; default is this one."),
    ] = None
    django_settings: Annotated[
        str | None,
        typer.Option("--settings", metavar="MODULE", help="The project's settings, if nothing names them."),
    ] = None
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, metavar="N", help="Run so many tests side by side.")
    ] = 2
    time_limit: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="For one run of a test.")] = (
        30.0
    )
    memory_limit: Annotated[
        int, typer.Option(min=16, metavar="MIB", help="For one run of a test, beyond the project itself.")
    ] = 1024
    database_hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--database-host",
            metavar="HOST",
            help="Scratch databases may be made there, too, and not on this machine only; repeatable.",
        ),
    ] = None


@dataclass(frozen=True)
class Proving(Running):
    """Options of commands that prove tests."""

    mutate: Annotated[
        bool,
        typer.Option("--mutate", help="Break the code in every way we know, and see which tests notice."),
    ] = False
    mutants: Annotated[
        int | None, typer.Option("--mutants", min=1, metavar="N", help="With --mutate: in N ways only.")
    ] = None
    strengthen: Annotated[
        bool,
        typer.Option(
            "--strengthen",
            help="--mutate, and add the assertions and rows that survivors show to be missing.",
        ),
    ] = False
    keep_failing: Annotated[
        bool, typer.Option("--keep-failing", help="Keep tests that fail, marked, with the reason.")
    ] = False
    comment: Annotated[
        bool, typer.Option("--comment", help="Say in each test what proving it has shown.")
    ] = False
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, instead of where the last run was stopped.")
    ] = False


def with_options(kind: type[Running]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that ``kind`` declares; it gets them as one of these, ``options``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        shared = {
            item.name: item.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for item in inspect.signature(kind, eval_str=True).parameters.values()
        }

        @functools.wraps(command)
        def wrapped(**given: object) -> None:
            options = kind(**{name: given.pop(name) for name in shared})  # type: ignore[arg-type]
            command(**given, options=options)

        kept = [item for name, item in own.parameters.items() if name != "options"]
        wrapped.__signature__ = own.replace(parameters=[*kept, *shared.values()])  # type: ignore[attr-defined]
        wrapped.__annotations__ = {item.name: item.annotation for item in (*kept, *shared.values())}
        return wrapped

    return decorate
