from django.test import TestCase

from cases.models import Genre


class CasesTests(TestCase):
    def test_import_genres_creates_genre(self):
        # Arrange
        # Made up: the request needed these rows, but never read them.
        Genre.objects.create(name="genre")
        Genre.objects.create(name="genre2")

        # Act
        response = self.client.post(
            "/genres/", {"names": "Essay\nNovel\nDrama\nLetters\n"}
        )

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"genres": 6})
        Genre.objects.get(name="Essay")
        Genre.objects.get(name="Novel")
        Genre.objects.get(name="Drama")
        Genre.objects.get(name="Letters")
