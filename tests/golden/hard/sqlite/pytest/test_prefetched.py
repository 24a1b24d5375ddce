from datetime import date
from decimal import Decimal

import pytest

from cases.models import Author, Book, Genre

pytestmark = pytest.mark.django_db


def test_prefetched_returns_json(client):
    # Arrange
    author = Author.objects.create(name="Ann Åkjær")
    author_2 = Author.objects.create(name="Bo O'Hara")
    Author.objects.create(name="Nobody's", born=date(1900, 2, 28))
    Book.objects.create(
        title="A Thin One", author=author, price=Decimal("7.50"), pages=90
    )
    book = Book.objects.create(
        title="Øresund", author=author, price=Decimal("19.95"), pages=320
    )
    book_2 = Book.objects.create(
        title="The Thick One", author=author_2, price=Decimal("24.00"), pages=811
    )
    Book.objects.create(
        title="Zebras", author=author_2, price=Decimal("9.99"), pages=120
    )
    genre = Genre.objects.create(name="Novel")
    genre_2 = Genre.objects.create(name="Crime")
    book.genres.add(genre_2, genre)
    book_2.genres.add(genre_2)

    # Act
    response = client.get("/prefetched/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "values": [
            {
                "name": "Ann Åkjær",
                "books": {"A Thin One": [], "Øresund": ["Crime", "Novel"]},
            },
            {"name": "Bo O'Hara", "books": {"The Thick One": ["Crime"], "Zebras": []}},
            {"name": "Nobody's", "books": {}},
        ]
    }
