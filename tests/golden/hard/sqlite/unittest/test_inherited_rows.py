from django.test import TestCase

from cases.models import Car, Vehicle


class CasesTests(TestCase):
    def test_inherited_returns_json(self):
        # Arrange
        Car.objects.create(plate="AB 12", seats=5)
        Vehicle.objects.create(plate="EF 56")

        # Act
        response = self.client.get("/inherited/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"cars": [["AB 12", 5]], "others": ["EF 56"]})
