from decimal import Decimal

import pytest

from cases.models import Author, Book

pytestmark = pytest.mark.django_db


def test_streamed_is_shown(client):
    # Arrange
    # Made up: the request needed this row, but never read it.
    author = Author.objects.create(name="author")
    # Made up: price.
    Book.objects.create(title="A Thin One", author=author, price=Decimal("0"), pages=90)
    Book.objects.create(title="Øresund", author=author, price=Decimal("0"), pages=320)
    Book.objects.create(
        title="The Thick One", author=author, price=Decimal("0"), pages=811
    )
    Book.objects.create(title="Zebras", author=author, price=Decimal("0"), pages=120)

    # Act
    response = client.get("/streamed/")

    # Assert
    assert response.status_code == 200
    assert (
        response.getvalue().decode()
        == "A Thin One;90\nØresund;320\nThe Thick One;811\nZebras;120\n"
    )
    assert response.headers["Content-Type"] == "text/csv"
