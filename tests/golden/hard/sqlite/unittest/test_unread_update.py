from datetime import date
from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_reprice_book_succeeds(self):
        # Arrange
        author_2 = Author.objects.create(name="Nobody's", born=date(1900, 2, 28))
        # Made up: the request needed these rows, but never read them.
        author = Author.objects.create(name="Bo O'Hara")
        Book.objects.create(title="book", author=author, price=Decimal("0"))
        Book.objects.create(title="book", author=author, price=Decimal("0"))

        # Act
        response = self.client.post("/prices/", {"author": "Bo O'Hara"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"changed": 2})
        self.assertFalse(Author.objects.filter(pk=author_2.pk).exists())
