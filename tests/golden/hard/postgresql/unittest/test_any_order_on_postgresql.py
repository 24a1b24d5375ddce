from decimal import Decimal
from operator import attrgetter, itemgetter

from django.contrib.messages import get_messages
from django.core import mail
from django.core.cache import cache
from django.test import TestCase

from cases.models import Author, Book, Member, Note, Shelf


class CasesTests(TestCase):
    def test_remind_note_redirects_to_reminded(self):
        # Arrange
        Member.objects.create_user(email="ann@example.com", shown_as="Ann")
        Member.objects.create_user(email="bo@example.com", shown_as="Bo")
        # Made up: width.
        Shelf.objects.create(label="A1", width=0)
        Shelf.objects.create(label="A2", width=0)
        Shelf.objects.create(label="B1", width=0)
        # Made up: the request needed this row, but never read it.
        author = Author.objects.create(name="author")
        # Made up: price.
        Book.objects.create(title="A Thin One", author=author, price=Decimal("0"))
        Book.objects.create(title="Øresund", author=author, price=Decimal("0"))
        Book.objects.create(title="The Thick One", author=author, price=Decimal("0"))
        Book.objects.create(title="Zebras", author=author, price=Decimal("0"))
        cache.clear()

        # Act
        response = self.client.post("/remind/")

        # Assert
        self.assertRedirects(response, "/reminded/", fetch_redirect_response=False)
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(self.client.session["told"]), ["ann@example.com", "bo@example.com"]
        )
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted([str(message) for message in get_messages(response.wsgi_request)]),
            ["Ann was told.", "Bo was told."],
        )
        Note.objects.get(text="Told Ann")
        Note.objects.get(text="Told Bo")
        # In any order: the query has no ORDER BY.
        [message, message_2, message_3] = sorted(mail.outbox, key=attrgetter("to"))
        self.assertEqual(message.subject, "Dear Ann")
        self.assertEqual(message.to, ["ann@example.com"])
        self.assertEqual(message.body, "Read more!")
        self.assertEqual(message_2.subject, "Dear Bo")
        self.assertEqual(message_2.to, ["bo@example.com"])
        self.assertEqual(message_2.body, "Read more!")
        self.assertEqual(message_3.subject, "The books")
        self.assertEqual(message_3.to, ["staff@example.com"])
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(message_3.body.splitlines()),
            [
                "- A Thin One",
                "- The Thick One",
                "- Zebras",
                "- Øresund",
                "These are left:",
            ],
        )
        stored = cache.get("told")
        # In any order: the query has no ORDER BY.
        stored["members"].sort(key=itemgetter("email"))
        for each in stored["members"]:
            each["shelf"].sort()
        self.assertEqual(
            stored,
            {
                "members": [
                    {"email": "ann@example.com", "shelf": ["A1", "A2", "B1"]},
                    {"email": "bo@example.com", "shelf": ["A1", "A2", "B1"]},
                ]
            },
        )
