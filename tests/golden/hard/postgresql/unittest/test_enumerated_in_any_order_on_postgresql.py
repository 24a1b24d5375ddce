from decimal import Decimal
from unittest.mock import ANY

from django.contrib.messages import get_messages
from django.core import mail
from django.core.cache import cache
from django.test import TestCase

from cases.models import Author, Book, Member, Note, Shelf


class CasesTests(TestCase):
    def test_announce_creates_note(self):
        # Arrange
        Member.objects.create_user(email="ann@example.com", shown_as="Ann")
        Member.objects.create_user(email="bo@example.com", shown_as="Bo")
        # Made up: the request needed this row, but never read it.
        author = Author.objects.create(name="author")
        # Made up: price.
        Book.objects.create(title="A Thin One", author=author, price=Decimal("0"))
        Book.objects.create(title="Øresund", author=author, price=Decimal("0"))
        Book.objects.create(title="The Thick One", author=author, price=Decimal("0"))
        Book.objects.create(title="Zebras", author=author, price=Decimal("0"))
        # Made up: width.
        Shelf.objects.create(label="A1", width=0)
        Shelf.objects.create(label="A2", width=0)
        Shelf.objects.create(label="B1", width=0)
        cache.clear()

        # Act
        response = self.client.post("/announce/")

        # Assert
        self.assertEqual(response.status_code, 200)
        data = response.json()
        # ANY: in any order: the query has no ORDER BY.
        self.assertEqual(data, {"books": ANY, "shelves": ANY})
        self.assertEqual(
            sorted(data["books"].split("\n")),
            ["A Thin One", "The Thick One", "Zebras", "Øresund"],
        )
        self.assertEqual(
            sorted(
                data["shelves"].removeprefix("All of ").removesuffix(".").split("/")
            ),
            ["A1", "A2", "B1"],
        )
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(self.client.session["shelves"].split(" ")), ["A1", "A2", "B1"]
        )
        messages = [str(message) for message in get_messages(response.wsgi_request)]
        # ANY: in any order: the query has no ORDER BY.
        self.assertEqual(messages, [ANY])
        self.assertEqual(
            sorted(messages[0].removeprefix("Told of: ").removesuffix(".").split("; ")),
            ["A Thin One", "The Thick One", "Zebras", "Øresund"],
        )
        note = Note.objects.latest("pk")
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(note.text.split(", ")),
            ["A Thin One", "The Thick One", "Zebras", "Øresund"],
        )
        [message] = mail.outbox
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(message.subject.removeprefix("For ").split(" and ")), ["Ann", "Bo"]
        )
        self.assertEqual(message.to, ["staff@example.com"])
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(
                message.body.removeprefix("Read them all:\n")
                .removesuffix(".\n")
                .replace(" and ", ", ")
                .split(", ")
            ),
            ["A Thin One", "The Thick One", "Zebras", "Øresund"],
        )
        # ANY: in any order: the query has no ORDER BY.
        self.assertEqual(cache.get("announced"), {"to": ANY})
        self.assertEqual(
            sorted(cache.get("announced")["to"].split(", ")), ["Ann", "Bo"]
        )

    def test_shelves_is_shown(self):
        # Arrange
        # Made up: width.
        Shelf.objects.create(label="A1", width=0)
        Shelf.objects.create(label="A2", width=0)
        Shelf.objects.create(label="B1", width=0)

        # Act
        response = self.client.get("/shelves/")

        # Assert
        self.assertEqual(response.status_code, 200)
        # In any order: the query has no ORDER BY.
        self.assertEqual(
            sorted(
                response.content.decode()
                .removeprefix("Shelves: ")
                .removesuffix("\n")
                .split(", ")
            ),
            ["A1", "A2", "B1"],
        )
        self.assertEqual(response.headers["Content-Type"], "text/plain")

    def test_titles_shows_books(self):
        # Arrange
        # Made up: the request needed these rows, but never read them.
        author = Author.objects.create(name="author")
        author_2 = Author.objects.create(name="author")
        Book.objects.create(
            title="A Thin One", author=author, price=Decimal("7.50"), pages=90
        )
        Book.objects.create(
            title="Øresund", author=author, price=Decimal("19.95"), pages=320
        )
        Book.objects.create(
            title="The Thick One", author=author_2, price=Decimal("24.00"), pages=811
        )
        Book.objects.create(
            title="Zebras", author=author_2, price=Decimal("9.99"), pages=120
        )

        # Act
        response = self.client.get("/titles/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "cases/titles.html")
        self.assertContains(response, "A Thin One")
        self.assertContains(response, "Øresund")
        self.assertContains(response, "The Thick One")
        self.assertContains(response, "Zebras")
