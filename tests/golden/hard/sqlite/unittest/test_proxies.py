from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book, Shelf


class CasesTests(TestCase):
    def test_proxies_returns_json(self):
        # Arrange
        # Made up: the request needed these rows, but never read them.
        author = Author.objects.create(name="author")
        author_2 = Author.objects.create(name="author")
        Book.objects.create(
            title="A Thin One", author=author, price=Decimal("7.50"), pages=90
        )
        Book.objects.create(
            title="Zebras", author=author_2, price=Decimal("9.99"), pages=120
        )
        Shelf.objects.create(label="A1", width=80)
        Shelf.objects.create(label="B1", width=120)

        # Act
        response = self.client.get("/proxies/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"cheap": ["A Thin One", "Zebras"], "shelves": [["A1", 80], ["B1", 120]]},
        )
