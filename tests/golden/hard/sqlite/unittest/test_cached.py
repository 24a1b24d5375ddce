from decimal import Decimal

from django.core.cache import cache
from django.test import TestCase

from cases.models import Author, Book


class CasesTests(TestCase):
    def test_statistics_returns_json(self):
        # Arrange
        # Made up: the request needed these rows, but never read them.
        author = Author.objects.create(name="author")
        Book.objects.bulk_create(
            Book(title="book", author=author, price=Decimal("0")) for _ in range(4)
        )
        cache.clear()

        # Act
        response = self.client.get("/statistics/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"books": 4, "visits": 0})
        self.assertEqual(cache.get("visits"), 1)
        self.assertEqual(cache.get("statistics"), {"books": 4, "visits": 0})

    def test_statistics_returns_json_2(self):
        # Arrange
        cache.clear()
        cache.set("statistics", {"books": 4, "visits": 0})
        cache.set("visits", 1)

        # Act
        response = self.client.get("/statistics/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"books": 4, "visits": 0})
        self.assertEqual(cache.get("visits"), 2)
