from datetime import date
from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_fewest_books_returns_json(client):
    # Arrange
    Author.objects.create(pk=3, name="Nobody's", born=date(1900, 2, 28))
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(name="author")
    author_2 = Author.objects.create(name="author")
    Book.objects.create(title="book", author=author, price=Decimal("0"))
    Book.objects.create(title="book", author=author_2, price=Decimal("0"))

    # Act
    response = client.get("/fewest-books/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "authors": 3,
        "first": [{"name": "Nobody's", "books": 0}],
    }
