"""Plans become modules: every step has a text, and no text becomes code."""

import ast
import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from otel2test.inverting import expressions
from otel2test.inverting.acts import Patch, SendRequest
from otel2test.inverting.arrangements import (
    AddLinks,
    AnswerCall,
    Arrange,
    ClearCache,
    CreateAlike,
    CreateInBulk,
    CreateRow,
    DeleteRows,
    GetRow,
    KeepSessionKey,
    LogIn,
    LogInOther,
    ResetSequences,
    SetCache,
    SetClock,
    SetCookie,
    SetSession,
    StoreFile,
    UpdateRow,
    UseScratchMedia,
)
from otel2test.inverting.assertions import (
    Assert,
    AssertAllAnswered,
    AssertAllow,
    AssertAttached,
    AssertAttribute,
    AssertBody,
    AssertCached,
    AssertCallCount,
    AssertCalledOnce,
    AssertCalls,
    AssertContained,
    AssertContains,
    AssertCookie,
    AssertCount,
    AssertFileName,
    AssertGone,
    AssertHeader,
    AssertJson,
    AssertLacks,
    AssertLike,
    AssertLines,
    AssertLinked,
    AssertLoggedIn,
    AssertLoggedOut,
    AssertMailCount,
    AssertMessages,
    AssertNothing,
    AssertPassword,
    AssertPresent,
    AssertRecent,
    AssertRedirect,
    AssertSentBody,
    AssertSentForm,
    AssertSentHeader,
    AssertSentInAnyOrder,
    AssertSentJson,
    AssertSession,
    AssertStatus,
    AssertStored,
    AssertStoredContent,
    AssertStoredFile,
    AssertTemplate,
    FetchMails,
    FetchRow,
    FetchRows,
    KeepLink,
    KeepValue,
    RefreshRow,
)
from otel2test.inverting.expressions import (
    Anything,
    Attribute,
    ContentTypeOf,
    Formatted,
    HashedPassword,
    LooseUrl,
    Name,
    Numbered,
    Shown,
    Sorted,
    Text,
    UploadedFile,
    Variable,
)
from otel2test.inverting.likenesses import (
    InAnyOrder,
    Likeness,
    Matching,
    OfLength,
    OfType,
    OneOf,
    PartsInAnyOrder,
    SameAs,
)
from otel2test.inverting.plan import Note, Plan
from otel2test.inverting.sortings import SortList
from otel2test.inverting.sortkeys import SortKey
from otel2test.settings import FRAMEWORKS, Framework
from otel2test.writing.source import GeneratedModule, check, comment, write
from tests.writing.test_literals import HOSTILE

TODO = Name("shop.models", "Todo")
URL = "https://api.example.com/"
WHY = "no ORDER BY"
NOON = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)

both = pytest.mark.parametrize("framework", FRAMEWORKS)


def plan(*steps: object, act: SendRequest | None = None, **more: Any) -> Plan:
    """Return a plan with these steps, sorted into arrange and assert."""
    arrange = tuple(step for step in steps if isinstance(step, get_args(Arrange)))
    asserts = tuple(step for step in steps if isinstance(step, get_args(Assert)))
    assert len(arrange) + len(asserts) == len(steps)
    found = Plan("todo", "5b8e", arrange, act or SendRequest("GET", "/"), asserts)
    return replace(found, **{"first_party": frozenset({"shop"}), **more})


def module(*given: Plan, framework: Framework = "pytest", line_length: int = 88) -> GeneratedModule:
    return write(given, framework, test_class="ShopTests", line_length=line_length)


def answer(**more: Any) -> AnswerCall:
    plain = AnswerCall("GET", URL, 200, None, None, is_json=False, content_type=None)
    return replace(plain, **more)


def flat(text: str) -> str:
    """Return code on one line, however the formatter broke it."""
    line = re.sub(r"\s*\n\s*", " ", text)
    return re.sub(r"([(\[{]) ", r"\1", re.sub(r",? ([)\]}])", r"\1", line))


@cache
def hostile_module(text: str, framework: Framework) -> str:
    return module(everything(text), framework=framework).text


# --- every step has a text ------------------------------------------------------------------

