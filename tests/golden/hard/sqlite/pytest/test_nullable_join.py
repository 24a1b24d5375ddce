from decimal import Decimal

import pytest

from cases.models import Author, Book, Series

pytestmark = pytest.mark.django_db


def test_nullable_join_returns_json(client):
    # Arrange
    author = Author.objects.create(name="Ann Åkjær")
    author_2 = Author.objects.create(name="Bo O'Hara")
    series = Series.objects.create(title='The "Long" Way')
    Book.objects.create(
        title="A Thin One", author=author, price=Decimal("7.50"), pages=90
    )
    Book.objects.create(
        title="Øresund", author=author, series=series, price=Decimal("19.95"), pages=320
    )
    Book.objects.create(
        title="The Thick One",
        author=author_2,
        series=series,
        price=Decimal("24.00"),
        pages=811,
    )
    Book.objects.create(
        title="Zebras", author=author_2, price=Decimal("9.99"), pages=120
    )

    # Act
    response = client.get("/nullable-join/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "values": [
            ["A Thin One", None, "Ann Åkjær"],
            ["The Thick One", 'The "Long" Way', "Bo O'Hara"],
            ["Zebras", None, "Bo O'Hara"],
            ["Øresund", 'The "Long" Way', "Ann Åkjær"],
        ]
    }
