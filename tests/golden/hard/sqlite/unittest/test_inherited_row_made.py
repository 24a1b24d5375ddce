from django.test import TestCase

from cases.models import Car


class CasesTests(TestCase):
    def test_build_vehicle_creates_car(self):
        # Act
        response = self.client.post("/cars/", {"plate": "GH 78", "seats": "7"})

        # Assert
        self.assertEqual(response.status_code, 201)
        car = Car.objects.get()
        self.assertEqual(car.plate, "GH 78")
        self.assertEqual(car.seats, 7)
        self.assertEqual(response.json(), {"id": car.pk, "plate": "GH 78"})