STEPS: list[tuple[Arrange | Assert, str, str]] = [
    (
        CreateRow("todo", TODO, "objects", "create", (("title", "A"),)),
        'Todo.objects.create(title="A")',
        'Todo.objects.create(title="A")',
    ),
    (
        CreateInBulk((None,), TODO, "objects", ((("title", "A"),),)),
        'Todo.objects.bulk_create([Todo(title="A")])',
        "",
    ),
    (
        CreateAlike(TODO, "objects", (("title", Numbered("T")), ("n", 0)), range(1, 6)),
        'Todo.objects.bulk_create(Todo(title=f"T{n}", n=0) for n in range(1, 6))',
        "",
    ),
    (GetRow("todo", TODO, "objects", (("title", "A"),)), 'todo = Todo.objects.get(title="A")', ""),
    (GetRow("todo", TODO, "objects", (), "get_current"), "todo = Todo.objects.get_current()", ""),
    (
        UpdateRow("todo", TODO, "objects", (("title", "A"),)),
        'Todo.objects.filter(pk=todo.pk).update(title="A")',
        "",
    ),
    (
        DeleteRows(TODO, "objects"),
        "Todo.objects.all().delete()",
        "Todo.objects.all().delete()",
    ),
    (AddLinks("todo", "tags", ("tag", "tag_2")), "todo.tags.add(tag, tag_2)", ""),
    (LogIn("user"), "client.force_login(user)", "self.client.force_login(user)"),
    (SetSession((("cart", [1]),)), 'session["cart"] = [1]', ""),
    (SetCookie("theme", "dark"), 'client.cookies["theme"] = "dark"', 'self.client.cookies["theme"] = "dark"'),
    (
        SetClock(NOON),
        "@time_machine.travel(datetime(2026, 1, 2, 12, 0, tzinfo=UTC))",
        "@time_machine.travel(datetime(2026, 1, 2, 12, 0, tzinfo=UTC))",
    ),
    (answer(), f'responses.add("GET", "{URL}")', ""),
    (AssertStatus(200), "assert response.status_code == 200", "self.assertEqual(response.status_code, 200)"),
    (
        AssertRedirect("/"),
        'assertRedirects(response, "/", fetch_redirect_response=False)',
        'self.assertRedirects(response, "/", fetch_redirect_response=False)',
    ),
    (AssertJson(None), "assert response.json() is None", "self.assertIsNone(response.json())"),
    (
        AssertBody(b"a"),
        'assert response.content == b"a"',
        'self.assertEqual(response.content, b"a")',
    ),
    (
        AssertTemplate("a.html"),
        'assertTemplateUsed(response, "a.html")',
        'self.assertTemplateUsed(response, "a.html")',
    ),
    (
        AssertContains("A & B", 422, escaped=True),
        'assertContains(response, escape("A & B"), status_code=422)',
        'self.assertContains(response, escape("A & B"), status_code=422)',
    ),
    (
        AssertContains("A", count=2),
        'assertContains(response, "A", count=2)',
        'self.assertContains(response, "A", count=2)',
    ),
    (
        AssertContains("A", 422, count=0),
        'assertNotContains(response, "A", status_code=422)',
        'self.assertNotContains(response, "A", status_code=422)',
    ),
    (
        AssertLacks("headers", "ETag"),
        'assert "ETag" not in response.headers',
        'self.assertNotIn("ETag", response.headers)',
    ),
    (
        AssertLacks("session", "cart"),
        'assert "cart" not in client.session',
        'self.assertNotIn("cart", self.client.session)',
    ),
    (
        AssertHeader("Allow", "GET"),
        'assert response.headers["Allow"] == "GET"',
        'self.assertEqual(response.headers["Allow"], "GET")',
    ),
    (
        AssertAllow(frozenset({"POST", "GET"})),
        'assert set(response.headers["Allow"].split(", ")) == {"GET", "POST"}',
        'self.assertEqual(set(response.headers["Allow"].split(", ")), {"GET", "POST"})',
    ),
    (
        AssertMessages(("Saved.",)),
        'assert [str(message) for message in get_messages(response.wsgi_request)] == ["Saved."]',
        'self.assertEqual([str(message) for message in get_messages(response.wsgi_request)], ["Saved."])',
    ),
    (AssertCookie("a", None), 'assert "a" in response.cookies', 'self.assertIn("a", response.cookies)'),
    (
        AssertSession("a", 1),
        'assert client.session["a"] == 1',
        'self.assertEqual(self.client.session["a"], 1)',
    ),
    (
        AssertLoggedIn("user"),
        "assert get_user(client) == user",
        "self.assertEqual(get_user(self.client), user)",
    ),
    (
        AssertLoggedOut(),
        "assert not get_user(client).is_authenticated",
        "self.assertFalse(get_user(self.client).is_authenticated)",
    ),
    (FetchRow("todo", TODO, "objects", ()), "Todo.objects.get()", ""),
    (FetchRows(("a", "b"), TODO, "objects", newest=False), 'a, b = Todo.objects.order_by("pk")', ""),
    (RefreshRow("todo"), "todo.refresh_from_db()", ""),
    (AssertAttribute("todo", "done", True), "assert todo.done is True", "self.assertIs(todo.done, True)"),
    (
        AssertStored("todo", TODO, "objects", (("text", "A"),)),
        'assert Todo.objects.filter(pk=todo.pk, text="A").exists()',
        'self.assertTrue(Todo.objects.filter(pk=todo.pk, text="A").exists())',
    ),
    (
        AssertFileName("todo", "cover", "covers/a"),
        'assert todo.cover.name.startswith("covers/a")',
        'self.assertTrue(todo.cover.name.startswith("covers/a"))',
    ),
    (
        AssertRecent("todo", "at", NOON),
        "assert abs(todo.at - timezone.now()) < timedelta(minutes=1)",
        "self.assertAlmostEqual(todo.at, timezone.now(), delta=timedelta(minutes=1))",
    ),
    (AssertPresent("todo", "key"), "assert todo.key", "self.assertTrue(todo.key)"),
    (
        AssertPassword("user", "x"),
        'assert user.check_password("x")',
        'self.assertTrue(user.check_password("x"))',
    ),
    (
        AssertGone("todo", TODO, "objects"),
        "assert not Todo.objects.filter(pk=todo.pk).exists()",
        "self.assertFalse(Todo.objects.filter(pk=todo.pk).exists())",
    ),
    (
        AssertCount(TODO, "objects", 7),
        "assert Todo.objects.count() == 7",
        "self.assertEqual(Todo.objects.count(), 7)",
    ),
    (
        AssertLinked("todo", "tags", "tag", linked=False),
        "assert tag not in todo.tags.all()",
        "self.assertNotIn(tag, todo.tags.all())",
    ),
    (AssertCallCount(2), "assert len(responses.calls) == 2", "self.assertEqual(len(responses.calls), 2)"),
    (
        ResetSequences((TODO,), "other"),
        (
            'with connections["other"].cursor() as cursor: for statement in '
            'connections["other"].ops.sequence_reset_sql(no_style(), [Todo]): cursor.execute(statement)'
        ),
        "",
    ),
    (ClearCache("default"), "cache.clear()", ""),
    (SetCache("other", "a", [1], 2), 'caches["other"].set("a", [1], version=2)', ""),
    (
        UseScratchMedia(),
        "settings.MEDIA_ROOT = tmp_path",
        "media = self.enterContext(TemporaryDirectory()) self.enterContext(self.settings(MEDIA_ROOT=media))",
    ),
    (FetchMails(("message", "other")), "[message, other] = mail.outbox", ""),
    (FetchMails(("message",), 3), "[message] = mail.outbox[3:]", ""),
    (
        FetchMails(("a", "b"), 3, "to", WHY, (1, 0)),
        '# In any order: no ORDER BY. [a, b] = sorted(mail.outbox[3:], key=attrgetter("to"))',
        "",
    ),
    (
        AssertLines("message", "body", ("a", "b"), WHY),
        '# In any order: no ORDER BY. assert sorted(message.body.splitlines()) == ["a", "b"]',
        '# In any order: no ORDER BY. self.assertEqual(sorted(message.body.splitlines()), ["a", "b"])',
    ),
    (
        AssertCalls("todo", (((1,), ()), ((2,), ())), WHY),
        (
            "# In any order: no ORDER BY. todo.assert_has_calls([call(1), call(2)], any_order=True) "
            "assert todo.call_count == 2"
        ),
        (
            "# In any order: no ORDER BY. todo.assert_has_calls([call(1), call(2)], any_order=True) "
            "self.assertEqual(todo.call_count, 2)"
        ),
    ),
    (
        AssertSession("a", {"b": [1, 2]}, (SortList(("b",), SortKey(), WHY),)),
        (
            'stored = client.session["a"] # In any order: no ORDER BY. '
            'stored["b"].sort() assert stored == {"b": [1, 2]}'
        ),
        (
            'stored = self.client.session["a"] # In any order: no ORDER BY. '
            'stored["b"].sort() self.assertEqual(stored, {"b": [1, 2]})'
        ),
    ),
    (
        AssertCached("default", "a", [2, 3], sorts=(SortList((), SortKey(), WHY),)),
        'stored = cache.get("a") # In any order: no ORDER BY. stored.sort() assert stored == [2, 3]',
        "stored.sort() self.assertEqual(stored, [2, 3])",
    ),
    (
        AssertLike(AssertMessages(()), InAnyOrder(["a", "b"], SortKey()), reason=f"in any order: {WHY}"),
        (
            "# In any order: no ORDER BY. assert sorted("
            '[str(message) for message in get_messages(response.wsgi_request)]) == ["a", "b"]'
        ),
        'get_messages(response.wsgi_request)]), ["a", "b"])',
    ),
    (
        AssertSentInAnyOrder(AssertSentJson(0, 0, "respx"), 0, None, ({"a": 1},), SortKey(("a",)), WHY),
        (
            "# In any order: no ORDER BY. assert sorted((json.loads(each.request.content) "
            'for each in respx.calls), key=itemgetter("a")) == [{"a": 1}]'
        ),
        'for each in respx.calls), key=itemgetter("a")), [{"a": 1}])',
    ),
    (
        AssertSentInAnyOrder(AssertSentBody(1, "x"), 1, 3, ("a", "b"), SortKey(), WHY),
        (
            "# In any order: no ORDER BY. "
            'assert sorted(each.request.body for each in responses.calls[1:3]) == ["a", "b"]'
        ),
        (
            "# In any order: no ORDER BY. "
            'self.assertEqual(sorted(each.request.body for each in responses.calls[1:3]), ["a", "b"])'
        ),
    ),
    (
        AssertSentInAnyOrder(
            AssertSentForm(0, (("a", [""]),), "mocket"), 0, None, ({"a": [""]},), SortKey(text=True), WHY
        ),
        (
            "# In any order: no ORDER BY. assert sorted((parse_qs(each.body, keep_blank_values=True) "
            'for each in Mocket.request_list()), key=str) == [{"a": [""]}]'
        ),
        'for each in Mocket.request_list()), key=str), [{"a": [""]}])',
    ),
    (
        FetchRows(("b", "a"), TODO, "objects", newest=False, sorted_by="text", unordered=WHY),
        '# In any order: no ORDER BY. b, a = sorted(Todo.objects.all(), key=attrgetter("text"))',
        "",
    ),
    (
        FetchRows(("b", "a"), TODO, "objects", newest=True, sorted_by="text", unordered=WHY),
        (
            "# In any order: no ORDER BY. "
            'b, a = sorted(Todo.objects.order_by("-pk")[:2], key=attrgetter("text"))'
        ),
        "",
    ),
    (
        KeepLink("link", "/reset/[a-z]+/", 1),
        'link = re.search(r"/reset/[a-z]+/", mail.outbox[1].body)[0]',
        "",
    ),
    (
        KeepLink("link", "[?]a=1&amp;b=[a-z]+", 0, "alternatives[0][0]", escaped=True),
        'link = unescape(re.search(r"[?]a=1&amp;b=[a-z]+", mail.outbox[0].alternatives[0][0])[0])',
        "",
    ),
    (StoreFile("a/b.txt", b"hi"), 'default_storage.save("a/b.txt", ContentFile(b"hi"))', ""),
    (LogInOther("other_client", None), "other_client = Client()", ""),
    (
        LogInOther("other_client", "user"),
        "other_client = Client() other_client.force_login(user)",
        "",
    ),
    (
        KeepSessionKey("session_key"),
        "session_key = client.session.session_key",
        "session_key = self.client.session.session_key",
    ),
    (AssertMailCount(7), "assert len(mail.outbox) == 7", "self.assertEqual(len(mail.outbox), 7)"),
    (
        AssertContained("todo", "title", "milk"),
        'assert "milk" in todo.title',
        'self.assertIn("milk", todo.title)',
    ),
    (
        AssertAttached("todo", ("a.pdf",)),
        'assert [attachment[0] for attachment in todo.attachments] == ["a.pdf"]',
        'self.assertEqual([attachment[0] for attachment in todo.attachments], ["a.pdf"])',
    ),
    (
        AssertCached("default", "a", None),
        'assert cache.get("a") is None',
        'self.assertIsNone(cache.get("a"))',
    ),
    (
        AssertCalledOnce("todo", (1, "a"), (("by", 2),)),
        'todo.assert_called_once_with(1, "a", by=2)',
        "",
    ),
    (
        AssertCalls("todo", (((1,), ()), ((), (("by", 2),)))),
        "assert todo.call_args_list == [call(1), call(by=2)]",
        "self.assertEqual(todo.call_args_list, [call(1), call(by=2)])",
    ),
    (
        AssertStoredContent("todo", "file", b"hi"),
        'assert todo.file.read() == b"hi"',
        'self.assertEqual(todo.file.read(), b"hi")',
    ),
    (
        AssertStoredFile("a.txt"),
        'assert default_storage.exists("a.txt")',
        'self.assertTrue(default_storage.exists("a.txt"))',
    ),
    (
        AssertStoredFile("a.txt", b"hi"),
        'assert default_storage.open("a.txt").read() == b"hi"',
        'self.assertEqual(default_storage.open("a.txt").read(), b"hi")',
    ),
    (
        AssertLike(AssertHeader("X-Id", None), Matching(r"a\d+")),
        r'assert re.fullmatch(r"a\d+", response.headers["X-Id"])',
        r'self.assertRegex(response.headers["X-Id"], r"\Aa\d+\Z")',
    ),
    (
        AssertNothing("header X-Id differs"),
        "# Not asserted: header X-Id differs",
        "# Not asserted: header X-Id differs",
    ),
    (
        KeepValue("token", ("user", "tokens", 0)),
        'token = response.json()["user"]["tokens"][0]',
        "",
    ),
    (
        AssertSentBody(0, "x"),
        'assert responses.calls[0].request.body == "x"',
        'self.assertEqual(responses.calls[0].request.body, "x")',
    ),
    (AssertCallCount(2, "respx"), "assert len(respx.calls) == 2", "self.assertEqual(len(respx.calls), 2)"),
    (
        AssertCallCount(2, "mocket"),
        "assert len(Mocket.request_list()) == 2",
        "self.assertEqual(len(Mocket.request_list()), 2)",
    ),
    (AssertAllAnswered("respx"), "respx.mock.assert_all_called()", "respx.mock.assert_all_called()"),
    (
        AssertAllAnswered("mocket"),
        "Mocket.assert_fail_if_entries_not_served()",
        "Mocket.assert_fail_if_entries_not_served()",
    ),
    (
        AssertSentBody(0, "x", "respx"),
        'assert respx.calls[0].request.content.decode() == "x"',
        'self.assertEqual(respx.calls[0].request.content.decode(), "x")',
    ),
    (
        AssertSentBody(0, b"\x00", "respx"),
        'assert respx.calls[0].request.content == b"\\x00"',
        'self.assertEqual(respx.calls[0].request.content, b"\\x00")',
    ),
    (
        AssertSentJson(1, {"a": None}, "respx"),
        'assert json.loads(respx.calls[1].request.content) == {"a": None}',
        'self.assertEqual(json.loads(respx.calls[1].request.content), {"a": None})',
    ),
    (
        AssertSentJson(0, [1], "mocket"),
        "assert json.loads(Mocket.request_list()[0].body) == [1]",
        "self.assertEqual(json.loads(Mocket.request_list()[0].body), [1])",
    ),
    (
        AssertSentForm(0, (("a", ["1", "2"]),), "mocket"),
        'assert parse_qs(Mocket.request_list()[0].body) == {"a": ["1", "2"]}',
        'self.assertEqual(parse_qs(Mocket.request_list()[0].body), {"a": ["1", "2"]})',
    ),
    (
        AssertSentForm(0, (("a", [""]),), "respx"),
        'assert parse_qs(respx.calls[0].request.content.decode(), keep_blank_values=True) == {"a": [""]}',
        'parse_qs(respx.calls[0].request.content.decode(), keep_blank_values=True), {"a": [""]}',
    ),
    (
        AssertSentHeader(0, "X-Tenant", "north"),
        'assert responses.calls[0].request.headers["X-Tenant"] == "north"',
        'self.assertEqual(responses.calls[0].request.headers["X-Tenant"], "north")',
    ),
    (
        AssertSentHeader(1, "X-Tenant", "north", "mocket"),
        'assert Mocket.request_list()[1].headers["x-tenant"] == "north"',
        'self.assertEqual(Mocket.request_list()[1].headers["x-tenant"], "north")',
    ),
]


