from decimal import Decimal

import pytest
from pytest_django.asserts import assertContains, assertTemplateUsed

from cases.models import Author, Book, Genre, Remark

pytestmark = pytest.mark.django_db


def test_book_shows_book(client):
    # Arrange
    author = Author.objects.create(name="Ann Åkjær")
    book = Book.objects.create(
        pk=2, title="Øresund", author=author, price=Decimal("19.95"), pages=320
    )
    genre = Genre.objects.create(name="Novel")
    genre_2 = Genre.objects.create(name="Crime")
    Remark.objects.create(about=book, text="Read it twice.")
    book.genres.add(genre_2, genre)

    # Act
    response = client.get("/books/2/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "cases/book.html")
    assertContains(response, "by Ann Åkjær, 19.95")
    assertContains(response, "Øresund")
    assertContains(response, "Novel")
    assertContains(response, "Crime")
    assertContains(response, "Read it twice.")
