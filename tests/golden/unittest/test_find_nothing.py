from django.test import TestCase


class TodosTests(TestCase):
    def test_todo_list_shows_no_todos(self):
        # Act
        response = self.client.get("/", {"q": "“ingenting” & mere"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "todos/list.html")
        self.assertContains(response, "Todos")
        self.assertContains(response, "Nothing to do.")
