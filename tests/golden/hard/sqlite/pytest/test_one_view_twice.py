from decimal import Decimal

import pytest
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertTemplateUsed

from cases.models import Author, Book, Genre

pytestmark = pytest.mark.django_db


def test_book_1_shows_book(client):
    # Arrange
    author = Author.objects.create(pk=1, name="Ann Åkjær")
    book = Book.objects.create(
        pk=1, title="A Thin One", author=author, price=Decimal("7.50"), pages=90
    )
    genre = Genre.objects.create(name="Poetry")
    book.genres.add(genre)

    # Act
    response = client.get("/books/1/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "cases/book.html")
    assertContains(response, "by Ann Åkjær, 7.50")
    assertContains(response, "A Thin One")
    assertContains(response, "Poetry")


def test_book_3_shows_book(client):
    # Arrange
    author = Author.objects.create(name="Bo O'Hara")
    book = Book.objects.create(
        pk=3, title="The Thick One", author=author, price=Decimal("24.00"), pages=811
    )
    genre = Genre.objects.create(pk=3, name="Crime")
    book.genres.add(genre)

    # Act
    response = client.get("/books/3/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "cases/book.html")
    assertContains(response, escape("by Bo O'Hara, 24.00"))
    assertContains(response, "The Thick One")
    assertContains(response, "Crime")
