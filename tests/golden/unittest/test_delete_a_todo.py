from datetime import date

from django.test import TestCase

from todos.models import Todo


class TodosTests(TestCase):
    def test_delete_todo_redirects_to_index(self):
        # Arrange
        todo = Todo.objects.create(
            pk=54, title="Repair the roof", due_on=date(2099, 6, 1)
        )

        # Act
        response = self.client.post("/todos/54/delete/")

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertFalse(Todo.objects.filter(pk=todo.pk).exists())
