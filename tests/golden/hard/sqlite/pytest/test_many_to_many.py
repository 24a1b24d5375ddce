from decimal import Decimal

import pytest
from pytest_django.asserts import assertRedirects

from cases.models import Author, Book, Genre

pytestmark = pytest.mark.django_db


def test_set_genres_redirects_to_books(client):
    # Arrange
    # Made up: the request needed this row, but never read it.
    author = Author.objects.create(name="author")
    book = Book.objects.create(
        pk=2, title="Øresund", author=author, price=Decimal("19.95"), pages=320
    )
    # Made up: name.
    genre = Genre.objects.create(pk=1, name="genre")
    genre_3 = Genre.objects.create(pk=2, name="Poetry")
    genre_2 = Genre.objects.create(pk=3, name="Crime")
    book.genres.add(genre, genre_2)

    # Act
    response = client.post("/books/2/genres/", {"genre": ["2", "3"]})

    # Assert
    assertRedirects(response, "/books/2/", fetch_redirect_response=False)
    assert genre not in book.genres.all()
    assert genre_3 in book.genres.all()
