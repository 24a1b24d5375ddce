"""Generated tests, run for real against stand-ins of what Django would give them.

:func:`play` raises what the test raises. A :class:`Stage` says what the test meets: the response,
rows by model, e-mails, the session, caches; ``during`` is what the request does beside answering.
"""

import builtins
import json
import unittest
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from inspect import signature
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from otel2test.inverting.plan import Plan
from otel2test.settings import Framework
from otel2test.writing.source import GeneratedModule, write


@dataclass
class Stage:
    """What a generated test meets."""

    json: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""
    messages: Sequence[str] = ()
    session: Mapping[str, object] = field(default_factory=dict)
    rows: Mapping[str, Sequence[object]] = field(default_factory=dict)
    """Model → its rows; ``get()`` gives the first, ``latest()`` the last."""
    mails: Sequence[object] = ()
    cache: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    during: Callable[[], object] = lambda: None

    def response(self, *_: object, **__: object) -> object:
        self.during()
        return SimpleNamespace(
            status_code=self.status,
            json=lambda: json.loads(json.dumps(self.json)),
            headers=self.headers,
            cookies={name: SimpleNamespace(value=value) for name, value in self.cookies.items()},
            content=self.body,
            getvalue=lambda: self.body,
            url=self.url,
            wsgi_request=None,
        )

    def modules(self) -> dict[str, dict[str, object]]:
        """Return what the test imports and isn't there: module → name → value."""
        cache = SimpleNamespace(get=self.cache.get, clear=lambda: None)
        storage = SimpleNamespace(
            exists=self.files.__contains__, open=lambda name: BytesIO(self.files.get(name, b""))
        )
        models = {name: SimpleNamespace(objects=_Manager(rows)) for name, rows in self.rows.items()}
        return {
            "django.test": {"TestCase": _Case, "SimpleTestCase": _Case},
            "pytest_django.asserts": {
                "assertRedirects": _assert_redirects,
                "assertContains": _assert_contains,
                "assertNotContains": _assert_not_contains,
            },
            "django.core": {"mail": SimpleNamespace(outbox=[*self.mails])},
            "django.core.cache": {"cache": cache},
            "django.core.files.storage": {"default_storage": storage},
            "django.contrib.messages": {"get_messages": lambda _: self.messages},
            "shop.models": dict(models),
        }


class _Manager:
    def __init__(self, rows: Sequence[object]) -> None:
        self.rows = rows

    def get(self, **_: object) -> object:
        return self.rows[0]

    def create(self, **given: object) -> object:
        return SimpleNamespace(**{"pk": 1, "refresh_from_db": lambda: None, **given})

    def count(self) -> int:
        return len(self.rows)

    def filter(self, **_: object) -> object:
        return SimpleNamespace(update=lambda **_: None)


class _Session(dict[str, object]):
    """Already as the request leaves it: what a test puts there before makes no difference."""

    def __setitem__(self, key: str, value: object) -> None:
        pass

    def save(self) -> None:
        pass


def _assert_redirects(response: Any, url: str, **_: object) -> None:
    assert response.url == url


def _assert_contains(response: Any, text: str, count: int | None = None, **_: object) -> None:
    times = response.content.decode().count(text)
    assert times == count if count is not None else times


def _assert_not_contains(response: Any, text: str, **_: object) -> None:
    assert text not in response.content.decode()


class _Case(unittest.TestCase):
    assertRedirects = staticmethod(_assert_redirects)  # noqa: N815 - Django's names
    assertContains = staticmethod(_assert_contains)  # noqa: N815
    settings = staticmethod(lambda **_: nullcontext())
    assertNotContains = staticmethod(_assert_not_contains)  # noqa: N815


_WRITTEN: dict[tuple[int, Framework], tuple[Plan, GeneratedModule]] = {}
"""Tests that were written already, by their plans, which are kept so that no other gets the same id."""


def _written(plan: Plan, framework: Framework) -> GeneratedModule:
    key = (id(plan), framework)
    if key not in _WRITTEN:
        # Without a database pytest needs no mark, which is pytest-django's.
        _WRITTEN[key] = plan, write([replace(plan, database=False)], framework, test_class="ShopTests")
    return _WRITTEN[key][1]


def play(plan: Plan, framework: Framework, stage: Stage) -> None:
    """Write the only test of a plan, and run it on the stage."""
    module = _written(plan, framework)
    stand_ins = stage.modules()

    def imported(name: str, *arguments: Any) -> object:
        known = stand_ins.get(name)
        return SimpleNamespace(**known) if known is not None else __import__(name, *arguments)

    namespace: dict[str, Any] = {
        "__name__": "generated",
        "__builtins__": {**vars(builtins), "__import__": imported},
    }
    exec(compile(module.text, "<generated>", "exec"), namespace)
    client = SimpleNamespace(session=_Session(stage.session), get=stage.response, post=stage.response)
    (test,) = module.tests
    if framework == "pytest":
        fixtures = {"client": client, "settings": SimpleNamespace(), "tmp_path": "/nowhere"}
        asked = signature(namespace[test.name]).parameters
        namespace[test.name](**{name: fixtures[name] for name in asked})
        return
    case = namespace["ShopTests"](test.name)
    case.client = client
    getattr(case, test.name)()
