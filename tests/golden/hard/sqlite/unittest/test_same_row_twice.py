from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_same_row_twice_returns_json(self):
        # Arrange
        # Made up: the request needed this row, but never read it.
        author = Author.objects.create(name="author")
        Book.objects.create(
            pk=2, title="Øresund", author=author, price=Decimal("19.95"), pages=320
        )

        # Act
        response = self.client.get("/same-row-twice/2/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(), {"title": "Øresund", "price": "19.95", "pages": 320}
        )
