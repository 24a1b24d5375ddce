from datetime import date

from django.test import TestCase

from todos.models import Todo


class TodosTests(TestCase):
    def test_complete_todo_51_redirects_to_index(self):
        # Arrange
        todo = Todo.objects.create(
            pk=51,
            title='Write "slides" for Anna\'s talk',
            due_on=date(2026, 1, 31),
            priority=3,
        )

        # Act
        response = self.client.post("/complete/51/")

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        todo.refresh_from_db()
        self.assertIs(todo.is_completed, True)

    def test_complete_todo_53_redirects_to_index(self):
        # Arrange
        todo = Todo.objects.create(
            pk=53,
            title="Sell the piano",
            priority=1,
            quote="“Det er svært at spå, især om fremtiden.” (Robert Storm Petersen)",
        )

        # Act
        response = self.client.post("/complete/53/")

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        todo.refresh_from_db()
        self.assertIs(todo.is_completed, True)
