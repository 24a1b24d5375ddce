from django.test import SimpleTestCase


class CasesTests(SimpleTestCase):
    def test_repeated_keys_succeeds(self):
        # Act
        response = self.client.post("/repeated-keys/?a=x&a=&a=y", {"b": ["1", "2"]})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(), {"query": ["x", "", "y"], "form": ["1", "2"], "last": "2"}
        )
