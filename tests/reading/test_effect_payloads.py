"""Side effects as they are read back."""

import base64
import datetime as dt
from typing import Any

import pytest

from otel2test.reading import exchanges
from otel2test.reading.effects import (
    Attachment,
    CacheAccess,
    CommitHook,
    Draw,
    LogRecord,
    Mail,
    SideEffects,
    SignalSent,
    StoredFile,
    Task,
)
from otel2test.reading.exchanges import Failure
from otel2test.values import ModelValue, encode
from tests.recordings import recorded, request, told

SPAN = "0000000000000001"
ERROR = {"type": "builtins.OSError", "message": "no", "where": "a.py:1"}
FAILURE = Failure("builtins.OSError", "no", "a.py:1")


def read(**effects: list[Any]) -> SideEffects:
    """Return what is read of payloads, all of which must be readable; ``span`` and ``start`` are added."""
    whole = {kind: [{"span": SPAN, "start": 5, **one} for one in found] for kind, found in effects.items()}
    return recorded(request("GET", "/", effects=whole)).exchange().effects


def test_nothing_recorded_gives_nothing() -> None:
    assert read() == SideEffects()
    assert read().in_order() == ()


@pytest.mark.parametrize(
    ("kind", "payload", "effect"),
    [
        (
            "MAILS",
            {"from_email": "k@example.com", "to": ["a@example.com"]},
            Mail(SPAN, 5, None, None, "k@example.com", ("a@example.com",)),
        ),
        (
            "MAILS",
            {
                "subject": "Hello",
                "body": "Come in.",
                "from_email": "k@example.com",
                "to": ["a@example.com"],
                "cc": ["b@example.com"],
                "bcc": ["c@example.com"],
                "reply_to": ["d@example.com"],
                "headers": {"X-Till": "7"},
                "alternatives": [["<b>", "text/html"]],
                "attachments": [
                    {
                        "name": "a.bin",
                        "content_type": "x/y",
                        "size": 2,
                        "content": base64.b64encode(b"\xff\x00").decode(),
                    },
                    {"name": "b.bin", "content_type": "x/y", "size": 9},
                ],
                "error": ERROR,
            },
            Mail(
                SPAN,
                5,
                "Hello",
                "Come in.",
                "k@example.com",
                ("a@example.com",),
                cc=("b@example.com",),
                bcc=("c@example.com",),
                reply_to=("d@example.com",),
                headers={"X-Till": "7"},
                alternatives=(("<b>", "text/html"),),
                attachments=(Attachment("a.bin", "x/y", 2, b"\xff\x00"), Attachment("b.bin", "x/y", 9)),
                error=FAILURE,
            ),
        ),
        (
            "CACHE",
            {"alias": "default", "operation": "get", "keys": ["k"], "hits": [False], "values": [None]},
            CacheAccess(SPAN, 5, "default", "get", ("k",), hits=(False,), values=(None,)),
        ),
        (
            "CACHE",
            {
                "alias": "default",
                "operation": "add",
                "keys": ["k"],
                "version": 2,
                "values": [encode((1, 2))],
                "timeout": None,
                "result": True,
                "error": ERROR,
            },
            CacheAccess(
                SPAN,
                5,
                "default",
                "add",
                ("k",),
                version=2,
                values=((1, 2),),
                has_timeout=True,
                timeout=None,
                result=True,
                error=FAILURE,
            ),
        ),
        (
            "TASKS",
            {
                "library": "celery",
                "name": "shop.send",
                "id": "1",
                "arguments": [encode(dt.date(2026, 1, 2))],
                "keywords": {"copies": 2},
                "options": {"countdown": 5},
                "eager": True,
                "returned": 7,
                "raised": ERROR,
            },
            Task(
                SPAN,
                5,
                "celery",
                "shop.send",
                "1",
                (dt.date(2026, 1, 2),),
                {"copies": 2},
                {"countdown": 5},
                eager=True,
                returned=7,
                raised=FAILURE,
            ),
        ),
        (
            "SIGNALS",
            {
                "signal": "django.db.models.signals.post_save",
                "sender": "shop.Order",
                "arguments": {"instance": {"$model": {"model": "shop.Order", "pk": 1, "fields": {"id": 1}}}},
                "receivers": ["shop.receivers.on_order"],
            },
            SignalSent(
                SPAN,
                5,
                "django.db.models.signals.post_save",
                "shop.Order",
                {"instance": ModelValue("shop.Order", 1, {"id": 1})},
                ("shop.receivers.on_order",),
            ),
        ),
        (
            "FILES",
            {
                "storage": "shop.Shelf",
                "operation": "save",
                "name": "a_1.txt",
                "asked": "a.txt",
                "size": 5,
                "content": base64.b64encode(b"Hello").decode(),
            },
            StoredFile(SPAN, 5, "shop.Shelf", "save", "a_1.txt", asked="a.txt", size=5, content=b"Hello"),
        ),
        (
            "FILES",
            {
                "storage": "shop.Shelf",
                "operation": "exists",
                "name": "a.txt",
                "mode": "rb",
                "result": False,
                "error": ERROR,
            },
            StoredFile(SPAN, 5, "shop.Shelf", "exists", "a.txt", mode="rb", result=False, error=FAILURE),
        ),
        (
            "LOGS",
            {
                "logger": "shop",
                "level": "ERROR",
                "message": "no change",
                "where": "shop/views.py:3",
                "exception": ERROR,
            },
            LogRecord(SPAN, 5, "shop", "ERROR", "no change", "shop/views.py:3", FAILURE),
        ),
        (
            "DRAWS",
            {
                "source": "random.choices",
                "arguments": ["abc"],
                "keywords": {"k": 2},
                "value": ["a", "c"],
                "caller": "shop.views.index",
            },
            Draw(
                SPAN,
                5,
                "random.choices",
                ["a", "c"],
                "shop.views.index",
                arguments=("abc",),
                keywords={"k": 2},
            ),
        ),
        (
            "COMMIT_HOOKS",
            {"alias": "default", "function": "shop.views.notify", "ran": 9},
            CommitHook(SPAN, 5, "default", "shop.views.notify", 9),
        ),
        (
            "COMMIT_HOOKS",
            {"alias": "default", "function": "shop.views.notify"},
            CommitHook(SPAN, 5, "default", "shop.views.notify"),
        ),
    ],
)
def test_each_kind(kind: str, payload: dict[str, Any], effect: object) -> None:
    found = read(**{kind: [payload]})

    assert getattr(found, kind.lower()) == (effect,)
    assert found.in_order() == (effect,)


