import pytest

from cases.models import Counter

pytestmark = pytest.mark.django_db


def test_visit_counter_succeeds(client):
    # Arrange
    counter = Counter.objects.create(name="visits", number=41)

    # Act
    response = client.post("/counters/visits/visit/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"number": 42, "created": False}
    counter.refresh_from_db()
    assert counter.number == 42


def test_visit_counter_creates_counter(client):
    # Act
    response = client.post("/counters/shares/visit/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {"number": 1, "created": True}
    counter = Counter.objects.get()
    assert counter.name == "shares"
    assert counter.number == 1
