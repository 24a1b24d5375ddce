from datetime import date

from django.contrib.messages import get_messages
from django.test import TestCase

from todos.models import Todo


class TodosTests(TestCase):
    def test_todo_create_redirects_to_index(self):
        # Act
        response = self.client.post(
            "/create/",
            {"title": "Buy a “new” piano", "due_on": "2026-12-24", "priority": "3"},
        )

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertEqual(
            [str(message) for message in get_messages(response.wsgi_request)],
            ["“Buy a “new” piano” is on the list."],
        )
        todo = Todo.objects.get()
        self.assertEqual(todo.title, "Buy a “new” piano")
        self.assertEqual(todo.due_on, date(2026, 12, 24))
        self.assertEqual(todo.priority, 3)
