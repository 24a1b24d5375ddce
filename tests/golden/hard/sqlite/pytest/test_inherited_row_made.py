import pytest

from cases.models import Car

pytestmark = pytest.mark.django_db


def test_build_vehicle_creates_car(client):
    # Act
    response = client.post("/cars/", {"plate": "GH 78", "seats": "7"})

    # Assert
    assert response.status_code == 201
    car = Car.objects.get()
    assert car.plate == "GH 78"
    assert car.seats == 7
    assert response.json() == {"id": car.pk, "plate": "GH 78"}
