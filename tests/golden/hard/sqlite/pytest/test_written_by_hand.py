from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_raw_returns_json(client):
    # Arrange
    author = Author.objects.create(name="Ann Åkjær")
    author_2 = Author.objects.create(name="Bo O'Hara")
    # Made up: the request needed these rows, but never read them.
    Book.objects.create(title="book", author=author, price=Decimal("0"), pages=101)
    Book.objects.create(title="book", author=author_2, price=Decimal("0"), pages=101)
    Book.objects.create(title="book", author=author_2, price=Decimal("0"), pages=101)

    # Act
    response = client.get("/raw/", {"pages": "100"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"values": [["Ann Åkjær", 1], ["Bo O'Hara", 2]]}
