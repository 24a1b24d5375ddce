from decimal import Decimal

from django.test import TestCase
from django.utils.html import escape

from cases.models import Author, Book, Genre


class CasesTests(TestCase):
    def test_book_1_shows_book(self):
        # Arrange
        author = Author.objects.create(pk=1, name="Ann Åkjær")
        book = Book.objects.create(
            pk=1, title="A Thin One", author=author, price=Decimal("7.50"), pages=90
        )
        genre = Genre.objects.create(name="Poetry")
        book.genres.add(genre)

        # Act
        response = self.client.get("/books/1/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "cases/book.html")
        self.assertContains(response, "by Ann Åkjær, 7.50")
        self.assertContains(response, "A Thin One")
        self.assertContains(response, "Poetry")

    def test_book_3_shows_book(self):
        # Arrange
        author = Author.objects.create(name="Bo O'Hara")
        book = Book.objects.create(
            pk=3,
            title="The Thick One",
            author=author,
            price=Decimal("24.00"),
            pages=811,
        )
        genre = Genre.objects.create(pk=3, name="Crime")
        book.genres.add(genre)

        # Act
        response = self.client.get("/books/3/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "cases/book.html")
        self.assertContains(response, escape("by Bo O'Hara, 24.00"))
        self.assertContains(response, "The Thick One")
        self.assertContains(response, "Crime")
