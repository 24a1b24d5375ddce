from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from cases.models import Season

pytestmark = pytest.mark.django_db


def test_seasons_returns_json(client):
    # Arrange
    Season.objects.create(
        name="Summer",
        months=[6, 7, 8],
        open=DateRange(date(2026, 6, 1), date(2026, 8, 31)),
    )

    # Act
    response = client.get("/seasons/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "values": [["Summer", [6, 7, 8], "2026-06-01", "2026-08-31"]]
    }
