from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_create_and_list_creates_book(self):
        # Arrange
        author = Author.objects.create(name="Bo O'Hara")
        # Made up: price.
        Book.objects.create(title="The Thick One", author=author, price=Decimal("0"))
        Book.objects.create(title="Zebras", author=author, price=Decimal("0"))

        # Act
        response = self.client.post(
            "/books/", {"author": "Bo O'Hara", "title": "Quite New"}
        )

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(), {"values": ["Quite New", "The Thick One", "Zebras"]}
        )
        new_book = Book.objects.get(title="Quite New")
        self.assertEqual(new_book.author, author)
        self.assertEqual(new_book.price, Decimal("12.50"))
