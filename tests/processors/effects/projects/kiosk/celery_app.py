"""Celery as a program sets it up, with a broker in memory."""

from collections.abc import Callable
from typing import Any

from celery import Celery  # type: ignore[import-untyped]

app: Any = Celery("kiosk", broker="memory://", backend="cache+memory://")


def task(name: str) -> Callable[[Callable[..., Any]], Any]:
    """Return Celery's decorator, which has no types."""
    decorator: Callable[[Callable[..., Any]], Any] = app.task(name=name)
    return decorator


@task("kiosk.add")
def add(a: int, b: int = 0) -> int:
    return a + b


@task("kiosk.fail")
def fail() -> None:
    raise LookupError("no change")


@task("kiosk.pass_on")
def pass_on() -> int:
    add.delay(1, 1)
    return 1
