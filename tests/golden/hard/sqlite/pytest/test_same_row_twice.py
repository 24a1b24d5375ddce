from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_same_row_twice_returns_json(client):
    # Arrange
    # Made up: the request needed this row, but never read it.
    author = Author.objects.create(name="author")
    Book.objects.create(
        pk=2, title="Øresund", author=author, price=Decimal("19.95"), pages=320
    )

    # Act
    response = client.get("/same-row-twice/2/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"title": "Øresund", "price": "19.95", "pages": 320}
