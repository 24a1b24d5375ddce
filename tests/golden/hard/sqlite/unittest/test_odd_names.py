from django.test import TestCase

from cases.models import Client, Import, Response


class CasesTests(TestCase):
    def test_odd_names_returns_json(self):
        # Arrange
        client_2 = Client.objects.create(pk=1, name="class")
        response_2 = Response.objects.create(pk=1, client=client_2, type="def", list=3)
        Import.objects.create(pk=1, response=response_2, pytest="None")

        # Act
        response = self.client.get("/odd-names/1/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"client": "class", "type": "def", "list": 3, "pytest": "None"},
        )
