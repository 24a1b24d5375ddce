from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from cases.models import Measurement

pytestmark = pytest.mark.django_db


def test_every_type_returns_json(client):
    # Arrange
    Measurement.objects.create(
        pk=UUID("6f1c2a58-9f3e-4d53-8a4b-0d9c5e7f1a22"),
        sensor=UUID("00112233-4455-6677-8899-aabbccddeeff"),
        value=Decimal("-0.000125"),
        took=timedelta(days=1, seconds=2, microseconds=3),
        at=datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
        day=date(2026, 3, 29),
        time=time(23, 59, 59, 999999),
        raw=b"\x00\xff'\"\\",
        extra={"list": [], "null": None, "text": "", "nested": {"ø": [1, 2.5, True]}},
        ratio=0.1,
    )

    # Act
    response = client.get("/every-type/6f1c2a58-9f3e-4d53-8a4b-0d9c5e7f1a22/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "sensor": "00112233-4455-6677-8899-aabbccddeeff",
        "value": "-0.000125",
        "took": "P1DT00H00M02.000003S",
        "at": "2026-03-29T01:30:00.123Z",
        "day": "2026-03-29",
        "time": "23:59:59.999",
        "raw": "00ff27225c",
        "extra": {
            "list": [],
            "null": None,
            "text": "",
            "nested": {"ø": [1, 2.5, True]},
        },
        "is_valid": None,
        "ratio": 0.1,
    }
