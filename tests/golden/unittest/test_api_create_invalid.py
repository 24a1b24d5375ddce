from django.test import SimpleTestCase


class TodosTests(SimpleTestCase):
    def test_api_todos_is_rejected(self):
        # Act
        response = self.client.post(
            "/api/todos/", {"title": "", "priority": 9}, content_type="application/json"
        )

        # Assert
        self.assertEqual(response.status_code, 400)
        self.assertEqual(
            response.json(),
            {
                "errors": {
                    "title": ["This field is required."],
                    "priority": [
                        "Select a valid choice. 9 is not one of the available choices."
                    ],
                }
            },
        )
