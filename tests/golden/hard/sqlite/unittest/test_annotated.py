from datetime import date
from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_annotated_returns_json(self):
        # Arrange
        author = Author.objects.create(pk=1, name="Ann Åkjær")
        author_2 = Author.objects.create(pk=2, name="Bo O'Hara")
        Author.objects.create(pk=3, name="Nobody's", born=date(1900, 2, 28))
        # Made up: the request needed these rows, but never read them.
        Book.objects.create(title="book", author=author, price=Decimal("0"), pages=300)
        Book.objects.create(
            title="book", author=author_2, price=Decimal("0"), pages=300
        )
        Book.objects.create(
            title="book", author=author, price=Decimal("27.45"), pages=299
        )
        Book.objects.create(
            title="book", author=author_2, price=Decimal("33.99"), pages=299
        )

        # Act
        response = self.client.get("/annotated/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {
                "values": [
                    ["Ann Åkjær", 2, "27.4500000000000", 1],
                    ["Bo O'Hara", 2, "33.9900000000000", 1],
                    ["Nobody's", 0, None, 0],
                ]
            },
        )
