import pytest

from cases.models import Car, Vehicle

pytestmark = pytest.mark.django_db


def test_inherited_returns_json(client):
    # Arrange
    Car.objects.create(plate="AB 12", seats=5)
    Vehicle.objects.create(plate="EF 56")

    # Act
    response = client.get("/inherited/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"cars": [["AB 12", 5]], "others": ["EF 56"]}
