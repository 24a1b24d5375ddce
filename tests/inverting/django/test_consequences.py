"""Side effects become arrangements, patches and assertions, as far as they hold still."""

from collections.abc import Mapping, Sequence
from typing import Any

from otel2test.inverting.acts import Patch, SendRequest
from otel2test.inverting.arrangements import ClearCache, CreateRow, SetCache, UseScratchMedia
from otel2test.inverting.assertions import (
    AssertAttached,
    AssertAttribute,
    AssertCached,
    AssertCalledOnce,
    AssertCalls,
    AssertContained,
    AssertMailCount,
    AssertPresent,
    AssertStoredContent,
    FetchMails,
)
from otel2test.inverting.expressions import Attribute, Formatted
from otel2test.inverting.plan import Plan
from otel2test.values import encode
from tests.inverting.django.planning import plan, steps
from tests.inverting.shop import SHOP, TODO, insert, select
from tests.recordings import Node, field, model, request, schema, span_id, told, view

HERE = {"span": span_id(0), "start": 5}
Payload = Mapping[str, Any]


def after(*queries: Node, models: Any = SHOP, **effects: Sequence[Payload]) -> Plan:
    """Return the plan of a request with these side effects, named as in the contract."""
    node = request("POST", "/todos/", *queries, schema=models, view=view("create"))
    payloads = {
        name.upper(): [item if "dropped" in item else {**HERE, **item} for item in items]
        for name, items in effects.items()
    }
    return plan(told(node, **payloads))


def notes(found: Plan) -> list[str]:
    return [note.text for note in found.notes]


# --- e-mails --------------------------------------------------------------------------------


def mail(**changed: Any) -> Payload:
    return {"subject": "Welcome", "body": "Hello Ann.", "from_email": "a@b.c", "to": ["ann@b.c"], **changed}


def test_an_email_is_asserted() -> None:
    found = after(
        mails=[mail(cc=["bo@b.c"], attachments=[{"name": "a.pdf", "content_type": "x/y", "size": 1}])]
    )

    assert steps(found, FetchMails) == [FetchMails(("message",))]
    assert steps(found, AssertAttribute) == [
        AssertAttribute("message", "subject", "Welcome"),
        AssertAttribute("message", "to", ["ann@b.c"]),
        AssertAttribute("message", "cc", ["bo@b.c"]),
        AssertAttribute("message", "body", "Hello Ann."),
    ]
    assert steps(found, AssertAttached) == [AssertAttached("message", ("a.pdf",))]


