"""What code of the project draws by chance, and Django for the default of a field."""

import asyncio
import contextlib
import inspect
import os
import pickle
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable
from functools import partial
from random import choice
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from tests.processors.effects.projects.kiosk import models
from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS, PROJECT

Effects = Callable[..., list[dict[str, Any]]]


def told(effects: Effects, view: Callable[..., Any]) -> list[tuple[str, list[Any], Any]]:
    """Return source, arguments and value of each draw."""
    return [(draw["source"], draw["arguments"], draw["value"]) for draw in effects("draws", view)]


@pytest.mark.parametrize(
    ("draw", "source", "arguments"),
    [
        (lambda: random.randint(1, 6), "random.randint", [1, 6]),
        (lambda: random.randrange(6), "random.randrange", [6]),
        (lambda: random.choice("abc"), "random.choice", ["abc"]),
        (lambda: random.choices("abc", k=2), "random.choices", ["abc"]),
        (lambda: random.sample([1, 2, 3], 2), "random.sample", [[1, 2, 3], 2]),
        (lambda: random.uniform(0, 1), "random.uniform", [0, 1]),
        (random.random, "random.random", []),
        (lambda: random.getrandbits(4), "random.getrandbits", [4]),
        (lambda: random.SystemRandom().randint(1, 6), "random.SystemRandom.randint", [1, 6]),
        (lambda: random.SystemRandom().random(), "random.SystemRandom.random", []),
        (lambda: random.Random(7).randint(1, 6), "random.Random.randint", [1, 6]),
        (lambda: random.Random(7).random(), "random.Random.random", []),
        (lambda: random.Random(7).uniform(0, 1), "random.Random.uniform", [0, 1]),
        (lambda: secrets.SystemRandom().random(), "random.SystemRandom.random", []),
        (lambda: secrets.SystemRandom().choice("abc"), "random.SystemRandom.choice", ["abc"]),
        (lambda: secrets.choice([1, 2]), "secrets.choice", [[1, 2]]),
        (lambda: secrets.randbelow(5), "secrets.randbelow", [5]),
        (lambda: secrets.randbits(4), "secrets.randbits", [4]),
        (uuid.uuid4, "uuid.uuid4", []),
        (uuid4, "uuid.uuid4", []),
        (lambda: uuid.uuid1(clock_seq=5), "uuid.uuid1", [None, 5]),
        (lambda: choice([4]), "random.choice", [[4]]),
    ],
)
def test_what_is_drawn(effects: Effects, draw: Callable[[], Any], source: str, arguments: list[Any]) -> None:
    drawn: list[Any] = []

    ((known_source, known_arguments, value),) = told(effects, lambda request: drawn.append(draw()))

    assert (known_source, known_arguments) == (source, arguments)
    assert value in (drawn[0], {"$uuid": str(drawn[0])})


def test_arguments_by_name(effects: Effects) -> None:
    (draw,) = effects("draws", lambda request: random.choices("abc", k=2))

    assert draw["keywords"] == {"k": 2}


def test_who_draws(effects: Effects) -> None:
    def view(request: HttpRequest) -> object:
        return [random.randint(1, 6) for _ in range(2)]

    for draw in effects("draws", view):
        assert draw["caller"].startswith(f"{__name__}.test_who_draws.<locals>.view")


def test_what_is_shuffled(effects: Effects) -> None:
    cards = list(range(20))

    ((_, arguments, value),) = told(effects, lambda request: random.shuffle(cards))

    assert arguments == [list(range(20))]
    assert value == cards


def test_the_default_of_a_field(effects: Effects) -> None:
    tickets: list[models.Ticket] = []

    number, code = effects("draws", lambda request: tickets.append(models.Ticket(title="Ghost Train")))

    assert number["caller"] == f"{PROJECT}.models.Ticket.number"
    assert number["value"] == {"$uuid": str(tickets[0].number)}
    assert code["caller"] == f"{PROJECT}.models.Ticket.code"
    assert code["source"] == "django.utils.crypto.get_random_string"
    assert code["arguments"] == [12]


@pytest.mark.parametrize(
    "draw",
    [
        secrets.token_hex,
        lambda: secrets.token_urlsafe(48),
        lambda: get_random_string(24, "abcdef0123456789"),
        lambda: secrets.token_bytes(24),
        lambda: os.urandom(24),
    ],
)
def test_tokens_are_hidden_wherever_they_stand(visit: Callable[..., Any], draw: Callable[[], Any]) -> None:
    drawn: list[Any] = []

    def view(request: HttpRequest) -> Any:
        drawn.append(draw())
        return drawn[0]

    recorded = visit(view)

    (told,) = recorded["draws"]
    assert str(drawn[0]) not in str(told)
    if isinstance(drawn[0], str):
        assert len(told["value"]) == len(drawn[0])
        assert recorded["http.response"]["body"]["text"] == told["value"]


