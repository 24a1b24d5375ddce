from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_create_and_list_creates_book(client):
    # Arrange
    author = Author.objects.create(name="Bo O'Hara")
    # Made up: price.
    Book.objects.create(title="The Thick One", author=author, price=Decimal("0"))
    Book.objects.create(title="Zebras", author=author, price=Decimal("0"))

    # Act
    response = client.post("/books/", {"author": "Bo O'Hara", "title": "Quite New"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"values": ["Quite New", "The Thick One", "Zebras"]}
    new_book = Book.objects.get(title="Quite New")
    assert new_book.author == author
    assert new_book.price == Decimal("12.50")