def test_all_kinds_in_order_of_time() -> None:
    found = read(
        DRAWS=[{"source": "uuid.uuid4", "value": 1, "caller": "f", "arguments": [], "start": 2}],
        LOGS=[{"logger": "a", "level": "ERROR", "message": "m", "start": start} for start in (1, 3)],
    )

    assert [(type(effect).__name__, effect.start) for effect in found.in_order()] == [
        ("LogRecord", 1),
        ("Draw", 2),
        ("LogRecord", 3),
    ]


def test_what_was_dropped_is_counted() -> None:
    record = {"logger": "a", "level": "ERROR", "message": "m", "span": SPAN, "start": 1}
    node = request("GET", "/", effects={"LOGS": [record, {"dropped": 7}]})
    found = recorded(node).exchange().effects

    assert len(found.logs) == 1
    assert found.dropped == {"logs": 7}


@pytest.mark.parametrize(
    ("kind", "payload", "what"),
    [
        ("MAILS", [{"span": SPAN, "start": 1, "to": []}], "otel2test.mails[0].from_email is missing"),
        ("MAILS", "{}", "otel2test.mails is not a list"),
        ("CACHE", [5], "otel2test.cache holds something else than objects"),
        (
            "CACHE",
            [{"span": SPAN, "start": 1, "alias": "a", "operation": "guess", "keys": ["k"]}],
            "otel2test.cache[0].operation is none of get, get_many",
        ),
        (
            "CACHE",
            [{"span": SPAN, "start": 1, "alias": "a", "operation": "get", "keys": ["k"], "hits": [1]}],
            "otel2test.cache[0].hits holds something else than true or false",
        ),
        ("TASKS", "{", "otel2test.tasks is not valid JSON"),
        (
            "FILES",
            [
                {
                    "span": SPAN,
                    "start": 1,
                    "storage": "s",
                    "operation": "save",
                    "name": "n",
                    "content": "%",
                }
            ],
            "otel2test.files[0].content is not base64",
        ),
        (
            "DRAWS",
            [{"span": SPAN, "start": "soon", "source": "s", "value": {"$uuid": 5}, "caller": "c"}],
            "otel2test.draws[0].start is not an integer",
        ),
        ("COMMIT_HOOKS", [{"start": 1, "alias": "a"}], "otel2test.commit_hooks[0].span is missing"),
    ],
)
def test_what_cannot_be_read_is_told(kind: str, payload: object, what: str) -> None:
    node = told(request("GET", "/"), **{kind: payload})

    (exchange,), problems = exchanges(recorded(node).trace())

    assert any(what in problem.what for problem in problems), problems
    assert exchange.request.path == "/"