def test_what_others_draw_is_left_out(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        with tempfile.TemporaryDirectory():
            request.session.cycle_key()

    assert effects("draws", view) == []


def test_a_draw_that_fails_is_none(effects: Effects) -> None:
    def view(request: HttpRequest) -> object:
        for _ in range(3):
            with contextlib.suppress(IndexError):
                random.choice([])
        return random.choice([5])

    assert told(effects, view) == [("random.choice", [[5]], 5)]


def test_threads_draw_apart(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        threads = [threading.Thread(target=random.randint, args=(1, 6)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        random.randint(7, 8)

    assert [arguments for _, arguments, _ in told(effects, view)] == [[7, 8]]


def test_tasks_draw_too(effects: Effects) -> None:
    async def roll() -> int:
        await asyncio.sleep(0)
        return random.randint(1, 6)

    async def view(request: HttpRequest) -> object:
        return await asyncio.gather(roll(), roll())

    assert len(effects("draws", view)) == 2


def test_functions_stay_what_they_were() -> None:
    number: Any = models.Ticket._meta.get_field("number")
    assert number.default is uuid.uuid4 is uuid4
    assert str(inspect.signature(random.choice)) == "(seq)"
    assert list(inspect.signature(random.Random.choices).parameters) == [
        "self", "population", "weights", "cum_weights", "k",
    ]  # fmt: skip
    assert uuid.uuid4.__name__ == "uuid4"
    assert pickle.loads(pickle.dumps(random.randint)) is not None
    assert pickle.loads(pickle.dumps(os.urandom)) is os.urandom
    assert pickle.loads(pickle.dumps(random.random)) is random.random
    assert inspect.getsourcefile(uuid.uuid4) == uuid.__file__
    assert pickle.loads(pickle.dumps(random.Random.random)) is random.Random.random
    assert pickle.loads(pickle.dumps(random.Random(7))).random() == random.Random(7).random()
    with pytest.raises(TypeError):
        secrets.token_hex(1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        random.Random(7).random(1)  # type: ignore[call-arg]


def test_seeded_numbers_stay_the_same() -> None:
    program = (
        "import random; random.seed(7); rng = random.Random(8); "
        "print(random.randint(1, 10**9), random.random(), "
        "rng.random(), rng.getrandbits(70), rng.sample(range(9), 5))"
    )
    random.seed(7)
    rng = random.Random(8)
    here = f"{random.randint(1, 10**9)} {random.random()}"
    here += f" {rng.random()} {rng.getrandbits(70)} {rng.sample(range(9), 5)}"

    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert here == there.stdout.strip()


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        for _ in range(MAX_EFFECTS + 2):
            random.randint(1, 6)

    assert effects("draws", view)[-1] == {"dropped": 2}


def test_arguments_that_resist(effects: Effects) -> None:
    class Hostile(list[int]):
        def __repr__(self) -> str:
            raise RuntimeError("hands off")

        def __iter__(self) -> Any:
            raise RuntimeError("hands off")

    ((_, arguments, value),) = told(effects, lambda request: random.choice(Hostile([5])))

    assert (arguments, value) == ([[5]], 5)


def test_a_generator_of_the_programs_own(effects: Effects) -> None:
    class Loaded(random.Random):
        def random(self) -> float:
            return 0.5

    ((source, _, value),) = told(effects, lambda request: Loaded().uniform(0, 6))

    assert (source, value) == ("random.Random.uniform", 3)


def test_a_generator_that_is_not_one(effects: Effects) -> None:
    class Broken(random.Random):
        @property
        def __class__(self) -> Any:
            raise RuntimeError("hands off")

        @__class__.setter
        def __class__(self, value: Any) -> None: ...

    generator = Broken(7)

    drawn = told(effects, lambda request: [generator.randint(1, 6), generator.random()])

    assert [source for source, _, _ in drawn] == ["random.Random.randint", "random.Random.random"]


def test_nothing_is_recorded_outside_of_a_request() -> None:
    assert 1 <= random.randint(1, 6) <= 6
    assert partial(uuid.uuid4)().version == 4
