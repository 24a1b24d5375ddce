import pytest

from cases.models import Counter

pytestmark = pytest.mark.django_db


def test_count_visits_creates_counter(client):
    # Act
    response = client.post("/counters/", {"name": ["visits", "likes"]})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"likes": 1, "visits": 11}
    counter = Counter.objects.get(name="visits")
    counter_2 = Counter.objects.get(name="likes")
    assert counter.number == 11
    assert counter_2.number == 1
