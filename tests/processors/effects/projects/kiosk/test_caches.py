"""What the program asks its caches, and what Django asks them for itself."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.template import engines
from django.test.utils import override_settings

from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS

Effects = Callable[..., list[dict[str, Any]]]


def test_set_and_get(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        cache.get("k")
        cache.set("k", {"a": (1, 2)}, 30)
        cache.get("k", default="nothing", version=1)

    assert effects("cache", view) == [
        {"alias": "default", "operation": "get", "keys": ["k"], "hits": [False], "values": [None]},
        {
            "alias": "default",
            "operation": "set",
            "keys": ["k"],
            "values": [{"a": {"$tuple": [1, 2]}}],
            "timeout": 30,
        },
        {
            "alias": "default",
            "operation": "get",
            "keys": ["k"],
            "version": 1,
            "hits": [True],
            "values": [{"a": {"$tuple": [1, 2]}}],
        },
    ]


def test_operations_on_many_keys(effects: Effects) -> None:
    def view(request: HttpRequest) -> object:
        cache.set_many({"a": 1, "b": 2}, timeout=None)
        found = cache.get_many(key for key in ("a", "c"))
        cache.delete_many(["a", "b"])
        cache.clear()
        return found

    assert effects("cache", view) == [
        {
            "alias": "default",
            "operation": "set_many",
            "keys": ["a", "b"],
            "values": [1, 2],
            "timeout": None,
        },
        {
            "alias": "default",
            "operation": "get_many",
            "keys": ["a", "c"],
            "hits": [True, False],
            "values": [1, None],
        },
        {"alias": "default", "operation": "delete_many", "keys": ["a", "b"]},
        {"alias": "default", "operation": "clear", "keys": []},
    ]


def test_operations_that_answer(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        assert cache.add("n", 1)
        assert not cache.add("n", 2)
        assert cache.incr("n", 2) == 3
        assert cache.decr("n") == 2
        assert cache.touch("n", 5)
        assert "n" in cache
        assert cache.delete("n")

    found = effects("cache", view)

    assert [(told["operation"], told.get("values"), told.get("result")) for told in found] == [
        ("add", [1], True),
        ("add", [2], False),
        ("incr", [2], 3),
        ("incr", [-1], 2),
        ("touch", None, True),
        ("has_key", None, None),
        ("delete", None, True),
    ]
    assert found[5]["hits"] == [True]


def test_get_or_set_is_what_it_does(effects: Effects) -> None:
    def view(request: HttpRequest) -> object:
        return cache.get_or_set("k", lambda: cache.get("other", 5))

    found = effects("cache", view)

    assert [(told["operation"], told["keys"]) for told in found] == [
        ("get", ["k"]),
        ("get", ["other"]),
        ("add", ["k"]),
        ("get", ["k"]),
    ]


@pytest.mark.parametrize("value", [5, None, "", "text", True])
def test_get_or_set_finds_what_it_has_set(effects: Effects, value: object) -> None:
    # Of small numbers and the like there is one object: the default, and what comes out of the cache.
    seen: list[object] = []

    def view(request: HttpRequest) -> None:
        seen.append(cache.get_or_set("k", value))
        seen.append(cache.get_or_set("k", default=lambda: 0))

    found = effects("cache", view)

    told = [(each["operation"], each.get("hits"), each.get("values")) for each in found]
    assert told == [
        ("get", [False], [None]),
        ("add", None, [value]),
        ("get", [True], [value]),
        ("get", [True], [value]),
    ]
    assert seen == [value, value]


def test_get_or_set_of_a_cache_that_keeps_nothing_finds_nothing(effects: Effects) -> None:
    seen: list[object] = []

    def view(request: HttpRequest) -> None:
        seen.append(caches["dummy"].get_or_set("k", 5))

    assert [each.get("hits") for each in effects("cache", view)] == [[False], None, [False]]
    assert seen == [5]


def test_asynchronous_get_or_set_finds_what_it_has_set(effects: Effects) -> None:
    seen: list[object] = []

    async def view(request: HttpRequest) -> None:
        seen.append(await cache.aget_or_set("k", 5))

    assert [each.get("hits") for each in effects("cache", view)] == [[False], None, [True]]
    assert seen == [5]


def test_an_operation_that_raises(effects: Effects) -> None:
    def view(request: HttpRequest) -> str:
        try:
            cache.incr("missing")
        except ValueError:
            return "caught"
        return "counted"

    (told,) = effects("cache", view)

    assert told["error"]["type"] == "builtins.ValueError"
    assert "test_caches.py:" in told["error"]["where"]


def test_sessions_and_cached_fragments_are_not_the_programs(effects: Effects) -> None:
    fragment = engines["django"].from_string("{% load cache %}{% cache 60 side %}x{% endcache %}")

    def view(request: HttpRequest) -> str:
        request.session["seen"] = True
        request.session.save()
        caches["sessions"].get("mine")
        return fragment.render()

    assert [told["keys"] for told in effects("cache", view)] == [["mine"]]


def test_a_cache_of_the_programs_own_is_asked_once(effects: Effects) -> None:
    def view(request: HttpRequest) -> object:
        return caches["own"].get("k")

    (told,) = effects("cache", view)

    assert (told["alias"], told["operation"], told["keys"]) == ("own", "get", ["k"])


def test_a_cache_that_another_thread_took_is_known_by_its_alias(effects: Effects) -> None:
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(lambda: caches["own"]).result()

    def view(request: HttpRequest) -> object:
        return taken.get("k")

    (told,) = effects("cache", view)

    assert (told["alias"], told["operation"], told["keys"]) == ("own", "get", ["k"])


def test_a_cache_without_an_alias_is_left_alone(effects: Effects) -> None:
    def view(request: HttpRequest) -> object:
        return LocMemCache("by hand", {}).get("k")

    assert effects("cache", view) == []


def test_asynchronous_operations(effects: Effects) -> None:
    async def view(request: HttpRequest) -> None:
        await cache.aset("k", 1)
        await cache.aget("k")
        await cache.aget_many(["k", "l"])
        await request.session.aset("seen", True) if hasattr(request.session, "aset") else None

    found = effects("cache", view)

    assert [(told["operation"], told["keys"]) for told in found] == [
        ("set", ["k"]),
        ("get", ["k"]),
        ("get", ["k"]),
        ("get", ["l"]),
    ]


def test_secrets_are_replaced_by_the_name_of_the_key(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        cache.set("api_token", "s3cr3t-t0k3n-value")
        cache.get("api_token")

    found = effects("cache", view)

    assert "s3cr3t" not in str(found)
    assert found[0]["values"] == found[1]["values"]


def test_values_are_bounded_and_so_is_their_number(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        cache.set("long", "x" * 20_000)
        for _ in range(MAX_EFFECTS + 1):
            cache.get("k")

    found = effects("cache", view)

    assert found[0]["values"][0]["$cut"]["size"] == 20_000
    assert found[-1] == {"dropped": 2}


def test_values_that_resist_are_stored_all_the_same(effects: Effects) -> None:
    def view(request: HttpRequest) -> str:
        caches["own"].set("k", Hostile())
        return type(caches["own"].get("k")).__name__

    found = effects("cache", view)

    assert [told["operation"] for told in found] == ["set", "get"]
    assert found[1]["hits"] == [True]


class Hostile:
    """Raises at every touch but those that pickle needs."""

    def __repr__(self) -> str:
        raise RuntimeError("hands off")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("hands off")

    __hash__ = None  # type: ignore[assignment]


def test_keys_that_are_no_texts(effects: Effects) -> None:
    class Key:
        asked = 0

        def __str__(self) -> str:
            self.asked += 1
            return f"asked-{self.asked}-times"

    key: Any = Key()
    number: Any = 7

    def view(request: HttpRequest) -> None:
        cache.set(key, 1)
        cache.set(number, 1)

    first, second = effects("cache", view)

    assert first["keys"][0].endswith("Key>")
    assert second["keys"] == ["7"]
    assert key.asked == 1


def test_wrong_arguments_are_the_programs_affair(effects: Effects) -> None:
    wrong: Any = cache

    def view(request: HttpRequest) -> str:
        try:
            wrong.get()
        except TypeError as error:
            return str(error)
        return "read"

    assert effects("cache", view, faulty=True) == []


def _redis_answers() -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", 6379)) == 0


@pytest.mark.skipif(not _redis_answers(), reason="no Redis at 127.0.0.1:6379")
def test_redis(effects: Effects) -> None:
    pytest.importorskip("redis", reason="no client for Redis")

    def view(request: HttpRequest) -> None:
        shared = caches["redis"]
        shared.set("otel2test", 1, timeout=5)
        shared.get("otel2test")
        shared.incr("otel2test")
        shared.get_many(["otel2test", "otel2test missing".replace(" ", "-")])
        shared.delete("otel2test")

    found = effects("cache", view)

    assert [(told["operation"], told.get("values")) for told in found] == [
        ("set", [1]),
        ("get", [1]),
        ("incr", [1]),
        ("get_many", [2, None]),
        ("delete", None),
    ]
    assert {told["alias"] for told in found} == {"redis"}


@override_settings(DEBUG=True)
def test_nothing_is_recorded_outside_of_a_request() -> None:
    cache.set("k", 1)
    assert cache.get("k") == 1
