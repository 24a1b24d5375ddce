from django.test import TestCase


class CasesTests(TestCase):
    def test_add_to_basket_succeeds(self):
        # Act
        response = self.client.post("/basket/", {"book": "2", "number": "3"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"2": 3})
        self.assertEqual(self.client.session["basket"], {"2": 3})
