import pytest

from cases.models import Genre

pytestmark = pytest.mark.django_db


def test_import_genres_creates_genre(client):
    # Arrange
    # Made up: the request needed these rows, but never read them.
    Genre.objects.create(name="genre")
    Genre.objects.create(name="genre2")

    # Act
    response = client.post("/genres/", {"names": "Essay\nNovel\nDrama\nLetters\n"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"genres": 6}
    Genre.objects.get(name="Essay")
    Genre.objects.get(name="Novel")
    Genre.objects.get(name="Drama")
    Genre.objects.get(name="Letters")
