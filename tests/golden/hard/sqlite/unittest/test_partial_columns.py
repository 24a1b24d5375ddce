from decimal import Decimal
from operator import itemgetter

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_partial_columns_returns_json(self):
        # Arrange
        author = Author.objects.create(name="Ann Åkjær")
        author_2 = Author.objects.create(name="Bo O'Hara")
        # Made up: price.
        Book.objects.create(title="A Thin One", author=author, price=Decimal("0"))
        Book.objects.create(title="Zebras", author=author_2, price=Decimal("0"))

        # Act
        response = self.client.get("/partial-columns/")

        # Assert
        self.assertEqual(response.status_code, 200)
        data = response.json()
        # In any order: the query has no ORDER BY.
        data["authors"].sort(key=itemgetter("name"))
        self.assertEqual(
            data,
            {
                "books": ["A Thin One", "Zebras"],
                "authors": [{"name": "Ann Åkjær"}, {"name": "Bo O'Hara"}],
            },
        )
