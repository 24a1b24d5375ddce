from decimal import Decimal

from django.test import TestCase

from cases.models import Author, Book, Genre, Remark


class CasesTests(TestCase):
    def test_book_shows_book(self):
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
        response = self.client.get("/books/2/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "cases/book.html")
        self.assertContains(response, "by Ann Åkjær, 19.95")
        self.assertContains(response, "Øresund")
        self.assertContains(response, "Novel")
        self.assertContains(response, "Crime")
        self.assertContains(response, "Read it twice.")