def test_no_step_is_forgotten_here() -> None:
    assert {type(step) for step, _, _ in STEPS} == {*get_args(Arrange), *get_args(Assert)}


@cache
def every_step(framework: Framework) -> str:
    """Return a module with a test for each step."""
    used = AssertAttribute("todo", "title", "B")
    given = [plan(step, *([used] if isinstance(step, GetRow) else [])) for step, _, _ in STEPS]
    return flat(module(*given, framework=framework).text)


@pytest.mark.parametrize(("step", "pytest_", "unittest_"), STEPS, ids=lambda item: type(item).__name__)
def test_every_step_has_a_text(step: Arrange | Assert, pytest_: str, unittest_: str) -> None:
    assert pytest_ in every_step("pytest")
    assert (unittest_ or pytest_) in every_step("unittest")


def test_every_expression_has_a_text() -> None:
    found = [
        item
        for item in vars(expressions).values()
        if isinstance(item, type) and item.__module__ == expressions.__name__
    ]
    samples: list[object] = [
        TODO,
        Variable("todo"),
        Attribute("todo", "pk"),
        Formatted(("/", Attribute("todo", "pk"))),
        Text(Attribute("todo", "pk")),
        ContentTypeOf("shop", "todo", TODO),
        HashedPassword("x"),
        Numbered("x"),
        Anything("drawn at random"),
        UploadedFile("a.txt", b"a", "text/plain"),
        Shown(("id", 0)),
        Sorted((1, Attribute("todo", "pk")), SortKey(differs=True)),
        LooseUrl(URL, "https://api/.*", "/.*"),
    ]

    assert {type(item) for item in samples} == set(found)
    for sample in samples:
        check(plan(CreateRow("todo", TODO, "objects", "create", ()), AssertJson([sample])), "pytest")


