from datetime import date
from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_annotated_returns_json(client):
    # Arrange
    author = Author.objects.create(pk=1, name="Ann Åkjær")
    author_2 = Author.objects.create(pk=2, name="Bo O'Hara")
    Author.objects.create(pk=3, name="Nobody's", born=date(1900, 2, 28))
    # Made up: the request needed these rows, but never read them.
    Book.objects.create(title="book", author=author, price=Decimal("0"), pages=300)
    Book.objects.create(title="book", author=author_2, price=Decimal("0"), pages=300)
    Book.objects.create(title="book", author=author, price=Decimal("27.45"), pages=299)
    Book.objects.create(
        title="book", author=author_2, price=Decimal("33.99"), pages=299
    )

    # Act
    response = client.get("/annotated/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "values": [
            ["Ann Åkjær", 2, "27.4500000000000", 1],
            ["Bo O'Hara", 2, "33.9900000000000", 1],
            ["Nobody's", 0, None, 0],
        ]
    }
