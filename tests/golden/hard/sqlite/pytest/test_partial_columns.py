from decimal import Decimal
from operator import itemgetter

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_partial_columns_returns_json(client):
    # Arrange
    author = Author.objects.create(name="Ann Åkjær")
    author_2 = Author.objects.create(name="Bo O'Hara")
    # Made up: price.
    Book.objects.create(title="A Thin One", author=author, price=Decimal("0"))
    Book.objects.create(title="Zebras", author=author_2, price=Decimal("0"))

    # Act
    response = client.get("/partial-columns/")

    # Assert
    assert response.status_code == 200
    data = response.json()
    # In any order: the query has no ORDER BY.
    data["authors"].sort(key=itemgetter("name"))
    assert data == {
        "books": ["A Thin One", "Zebras"],
        "authors": [{"name": "Ann Åkjær"}, {"name": "Bo O'Hara"}],
    }