LIKENESSES: list[tuple[Likeness, str, str]] = [
    (
        Matching(r"a\d"),
        r'assert re.fullmatch(r"a\d", todo.title)',
        r'self.assertRegex(todo.title, r"\Aa\d\Z")',
    ),
    (
        Matching('"a"', anywhere=True),
        """assert re.search(r'"a"', todo.title)""",
        """self.assertRegex(todo.title, r'"a"')""",
    ),
    (
        OfType((Name("builtins", "float"), Name("decimal", "Decimal"))),
        "assert isinstance(todo.title, (float, Decimal))",
        "self.assertIsInstance(todo.title, (float, Decimal))",
    ),
    (OfLength(7), "assert len(todo.title) == 7", "self.assertEqual(len(todo.title), 7)"),
    (OneOf((1, 2)), "assert todo.title in (1, 2)", "self.assertIn(todo.title, (1, 2))"),
    (
        SameAs(Attribute("todo", "pk")),
        "assert todo.title == todo.pk",
        "self.assertEqual(todo.title, todo.pk)",
    ),
    (
        InAnyOrder([["a"]], SortKey((0,))),
        'assert sorted(todo.title, key=itemgetter(0)) == [["a"]]',
        'self.assertEqual(sorted(todo.title, key=itemgetter(0)), [["a"]])',
    ),
    (
        PartsInAnyOrder(("a", "b"), ", "),
        'assert sorted(todo.title.split(", ")) == ["a", "b"]',
        'self.assertEqual(sorted(todo.title.split(", ")), ["a", "b"])',
    ),
    (
        PartsInAnyOrder(("a", "b"), " ", before=">", after="<"),
        'assert sorted(todo.title.removeprefix(">").removesuffix("<").split(" ")) == ["a", "b"]',
        'self.assertEqual(sorted(todo.title.removeprefix(">").removesuffix("<").split(" ")), ["a", "b"])',
    ),
    (
        PartsInAnyOrder(("a", "b"), ";", last="or"),
        'assert sorted(todo.title.replace("or", ";").split(";")) == ["a", "b"]',
        'self.assertEqual(sorted(todo.title.replace("or", ";").split(";")), ["a", "b"])',
    ),
]


