from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.test import TestCase

from cases.models import Author, Book, Remark, Series


class CasesTests(TestCase):
    def test_remark_book_creates_remark(self):
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
        response = self.client.post("/books/2/remarks/", {"text": "And a third time."})

        # Assert
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"earlier": 1})
        new_remark = Remark.objects.get(text="And a third time.")
        self.assertEqual(
            new_remark.content_type, ContentType.objects.get_for_model(Book)
        )
        self.assertEqual(new_remark.object_id, 2)
