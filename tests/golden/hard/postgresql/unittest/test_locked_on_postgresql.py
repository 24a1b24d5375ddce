from django.test import TestCase

from cases.models import Counter


class CasesTests(TestCase):
    def test_visit_counter_succeeds(self):
        # Arrange
        counter = Counter.objects.create(name="visits", number=41)

        # Act
        response = self.client.post("/counters/visits/visit/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"number": 42, "created": False})
        counter.refresh_from_db()
        self.assertEqual(counter.number, 42)

    def test_visit_counter_creates_counter(self):
        # Act
        response = self.client.post("/counters/shares/visit/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"number": 1, "created": True})
        counter = Counter.objects.get()
        self.assertEqual(counter.name, "shares")
        self.assertEqual(counter.number, 1)
