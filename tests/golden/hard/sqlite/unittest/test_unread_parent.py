from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_unread_parent_returns_json(self):
        # Arrange
        # Made up: the request needed this row, but never read it.
        author = Author.objects.create(name="author")
        # Made up: price.
        Book.objects.create(
            title="The Thick One", author=author, price=Decimal("0"), pages=811
        )
        Book.objects.create(
            title="Zebras", author=author, price=Decimal("0"), pages=120
        )
        Book.objects.create(
            title="Øresund", author=author, price=Decimal("0"), pages=320
        )

        # Act
        response = self.client.get("/unread-parent/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {
                "values": [
                    {"title": "The Thick One", "pages": 811},
                    {"title": "Zebras", "pages": 120},
                    {"title": "Øresund", "pages": 320},
                ]
            },
        )
