"""Functions of every kind to be called while :mod:`test_calls` records."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any


def add(first: int, second: int = 2, *rest: int, key: str = "k", **more: int) -> int:
    total = first + second
    return total + sum(rest) + sum(more.values()) + len(key)


def outer(items: list[int]) -> int:
    return add(*items) + add(1)


def append(items: list[int]) -> None:
    items.append(4)


def rebind(value: int, kept: int) -> int:
    value += 1
    return value + kept


def its_locals(first: int, second: int) -> dict[str, Any]:
    found = locals()
    del found["first"]
    found["second"] = first + second
    return found


def with_cells(first: Any, second: int) -> Any:
    made = [first]

    def inner() -> int:
        nonlocal second
        second += len(made)
        return second

    inner()
    return inner


def deeper(levels: int) -> int:
    return deeper(levels - 1) if levels else 0


def factorial(n: int) -> int:
    return n * factorial(n - 1) if n else 1


def fail(text: str) -> None:
    message = f"no {text}"
    raise ValueError(message)


def pass_on() -> None:
    fail("milk")


def swallow() -> str:
    try:
        fail("milk")
    except ValueError as error:
        return str(error)
    return ""


def count(limit: int) -> Generator[int, None, str]:
    number = 0
    while number < limit:
        yield number
        number += 1
    return "done"


def drain() -> int:
    return sum(count(3))


def abandon() -> int:
    return next(count(3))


def close_early() -> None:
    numbers = count(3)
    next(numbers)
    numbers.close()


def delegate() -> Iterator[int]:
    yield from count(2)


def log_in(username: str, password: str) -> str:
    copy = password
    return copy or username


def make_token() -> str:
    return "abcd1234efgh"


def shortcuts(items: list[int]) -> list[int]:
    doubled = [item * 2 for item in items]
    key = lambda item: -item  # noqa: E731 - a lambda is what is tested
    return sorted(doubled, key=key)


def closure(start: int) -> int:
    def inner(step: int) -> int:
        return start + step

    return inner(1)


def define() -> type:
    class Made:
        x = add(1)

    return Made


class Cart:
    def __init__(self) -> None:
        self.items: list[str] = []

    def put(self, item: str) -> int:
        self.items.append(item)
        return len(self.items)


async def fetch(name: str) -> str:
    await asyncio.sleep(0)
    return name.upper()


async def gather() -> list[str]:
    return list(await asyncio.gather(fetch("a"), fetch("b")))


async def stream(limit: int) -> AsyncIterator[int]:
    for number in range(limit):
        await asyncio.sleep(0)
        yield number


async def drain_stream() -> int:
    return sum([number async for number in stream(3)])


async def fail_later() -> None:
    await asyncio.sleep(0)
    fail("later")


async def cancelled() -> None:
    task = asyncio.ensure_future(fetch("never"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def ignore() -> None:
    try:
        fail("milk")
    except ValueError:
        return


def throw() -> None:
    numbers = count(3)
    next(numbers)
    try:
        numbers.throw(KeyError("x"))
    except KeyError as error:
        repr(error)


def buy() -> None:
    Cart().put("milk")


class Hostile:
    """None of its own code may be run."""

    def _refuse(self, *_: object) -> Any:
        raise AssertionError

    __getattr__ = __repr__ = __eq__ = __hash__ = __len__ = __bool__ = _refuse


def take(value: object) -> None:
    del value


class Counted:
    """Knows how many of it are alive."""

    alive = 0

    def __init__(self) -> None:
        Counted.alive += 1

    def __del__(self) -> None:
        Counted.alive -= 1


def use(thing: Counted) -> int:
    del thing
    return Counted.alive
