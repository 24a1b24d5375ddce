from decimal import Decimal

import pytest
from django.contrib.contenttypes.models import ContentType

from cases.models import Author, Book, Remark, Series

pytestmark = pytest.mark.django_db


def test_remark_book_creates_remark(client):
    # Arrange
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(pk=1, name="author")
    series = Series.objects.create(pk=1, title="series")
    book = Book.objects.create(
        pk=2,
        title="Øresund",
        author=author,
        series=series,
        price=Decimal("19.95"),
        pages=320,
    )
    # Made up: the request needed this row, but never read it.
    Remark.objects.create(about=book, text="remark")

    # Act
    response = client.post("/books/2/remarks/", {"text": "And a third time."})

    # Assert
    assert response.status_code == 201
    assert response.json() == {"earlier": 1}
    new_remark = Remark.objects.get(text="And a third time.")
    assert new_remark.content_type == ContentType.objects.get_for_model(Book)
    assert new_remark.object_id == 2