def test_of_a_long_text_the_lines_that_tell_of_the_request_are_asserted() -> None:
    row = {"id": 3, "title": "Oat milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
    body = "\n".join(["Hi,", "Oat milk is out.", "As you know, we care.", "x" * 300, "Buy more Oat milk!"])

    found = after(select(TODO, row), mails=[mail(body=body)])

    assert [step.text for step in steps(found, AssertContained)] == ["Oat milk is out.", "Buy more Oat milk!"]


def test_of_another_form_of_an_email_a_line_that_tells_is_asserted() -> None:
    row = {"id": 3, "title": "Tea & cake", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
    html = "<p>Hi,</p><p>Tea &amp; cake is out.</p>"

    found = after(
        select(TODO, row), mails=[mail(alternatives=[[html, "text/html"], ["<p>?</p>", "text/html"]])]
    )

    assert steps(found, AssertContained) == [
        AssertContained("message", "alternatives[0][0]", "Tea &amp; cake is out.")
    ]
    assert steps(found, AssertPresent) == [AssertPresent("message", "alternatives[1][0]")]


def test_where_no_line_tells_the_first_is_asserted() -> None:
    found = after(mails=[mail(body=f"Hi,\nwe care.\n{'x' * 300}")])

    assert [step.text for step in steps(found, AssertContained)] == ["Hi,"]


def test_keys_of_created_rows_are_followed() -> None:
    body = f"See\nhttp://testserver/todos/57/\nand be well.\n{'x' * 300}"
    found = after(
        insert(TODO, 57, title="Milk", done=0, votes=0), mails=[mail(subject="[todo-57] New", body=body)]
    )

    key = Attribute("todo", "pk")
    assert [step.text for step in steps(found, AssertContained)] == [
        Formatted(("http://testserver/todos/", key, "/"))
    ]
    assert AssertAttribute("message", "subject", Formatted(("[todo-", key, "] New"))) in found.asserts


def test_what_was_drawn_and_dates_in_words_are_not_asserted() -> None:
    drawn = {"source": "secrets.token_urlsafe", "arguments": [], "value": "qwertyuiop", "caller": "shop.x"}
    body = "Made on Jan. 2, 2026:\nqwertyuiop\nKeep it."
    found = after(mails=[mail(body=body)], draws=[drawn])

    assert [step.text for step in steps(found, AssertContained)] == ["Keep it."]


def test_many_emails_are_counted() -> None:
    assert steps(after(mails=[mail()] * 6), AssertMailCount) == [AssertMailCount(6)]
    assert steps(after(mails=[mail(), mail()]), FetchMails) == [FetchMails(("message", "message_2"))]


def test_an_email_that_failed_is_noted() -> None:
    failed = mail(error={"type": "smtplib.SMTPException", "message": "", "where": ""})

    assert notes(after(mails=[failed])) == ["an e-mail that could not be sent: smtplib.SMTPException"]


def test_what_was_not_recorded_is_noted_and_not_counted() -> None:
    found = after(mails=[mail(), {"dropped": 3}])

    assert notes(found) == ["3 more mails than were recorded"]
    assert steps(found, FetchMails) == []


# --- tasks ----------------------------------------------------------------------------------


def task(**changed: Any) -> Payload:
    return {
        "library": "celery",
        "name": "shop.tasks.remind",
        "id": "1",
        "function": "shop.tasks.remind",
        "method": "delay",
        "arguments": [],
        "keywords": {},
        "options": {},
        "eager": False,
        **changed,
    }


def test_a_queued_task_is_replaced_and_its_call_asserted() -> None:
    created = insert(TODO, 57, title="Milk", done=0, votes=0)
    found = after(created, tasks=[task(arguments=[57], keywords={"kind": "mail"})])

    (act,) = steps(found, SendRequest)
    assert act.patches == (Patch("shop.tasks.remind.delay", "remind"),)
    assert steps(found, AssertCalledOnce) == [
        AssertCalledOnce("remind", (Attribute("todo", "pk"),), (("kind", "mail"),))
    ]


def test_a_task_sent_with_options_is_called_as_it_was() -> None:
    by_name = task(
        method="apply_async", arguments=[5], options={"countdown": 60}, named=["args", "countdown"]
    )
    by_place = task(method="apply_async", arguments=[5])

    assert steps(after(tasks=[by_name]), AssertCalledOnce) == [
        AssertCalledOnce("remind", (), (("args", (5,)), ("countdown", 60)))
    ]
    assert steps(after(tasks=[by_place]), AssertCalledOnce) == [AssertCalledOnce("remind", ((5,),), ())]


def test_a_task_is_called_with_a_list_where_it_was() -> None:
    by_name = task(method="apply_async", arguments=[5], named=["args"], listed=True)
    by_place = task(method="apply_async", arguments=[5], listed=True)

    assert steps(after(tasks=[by_name]), AssertCalledOnce) == [
        AssertCalledOnce("remind", (), (("args", [5]),))
    ]
    assert steps(after(tasks=[by_place]), AssertCalledOnce) == [AssertCalledOnce("remind", ([5],), ())]


def test_several_calls_are_asserted_in_order() -> None:
    found = after(tasks=[task(arguments=[1]), task(arguments=[2])])

    assert steps(found, AssertCalls) == [AssertCalls("remind", (((1,), ()), ((2,), ())))]


def test_an_eager_task_is_left_to_run() -> None:
    found = after(tasks=[task(eager=True)])

    assert steps(found, SendRequest)[0].patches == ()
    assert found.notes == ()


def test_a_task_that_nothing_can_replace_is_noted() -> None:
    strange = task(function="os.system('x')")

    assert notes(after(tasks=[strange])) == ["a task was queued: shop.tasks.remind"]
    assert notes(after(tasks=[task(method="send_task")])) == ["a task was queued: shop.tasks.remind"]


# --- commit hooks ---------------------------------------------------------------------------


def test_commit_hooks_that_ran_are_run() -> None:
    hook = {"alias": "default", "function": "shop.views.notify"}

    assert steps(after(commit_hooks=[{**hook, "ran": 9}]), SendRequest)[0].runs_commit_hooks is True
    assert steps(after(commit_hooks=[hook]), SendRequest)[0].runs_commit_hooks is False


# --- caches ---------------------------------------------------------------------------------


def access(operation: str, *keys: str, **more: Any) -> Payload:
    return {"alias": "default", "operation": operation, "keys": [*keys], **more}


def test_what_was_found_in_a_cache_is_arranged() -> None:
    found = after(cache=[access("get_many", "a", "b", hits=[True, False], values=[encode({"n": 1}), None])])

    assert found.arrange == (ClearCache("default"), SetCache("default", "a", {"n": 1}))
    assert steps(found, AssertCached) == []


def test_what_is_left_in_a_cache_is_asserted() -> None:
    found = after(
        cache=[
            access("get", "a", hits=[False], values=[None]),
            access("set", "a", values=[5]),
            access("get", "a", hits=[True], values=[5]),
            access("incr", "n", values=[2], result=10),
            access("delete", "gone"),
            access("add", "there", values=[1], result=False),
        ]
    )

    assert found.arrange == (ClearCache("default"), SetCache("default", "n", 8))
    assert steps(found, AssertCached) == [
        AssertCached("default", "a", 5),
        AssertCached("default", "n", 10),
        AssertCached("default", "gone", None),
    ]


def test_a_row_whose_key_a_cache_knows_keeps_it() -> None:
    row = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
    found = after(select(TODO, row), cache=[access("set", "todo-50-en", values=["Milk"])])

    (step,) = steps(found, CreateRow)
    assert ("pk", 50) in step.values
    assert steps(found, AssertCached) == [AssertCached("default", "todo-50-en", "Milk")]


def test_what_is_cached_of_a_created_row_is_noted() -> None:
    created = insert(TODO, 57, title="Milk", done=0, votes=0)
    found = after(created, cache=[access("set", "todo-57", values=["Milk"])])

    assert steps(found, AssertCached) == []
    assert notes(found) == ["what the cache holds under 'todo-57': it names a row made here"]


def test_what_cannot_be_written_down_is_noted() -> None:
    instance = {"$model": {"model": "shop.Todo", "pk": 1, "fields": {}}}
    found = after(cache=[access("get", "a", hits=[True], values=[instance])])

    assert notes(found) == ["what the cache held under 'a'"]


# --- files ----------------------------------------------------------------------------------


def test_a_stored_file_goes_to_scratch_media_and_its_content_is_asserted() -> None:
    document = model(
        "shop.Document", field("id", "BigAutoField", primary_key=True), field("file", "FileField")
    )
    saved = {
        "storage": "django.core.files.storage.filesystem.FileSystemStorage",
        "operation": "save",
        "name": "a.txt",
        "size": 2,
        "content": "aGk=",
    }
    found = after(insert(document, 1, file="a.txt"), models=schema(document), files=[saved])

    assert steps(found, UseScratchMedia) == [UseScratchMedia()]
    assert steps(found, AssertStoredContent) == [AssertStoredContent("document", "file", b"hi")]


def test_files_that_are_only_linked_to_change_nothing() -> None:
    read = {"storage": "x.Storage", "operation": "url", "name": "a.txt", "result": "/media/a.txt"}

    assert steps(after(files=[read]), UseScratchMedia) == []


# --- chance ---------------------------------------------------------------------------------


def draw(source: str, value: Any, **more: Any) -> Payload:
    return {"source": source, "arguments": [], "value": encode(value), "caller": "shop.codes.make", **more}


def test_numbers_are_pinned_at_their_source() -> None:
    found = after(
        draws=[
            draw("random.randint", 3),
            draw("random.randint", 5),
            draw("random.choice", "b", target="shop.codes.choice"),
        ]
    )

    assert steps(found, SendRequest)[0].patches == (
        Patch("random.randint", None, (3, 5)),
        Patch("shop.codes.choice", None, ("b",)),
    )


def test_tokens_are_not_pinned() -> None:
    assert steps(after(draws=[draw("secrets.token_hex", "ab12")]), SendRequest)[0].patches == ()


def test_a_generator_of_the_programs_own_is_noted() -> None:
    assert notes(after(draws=[draw("random.Random.randint", 3)])) == [
        "what shop.codes.make drew with random.Random.randint"
    ]