def test_no_likeness_is_forgotten_here() -> None:
    assert {type(like) for like, _, _ in LIKENESSES} == {*get_args(Likeness)}


@pytest.mark.parametrize(("like", "pytest_", "unittest_"), LIKENESSES)
def test_what_all_runs_share_has_a_text(like: Likeness, pytest_: str, unittest_: str) -> None:
    row = CreateRow("todo", TODO, "objects", "create", ())
    found = plan(row, AssertLike(AssertAttribute("todo", "title", "a7"), like))

    for framework, expected in zip(FRAMEWORKS, (pytest_, unittest_), strict=True):
        text = flat(module(found, framework=framework).text)
        assert f"# Differs from run to run. {expected}" in text


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        (SortList((), SortKey(), "x"), "data.sort() "),
        (SortList(("a", 0), SortKey(("id",)), "x"), 'data["a"][0].sort(key=itemgetter("id")) '),
        (
            SortList(("a",), SortKey(("x", "y"), text=True), "x"),
            'data["a"].sort(key=lambda entry: (str(entry["x"]), str(entry["y"]))) ',
        ),
        (SortList((), SortKey(text=True), "x", span=(1, 3)), "data[1:3] = sorted(data[1:3], key=str) "),
        (
            SortList(("a", "b"), SortKey((0,), natural=True), "x", each=1),
            'for each in data["a"]: each["b"].sort() ',
        ),
    ],
)
def test_lists_are_sorted_in_place(sort: SortList, text: str) -> None:
    found = flat(module(plan(AssertJson([1], (sort,), named=True))).text)

    assert f"data = response.json() # In any order: x. {text}assert data == [1]" in found


def test_a_variable_that_nothing_makes_is_refused() -> None:
    with pytest.raises(ValueError, match="owner"):
        check(plan(CreateRow("todo", TODO, "objects", "create", (("owner", Variable("owner")),))), "pytest")


def test_what_stands_around_the_act() -> None:
    act = SendRequest(
        "GET",
        "/",
        queries=3,
        patches=(
            Patch("a.b", "b"),
            Patch("random.randint", None, (1, 2)),
            Patch("random.random", None, (0.5,)),
        ),
        runs_commit_hooks=True,
    )
    given = [Plan("index", "0a" * 16, (), act, ())]
    patches = (
        'patch("a.b") as b, patch("random.randint", side_effect=[1, 2]), '
        'patch("random.random", return_value=0.5), '
    )

    assert (
        f"with ({patches}django_capture_on_commit_callbacks(execute=True), django_assert_num_queries(3)):"
        in flat(module(*given, framework="pytest").text)
    )
    assert f"with ({patches}self.captureOnCommitCallbacks(execute=True), self.assertNumQueries(3)):" in flat(
        module(*given, framework="unittest").text
    )
    assert "def test_index(client, django_assert_num_queries, django_capture_on_commit_callbacks):" in flat(
        module(*given, framework="pytest").text
    )


# --- the shape of a module ------------------------------------------------------------------


def test_a_pytest_module() -> None:
    given = plan(
        CreateRow("todo", TODO, "objects", "create", (("title", "A"),)),
        AssertRedirect("/"),
        RefreshRow("todo"),
        AssertAttribute("todo", "done", True),
        act=SendRequest("POST", "/done/", {"a": "b"}, has_data=True),
    )

    assert module(given).text == (
        "import pytest\n"
        "from pytest_django.asserts import assertRedirects\n"
        "\n"
        "from shop.models import Todo\n"
        "\n"
        "pytestmark = pytest.mark.django_db\n"
        "\n"
        "\n"
        "def test_todo(client):\n"
        "    # Arrange\n"
        '    todo = Todo.objects.create(title="A")\n'
        "\n"
        "    # Act\n"
        '    response = client.post("/done/", {"a": "b"})\n'
        "\n"
        "    # Assert\n"
        '    assertRedirects(response, "/", fetch_redirect_response=False)\n'
        "    todo.refresh_from_db()\n"
        "    assert todo.done is True\n"
    )


