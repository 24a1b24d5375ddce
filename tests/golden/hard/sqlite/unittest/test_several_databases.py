from decimal import Decimal

from django.test import TestCase

from cases.models import ArchivedOrder, Author, Book


class CasesTests(TestCase):
    databases = ["default", "archive"]

    def test_archived_returns_json(self):
        # Arrange
        ArchivedOrder.objects.create(number="2019-7", total=Decimal("99.90"))
        # Made up: the request needed these rows, but never read them.
        author = Author.objects.create(name="author")
        Book.objects.bulk_create(
            Book(title="book", author=author, price=Decimal("0")) for _ in range(4)
        )

        # Act
        response = self.client.get("/archived/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"orders": [["2019-7", "99.90"]], "books": 4})

    def test_archive_creates_archived_order(self):
        # Act
        response = self.client.post("/archive/", {"number": "2020-1", "total": "5.00"})

        # Assert
        self.assertEqual(response.status_code, 204)
        archived_order = ArchivedOrder.objects.get()
        self.assertEqual(archived_order.number, "2020-1")
        self.assertEqual(archived_order.total, Decimal("5.00"))
