from datetime import date
from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_reprice_book_succeeds(client):
    # Arrange
    author_2 = Author.objects.create(name="Nobody's", born=date(1900, 2, 28))
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(name="Bo O'Hara")
    Book.objects.create(title="book", author=author, price=Decimal("0"))
    Book.objects.create(title="book", author=author, price=Decimal("0"))

    # Act
    response = client.post("/prices/", {"author": "Bo O'Hara"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"changed": 2}
    assert not Author.objects.filter(pk=author_2.pk).exists()
