import pytest

from cases.models import Counter

pytestmark = pytest.mark.django_db


def test_undo_counter_conflicts(client):
    # Arrange
    # Made up: the request needed this row, but never read it.
    Counter.objects.create(name="counter")

    # Act
    response = client.post("/undo/")

    # Assert
    assert response.status_code == 409
    assert response.json() == {"error": "IntegrityError", "counters": 2}
    new_counter = Counter.objects.get(name="kept")
    assert new_counter.number == 1
