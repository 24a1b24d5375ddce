"""E-mails that the program sends, whichever way and through whichever back end."""

import base64
from collections.abc import Callable
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail, send_mass_mail
from django.core.mail.backends.locmem import EmailBackend
from django.http import HttpRequest
from django.utils.functional import lazy

from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS, PROJECT

Effects = Callable[..., list[dict[str, Any]]]


def test_a_simple_mail(effects: Effects, outbox: list[Any]) -> None:
    def view(request: HttpRequest) -> int:
        return send_mail("Hello", "Come in.", "kiosk@example.com", ["a@example.com"])

    assert effects("mails", view) == [
        {
            "subject": "Hello",
            "body": "Come in.",
            "from_email": "kiosk@example.com",
            "to": ["a@example.com"],
        }
    ]
    assert len(outbox) == 1


def test_all_parts_of_a_mail(effects: Effects) -> None:
    def view(request: HttpRequest) -> int:
        message = EmailMultiAlternatives(
            "Bill",
            "See below.",
            "kiosk@example.com",
            ["a@example.com"],
            bcc=["b@example.com"],
            cc=["c@example.com"],
            reply_to=["d@example.com"],
            headers={"X-Till": "7"},
        )
        message.attach_alternative("<b>See below.</b>", "text/html")
        message.attach("bill.csv", "1;2", "text/csv")
        message.attach("bill.bin", b"\xff\x00", "application/octet-stream")
        return message.send()

    (told,) = effects("mails", view)

    assert told["cc"] == ["c@example.com"]
    assert told["bcc"] == ["b@example.com"]
    assert told["reply_to"] == ["d@example.com"]
    assert told["headers"] == {"X-Till": "7"}
    assert told["alternatives"] == [["<b>See below.</b>", "text/html"]]
    assert told["attachments"] == [
        {"name": "bill.csv", "content_type": "text/csv", "size": 3, "content": _base64(b"1;2")},
        {
            "name": "bill.bin",
            "content_type": "application/octet-stream",
            "size": 2,
            "content": _base64(b"\xff\x00"),
        },
    ]


def test_an_attachment_that_is_too_large_is_left_out(effects: Effects) -> None:
    def view(request: HttpRequest) -> int:
        message = EmailMessage("Big", "", "kiosk@example.com", ["a@example.com"])
        message.attach("big.bin", bytes(300_000), "application/octet-stream")
        return message.send()

    (told,) = effects("mails", view)

    assert told["attachments"] == [
        {"name": "big.bin", "content_type": "application/octet-stream", "size": 300_000}
    ]


def test_many_mails_at_once(effects: Effects) -> None:
    def view(request: HttpRequest) -> int:
        return send_mass_mail((f"No {i}", "", "kiosk@example.com", ["a@example.com"]) for i in range(3))

    assert [told["subject"] for told in effects("mails", view)] == ["No 0", "No 1", "No 2"]


def test_mails_of_a_generator_are_read_by_the_back_end_only(effects: Effects, outbox: list[Any]) -> None:
    def messages() -> Any:
        for number in range(2):
            yield EmailMessage(f"No {number}", "", "kiosk@example.com", ["a@example.com"])

    def view(request: HttpRequest) -> int:
        return EmailBackend().send_messages(messages())

    assert [told["subject"] for told in effects("mails", view)] == ["No 0", "No 1"]
    assert [sent.subject for sent in outbox] == ["No 0", "No 1"]


def test_a_back_end_upon_another_sends_once(effects: Effects, outbox: list[Any]) -> None:
    def view(request: HttpRequest) -> int:
        connection = get_connection(f"{PROJECT}.backends.RelayedMail")
        return EmailMessage("One", "", "kiosk@example.com", ["a@example.com"], connection=connection).send()

    assert [told["subject"] for told in effects("mails", view)] == ["One"]
    assert len(outbox) == 1


def test_a_mail_that_could_not_be_sent(effects: Effects) -> None:
    def view(request: HttpRequest) -> str:
        try:
            send_mail(
                "One",
                "",
                "kiosk@example.com",
                ["a@example.com"],
                connection=get_connection(f"{PROJECT}.backends.BrokenMail"),
            )
        except ConnectionRefusedError as error:
            return str(error)
        return "sent"

    (told,) = effects("mails", view)

    assert told["error"]["type"] == "builtins.ConnectionRefusedError"
    assert told["error"]["message"] == "no mail server"
    assert "backends.py:" in told["error"]["where"]


def test_mails_without_recipients_are_not_sent(effects: Effects) -> None:
    def view(request: HttpRequest) -> int:
        return send_mail("Hello", "", "kiosk@example.com", [])

    assert effects("mails", view) == []


def test_a_lazy_subject_is_not_evaluated_and_secrets_are_replaced(effects: Effects) -> None:
    evaluated = []

    class Sink(EmailBackend):
        def send_messages(self, email_messages: Any) -> int:
            return len(email_messages)

    def evaluate() -> str:
        evaluated.append(True)
        return "Later"

    def view(request: HttpRequest) -> int:
        subject: Any = lazy(evaluate, str)()
        body = "Your key is sk_test_4eC39HqLyjWDarjtT1zdp7dc."
        return EmailMessage(subject, body, "kiosk@example.com", ["a@example.com"], connection=Sink()).send()

    (told,) = effects("mails", view)

    assert "subject" not in told
    assert evaluated == []
    assert told["body"].startswith("Your key is sk_test_")
    assert "4eC39HqLyjWDarjtT1zdp7dc" not in told["body"]


def test_only_so_many_are_kept(effects: Effects) -> None:
    def view(request: HttpRequest) -> None:
        for number in range(MAX_EFFECTS + 3):
            send_mail(str(number), "", "kiosk@example.com", ["a@example.com"])

    found = effects("mails", view)

    assert len(found) == MAX_EFFECTS + 1
    assert found[-1] == {"dropped": 3}


def test_what_cannot_be_read_is_sent_all_the_same(effects: Effects) -> None:
    class Hostile(EmailMessage):
        __slots__ = ()

        @property
        def __dict__(self) -> Any:  # type: ignore[override]
            raise RuntimeError("hands off")

    sent = []
    good = EmailMessage("Good", "", "kiosk@example.com", ["a@example.com"])

    class Sink(EmailBackend):
        def send_messages(self, email_messages: Any) -> int:
            sent.extend(email_messages)
            return len(sent)

    def view(request: HttpRequest) -> int:
        return Sink().send_messages([Hostile(), good])

    found = effects("mails", view, faulty=True)

    assert [told["subject"] for told in found] == ["Good"]
    assert len(sent) == 2


def test_nothing_is_recorded_outside_of_a_request(outbox: list[Any]) -> None:
    assert mail.send_mail("Hello", "", "kiosk@example.com", ["a@example.com"]) == 1
    assert len(outbox) == 1


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
