from django.test import TestCase

from cases.models import Counter


class CasesTests(TestCase):
    def test_undo_counter_conflicts(self):
        # Arrange
        # Made up: the request needed this row, but never read it.
        Counter.objects.create(name="counter")

        # Act
        response = self.client.post("/undo/")

        # Assert
        self.assertEqual(response.status_code, 409)
        self.assertEqual(response.json(), {"error": "IntegrityError", "counters": 2})
        new_counter = Counter.objects.get(name="kept")
        self.assertEqual(new_counter.number, 1)
