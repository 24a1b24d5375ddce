from decimal import Decimal

import pytest

from cases.models import Author, Book, Shelf

pytestmark = pytest.mark.django_db


def test_proxies_returns_json(client):
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
    response = client.get("/proxies/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "cheap": ["A Thin One", "Zebras"],
        "shelves": [["A1", 80], ["B1", 120]],
    }
