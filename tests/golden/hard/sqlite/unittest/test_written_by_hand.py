from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_raw_returns_json(self):
        # Arrange
        author = Author.objects.create(name="Ann Åkjær")
        author_2 = Author.objects.create(name="Bo O'Hara")
        # Made up: the request needed these rows, but never read them.
        Book.objects.create(title="book", author=author, price=Decimal("0"), pages=101)
        Book.objects.create(
            title="book", author=author_2, price=Decimal("0"), pages=101
        )
        Book.objects.create(
            title="book", author=author_2, price=Decimal("0"), pages=101
        )

        # Act
        response = self.client.get("/raw/", {"pages": "100"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(), {"values": [["Ann Åkjær", 1], ["Bo O'Hara", 2]]}
        )
