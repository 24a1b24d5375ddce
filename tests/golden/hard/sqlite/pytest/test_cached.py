from decimal import Decimal

import pytest
from django.core.cache import cache

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_statistics_returns_json(client):
    # Arrange
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(name="author")
    Book.objects.bulk_create(
        Book(title="book", author=author, price=Decimal("0")) for _ in range(4)
    )
    cache.clear()

    # Act
    response = client.get("/statistics/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"books": 4, "visits": 0}
    assert cache.get("visits") == 1
    assert cache.get("statistics") == {"books": 4, "visits": 0}


def test_statistics_returns_json_2(client):
    # Arrange
    cache.clear()
    cache.set("statistics", {"books": 4, "visits": 0})
    cache.set("visits", 1)

    # Act
    response = client.get("/statistics/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"books": 4, "visits": 0}
    assert cache.get("visits") == 2