def test_a_unittest_module() -> None:
    given = plan(AssertStatus(200), database=False)

    assert module(given, framework="unittest").text == (
        "from django.test import SimpleTestCase\n"
        "\n"
        "\n"
        "class ShopTests(SimpleTestCase):\n"
        "    def test_todo(self):\n"
        "        # Act\n"
        '        response = self.client.get("/")\n'
        "\n"
        "        # Assert\n"
        "        self.assertEqual(response.status_code, 200)\n"
    )


def test_without_a_database_pytest_gets_no_mark() -> None:
    assert "django_db" not in module(plan(AssertStatus(200), database=False)).text


@both
def test_further_databases_are_named_once(framework: Framework) -> None:
    given = [plan(AssertStatus(200), databases=("logs", "old")), plan(AssertStatus(200), databases=("logs",))]

    assert module(*given, framework=framework).text.count('["default", "logs", "old"]') == 1


@both
def test_rows_that_nothing_refers_to_have_no_variable(framework: Framework) -> None:
    given = plan(
        CreateRow("todo", TODO, "objects", "create", ()),
        CreateRow("tag", Name("shop.models", "Tag"), "objects", "create", ()),
        GetRow("site", Name("shop.models", "Site"), "objects", ()),
        RefreshRow("tag"),
    )

    text = module(given, framework=framework).text

    assert "todo =" not in text
    assert "tag = Tag" in text
    assert "Site" not in text


@both
def test_rows_made_in_bulk_are_unpacked_as_far_as_something_refers_to_them(framework: Framework) -> None:
    rows = (None, "todo", "todo_2", None, None, None)
    several = CreateInBulk(rows, TODO, "objects", ((("title", "A"),),) * 6)

    text = module(plan(several, UpdateRow("todo", TODO, "objects", ())), framework=framework).text

    assert "[_, todo, *_] = Todo.objects.bulk_create(" in text


@both
def test_what_was_made_up_is_said(framework: Framework) -> None:
    whole = CreateRow(None, TODO, "objects", "create", (("title", "A"),), ("*",))
    partly = CreateRow(None, TODO, "objects", "create", (("title", "A"),), ("title", "votes"))

    text = module(plan(whole, partly), framework=framework).text

    assert "# Made up: the request needed this row" in text
    assert "# Made up: title, votes." in text


@both
def test_what_was_made_up_of_several_rows_is_said_once(framework: Framework) -> None:
    one = CreateRow(None, TODO, "objects", "create", (("title", "A"),), ("title",))
    other = CreateRow(None, TODO, "objects", "create", (("title", "A"),), ("votes",))

    text = module(plan(one, one, other, one), framework=framework).text

    assert re.findall(r"# Made up: (.*)\.", text) == ["title", "votes", "title"]


@both
@pytest.mark.parametrize("match", ["", "it's (1+1)"])
def test_exceptions(framework: Framework, match: str) -> None:
    act = SendRequest("GET", "/", raises=Name("shop.errors", "Sold"), raises_match=match)

    text = module(plan(act=act), framework=framework).text

    assert "(Sold" in text
    assert ("it's (1+1)" in text) is bool(match)
    assert "# Assert" not in text
    ast.parse(text)


@both
@pytest.mark.parametrize(
    ("act", "call"),
    [
        (SendRequest("GET", "/"), 'client.get("/")'),
        (SendRequest("DELETE", "/"), 'client.delete("/")'),
        (SendRequest("PROPFIND", "/"), 'client.generic("PROPFIND", "/")'),
        (SendRequest("POST", "/", None, has_data=True), 'client.post("/", None)'),
        (
            SendRequest("PUT", "/", {}, has_data=True, content_type="application/json"),
            'client.put("/", {}, content_type="application/json")',
        ),
        (
            SendRequest("GET", "/", headers=(("Accept", "text/plain"),), secure=True),
            'client.get("/", headers={"Accept": "text/plain"}, secure=True)',
        ),
    ],
)
def test_requests(framework: Framework, act: SendRequest, call: str) -> None:
    assert call in flat(module(plan(act=act), framework=framework).text)


@both
@pytest.mark.parametrize(
    ("step", "text"),
    [
        (answer(is_json=True, json={"a": None}), 'json={"a": None}'),
        (
            answer(body="x", content_type="text/csv", status=404),
            'body="x", content_type="text/csv", status=404',
        ),
        (answer(body=b"\x00"), 'body=b"\\x00"'),
        (answer(status=302, headers=(("Location", "/x"),)), 'status=302, headers={"Location": "/x"}'),
        (answer(sends_json=True, sent_json=[1]), "match=[matchers.json_params_matcher([1])]"),
        (
            answer(sent_form=(("a", ["1", "2"]),)),
            'match=[matchers.urlencoded_params_matcher({"a": "2"})]',
        ),
        (
            answer(sent_form=(("a", ""),)),
            'match=[matchers.urlencoded_params_matcher({"a": ""}, allow_blank=True)]',
        ),
        (answer(sent_text="x", by_content=True), 'match=[matchers.body_matcher("x")]'),
        (
            answer(error=Name("requests.exceptions", "ConnectionError"), error_message="no way"),
            'body=ConnectionError("no way")',
        ),
    ],
)
def test_answers(framework: Framework, step: AnswerCall, text: str) -> None:
    found = module(plan(step), framework=framework).text

    assert text in flat(found)
    assert "@responses.activate(assert_all_requests_are_fired=True)" in found


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(
    ("step", "text"),
    [
        (
            answer(method="POST", mock="respx", sends_json=True, sent_json=[1], by_content=True),
            f'respx.post(url__eq="{URL}", json=[1]).respond()',
        ),
        (
            answer(method="POST", mock="respx", sent_form=(("a", ["1", "2"]),), by_content=True),
            f'respx.post(url__eq="{URL}", data={{"a": ["1", "2"]}}).respond()',
        ),
        (
            answer(method="POST", mock="respx", sent_text="x", by_content=True),
            f'respx.post(url__eq="{URL}", content="x").respond()',
        ),
    ],
)
def test_answers_found_by_what_is_sent(framework: Framework, step: AnswerCall, text: str) -> None:
    assert text in flat(module(plan(step), framework=framework).text)


