from django.test import TestCase

from cases.models import Counter


class CasesTests(TestCase):
    def test_count_visits_creates_counter(self):
        # Act
        response = self.client.post("/counters/", {"name": ["visits", "likes"]})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"likes": 1, "visits": 11})
        counter = Counter.objects.get(name="visits")
        counter_2 = Counter.objects.get(name="likes")
        self.assertEqual(counter.number, 11)
        self.assertEqual(counter_2.number, 1)
