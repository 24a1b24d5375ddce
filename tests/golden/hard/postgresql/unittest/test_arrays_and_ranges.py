from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import TestCase

from cases.models import Season


class CasesTests(TestCase):
    def test_seasons_returns_json(self):
        # Arrange
        Season.objects.create(
            name="Summer",
            months=[6, 7, 8],
            open=DateRange(date(2026, 6, 1), date(2026, 8, 31)),
        )

        # Act
        response = self.client.get("/seasons/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"values": [["Summer", [6, 7, 8], "2026-06-01", "2026-08-31"]]},
        )