@both
@pytest.mark.parametrize(
    ("step", "text"),
    [
        (answer(is_json=True, json={"a": None}), f'respx.get(url__eq="{URL}").respond(json={{"a": None}})'),
        (
            answer(body="x", content_type="text/csv", status=404),
            f'respx.get(url__eq="{URL}").respond(404, content="x", headers={{"Content-Type": "text/csv"}})',
        ),
        (
            answer(method="PURGE", status=302, headers=(("Location", "/x"),)),
            f'respx.route(method="PURGE", url__eq="{URL}").respond(302, headers={{"Location": "/x"}})',
        ),
        (
            answer(error=Name("httpx", "ConnectError"), error_message="no way"),
            f'respx.get(url__eq="{URL}").mock(side_effect=ConnectError("no way"))',
        ),
        (
            answer(status=503, then=(answer(body="x"),)),
            f'respx.get(url__eq="{URL}").mock(side_effect=[Response(503), Response(200, content="x")])',
        ),
    ],
)
def test_answers_to_httpx(framework: Framework, step: AnswerCall, text: str) -> None:
    found = module(plan(replace(step, mock="respx")), framework=framework).text

    assert text in flat(found)
    assert "@respx.mock\n" in found


@both
@pytest.mark.parametrize(
    ("step", "text"),
    [
        (
            answer(is_json=True, json={"a": None}, content_type="application/json"),
            'body=json.dumps({"a": None}), headers={"Content-Type": "application/json"})',
        ),
        (
            answer(body=b"\x00", status=302, headers=(("Location", "/x"),)),
            f'Entry.single_register("GET", "{URL}", body=b"\\x00", status=302, headers={{"Location": "/x"}})',
        ),
        (
            answer(error=Name("builtins", "OSError"), error_message="Refused", error_arguments=(111,)),
            f'Entry.register("GET", "{URL}", OSError(111, "Refused"))',
        ),
        (
            answer(status=503, then=(answer(body="x"),)),
            f'Entry.register("GET", "{URL}", Response(status=503), Response(body="x"))',
        ),
    ],
)
def test_answers_to_what_opens_sockets(framework: Framework, step: AnswerCall, text: str) -> None:
    found = module(plan(replace(step, mock="mocket")), framework=framework).text

    assert text in flat(found)
    assert "@mocketize(strict_mode=True)\n" in found


@both
def test_mocks_stand_around_one_test_together(framework: Framework) -> None:
    steps = [answer(mock=mock) for mock in ("responses", "respx", "mocket")]
    found = flat(module(plan(*steps), framework=framework).text)

    assert "@mocketize(strict_mode=True) @respx.mock @responses.activate(" in found


@both
def test_why_something_is_not_compared_is_said(framework: Framework) -> None:
    text = module(plan(AssertJson({"a": Anything("drawn at random")})), framework=framework).text

    assert "# ANY: drawn at random." in text


# --- names ----------------------------------------------------------------------------------


