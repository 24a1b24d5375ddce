from django.test import TestCase


class TodosTests(TestCase):
    def test_todo_detail_is_not_found(self):
        # Act
        response = self.client.get("/todos/4711/")

        # Assert
        self.assertEqual(response.status_code, 404)
