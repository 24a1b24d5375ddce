from django.test import TestCase

from todos.models import Todo


class TodosTests(TestCase):
    def test_complete_todo_redirects_to_index(self):
        # Arrange
        todo = Todo.objects.create(pk=50, title="Give a talk at Django Day Copenhagen")

        # Act
        response = self.client.post("/complete/50/")

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        todo.refresh_from_db()
        self.assertIs(todo.is_completed, True)