def stored(text: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def imported(text: str) -> list[str]:
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return [alias.asname or alias.name for node in found for alias in node.names]


@both
def test_models_of_one_name_from_two_apps(framework: Framework) -> None:
    rows = [
        CreateRow(f"row_{n}", Name(f"{app}.models", "Order"), "objects", "create", (("n", n),))
        for n, app in enumerate(("shop", "billing"))
    ]

    text = module(plan(*rows), framework=framework).text

    assert len(set(imported(text))) == len(imported(text))
    assert "from shop.models import Order\n" in text
    assert "    Order.objects.create(n=0)" in text
    assert "    BillingOrder.objects.create(n=1)" in text


@both
@pytest.mark.parametrize(
    "name", ["todo", "response", "session", "client", "responses", "str", "ANY", "datetime"]
)
def test_a_model_that_is_called_like_something_else_in_the_test(framework: Framework, name: str) -> None:
    model = Name("shop.models", name)
    given = plan(
        SetClock(NOON),
        CreateRow("todo", model, "objects", "create", ()),
        SetSession((("a", 1),)),
        answer(),
        RefreshRow("todo"),
        AssertJson({"a": Anything("x"), "b": Text(Attribute("todo", "pk"))}),
    )

    text = module(given, framework=framework).text

    assert not stored(text) & set(imported(text))
    assert len(set(imported(text))) == len(imported(text))
    assert "str" not in imported(text)


def test_tests_of_one_name_get_a_longer_one_or_a_number() -> None:
    first = plan(AssertStatus(200), alternatives=("todo_get", "todo_anonymously"))
    second = plan(AssertStatus(302), alternatives=("todo_post", "todo_anonymously"))
    third = plan(AssertStatus(404), alternatives=("todo_post",))

    names = [test.name for test in module(first, second, third, third).tests]

    assert names[0] == "test_todo_get"
    assert len(set(names)) == 4
    assert all(name.startswith("test_todo") for name in names)


def test_tests_know_their_trace_and_their_notes() -> None:
    (test,) = module(plan(AssertStatus(200), notes=(Note("a"), Note("b")))).tests

    assert (test.trace_id, test.notes) == ("5b8e", ("a", "b"))


def test_what_cannot_be_written_is_refused_before_anything_is() -> None:
    with pytest.raises(ValueError, match="can't be written"):
        check(plan(AssertJson(object())), "pytest")
    with pytest.raises(ValueError, match="not a name"):
        check(plan(CreateRow(None, Name("shop.models", "x;y"), "objects", "create", ())), "pytest")


# --- hostile texts --------------------------------------------------------------------------


def everything(text: str) -> Plan:
    """Return a plan that has ``text`` in every place where a recording's text can stand."""
    pairs = ((text, text),)
    row = CreateRow("todo", TODO, "objects", "create", (("title", text), ("data", {text: [text]})))
    return plan(
        row,
        GetRow("site", TODO, "objects", (("title", text),)),
        UpdateRow("todo", TODO, "objects", (("title", text),)),
        SetSession(pairs),
        SetCookie(text, text),
        answer(url=text, body=text, content_type=text, headers=pairs, sent_form=pairs),
        answer(is_json=True, json={text: text}, sends_json=True, sent_json={text: Anything(text)}),
        answer(error=Name("requests", "ConnectionError"), error_message=text),
        AssertRedirect(text),
        AssertRedirect(Formatted((text, Attribute("todo", "pk"), text))),
        AssertJson({text: text, f"{text}2": Anything(text)}),
        AssertJson([{text: 1}], (SortList((text,), SortKey((text,)), text),), named=True),
        AssertJson(
            {text: Shown((text,))}, (SortList((text,), SortKey((text,), text=True), text),), named=True
        ),
        AssertJson([], (SortList((text, text), SortKey(), text, each=1),), named=True),
        AssertLike(AssertHeader(text, text), Matching(text), (text,)),
        AssertLike(AssertHeader(text, text), Matching(text, anywhere=True)),
        AssertLike(AssertHeader(text, text), InAnyOrder([text], SortKey((text,)))),
        AssertLike(AssertHeader(text, text), PartsInAnyOrder((text,), text, text, text, text)),
        AssertLike(AssertHeader(text, text), OneOf((text,))),
        AssertLike(AssertCalledOnce("todo", (), ()), SameAs(text), ("args", text)),
        AssertNothing(text),
        AssertBody(text),
        AssertBody(text.encode("utf-8", "surrogatepass")),
        AssertTemplate(text),
        AssertContains(text),
        AssertContains(text, escaped=True),
        AssertHeader(text, text),
        AssertCookie(text, text),
        AssertCookie(text, None),
        AssertSession(text, text),
        FetchRow("tag", TODO, "objects", (("title", text),)),
        AssertAttribute("tag", "title", text),
        AssertAttribute("site", "content_type", ContentTypeOf(text, text, None)),
        AssertPassword("tag", text),
        answer(url=text, body=text, content_type=text, headers=pairs, mock="respx"),
        answer(url=text, body=text, content_type=text, headers=pairs, mock="mocket"),
        answer(error=Name("httpx", "ConnectError"), error_message=text, mock="respx"),
        *(answer(url=LooseUrl(text, text, text), mock=mock) for mock in ("responses", "respx", "mocket")),
        AssertSentBody(0, text),
        AssertSentJson(0, {text: Anything(text)}, "respx"),
        AssertSentForm(0, ((text, [text]),), "mocket"),
        act=SendRequest(
            text,
            text,
            {text: UploadedFile(text, b"", text)},
            has_data=True,
            content_type=text,
            headers=pairs,
            raises=Name("builtins", "ValueError"),
            raises_match=text,
        ),
        notes=(Note(text),),
        databases=(text,),
    )


def skeleton(node: ast.AST) -> str:
    """Return the tree without what its constants are: the code, as opposed to the values."""
    for item in ast.walk(node):
        if isinstance(item, ast.Constant) and isinstance(item.value, (str, bytes)):
            item.value = type(item.value)()
    return ast.dump(node)


def constants(node: ast.AST) -> Iterator[str | bytes]:
    for item in ast.walk(node):
        if isinstance(item, ast.Constant) and isinstance(item.value, (str, bytes)):
            yield item.value


@both
@pytest.mark.parametrize("text", [text for text in HOSTILE if text], ids=lambda value: repr(value)[:30])
def test_a_text_is_a_value_wherever_it_stands(framework: Framework, text: str) -> None:
    tree = ast.parse(hostile_module(text, framework))
    plain = ast.parse(hostile_module("plain", framework))
    count = sum(1 for value in constants(plain) if value == "plain")
    assert sum(1 for value in constants(tree) if value == text) == count
    assert skeleton(tree) == skeleton(plain)


@both
@pytest.mark.parametrize("text", HOSTILE, ids=lambda value: repr(value)[:30])
def test_nothing_invisible_stands_in_the_file(framework: Framework, text: str) -> None:
    found = hostile_module(text, framework)

    assert [character for character in found if not character.isprintable() and character != "\n"] == []
    found.encode()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda value: repr(value)[:30])
def test_comments_are_one_line_that_can_be_read(text: str) -> None:
    found = comment(f"a {text} b", width=100)

    assert found.startswith("a")
    assert found.isprintable()
    assert len(found) <= 100


# --- the same everywhere --------------------------------------------------------------------


@both
def test_the_same_plans_are_the_same_bytes(
    framework: Framework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = everything("é'\"")
    once = module(given, framework=framework).text

    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 30\n")
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)

    assert module(given, framework=framework).text == once


def test_the_order_of_hashes_has_no_say(tmp_path: Path) -> None:
    program = (
        "from tests.writing.test_source import everything, module, plan\n"
        "from otel2test.inverting.assertions import AssertJson\n"
        "import sys\n"
        "given = plan(AssertJson({'a', 'b', 'c', 'd'}), databases=('x', 'y', 'z'))\n"
        "sys.stdout.buffer.write(module(everything('x'), given).text.encode())\n"
    )

    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1
    assert all(outputs)


def test_plans_are_data() -> None:
    # The walk over the unions above is worth something only while steps are plain dataclasses.
    assert all(fields(step) is not None for step in (*get_args(Arrange), *get_args(Assert)))
