from decimal import Decimal

import pytest

from cases.models import ArchivedOrder, Author, Book

pytestmark = pytest.mark.django_db(databases=["default", "archive"])


def test_archived_returns_json(client):
    # Arrange
    ArchivedOrder.objects.create(number="2019-7", total=Decimal("99.90"))
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(name="author")
    Book.objects.bulk_create(
        Book(title="book", author=author, price=Decimal("0")) for _ in range(4)
    )

    # Act
    response = client.get("/archived/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"orders": [["2019-7", "99.90"]], "books": 4}


def test_archive_creates_archived_order(client):
    # Act
    response = client.post("/archive/", {"number": "2020-1", "total": "5.00"})

    # Assert
    assert response.status_code == 204
    archived_order = ArchivedOrder.objects.get()
    assert archived_order.number == "2020-1"
    assert archived_order.total == Decimal("5.00")
