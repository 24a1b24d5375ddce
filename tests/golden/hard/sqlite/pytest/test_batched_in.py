from decimal import Decimal

import pytest

from cases.models import Author, Book, Genre

pytestmark = pytest.mark.django_db


def test_in_batches_returns_json(client):
    # Arrange
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(name="author")
    author_2 = Author.objects.create(name="author")
    book = Book.objects.create(
        title="A Thin One", author=author, price=Decimal("7.50"), pages=90
    )
    book_2 = Book.objects.create(
        title="Øresund", author=author, price=Decimal("19.95"), pages=320
    )
    book_3 = Book.objects.create(
        title="The Thick One", author=author_2, price=Decimal("24.00"), pages=811
    )
    Book.objects.create(
        title="Zebras", author=author_2, price=Decimal("9.99"), pages=120
    )
    genre = Genre.objects.create(name="Novel")
    genre_2 = Genre.objects.create(name="Poetry")
    genre_3 = Genre.objects.create(name="Crime")
    book.genres.add(genre_2)
    book_2.genres.add(genre, genre_3)
    book_3.genres.add(genre_3)

    # Act
    response = client.get("/in-batches/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "values": [
            ["A Thin One", ["Poetry"]],
            ["Øresund", ["Crime", "Novel"]],
            ["The Thick One", ["Crime"]],
            ["Zebras", []],
        ]
    }
