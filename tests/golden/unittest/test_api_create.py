from decimal import Decimal

from django.test import TestCase

from todos.models import Project, Tag, Todo


class TodosTests(TestCase):
    def test_api_todos_creates_todo(self):
        # Arrange
        project = Project.objects.create(
            pk=7, name="Django Day Copenhagen", budget=Decimal("1250.50")
        )
        tag = Tag.objects.create(pk=2, name="At home", slug="home")

        # Act
        response = self.client.post(
            "/api/todos/",
            {
                "title": "Call Søren",
                "due_on": None,
                "priority": 1,
                "project": 7,
                "tags": [2],
            },
            content_type="application/json",
        )

        # Assert
        self.assertEqual(response.status_code, 201)
        todo = Todo.objects.get()
        self.assertEqual(todo.title, "Call Søren")
        self.assertEqual(todo.priority, 1)
        self.assertEqual(todo.project, project)
        self.assertIn(tag, todo.tags.all())
        self.assertEqual(
            response.json(),
            {
                "id": todo.pk,
                "title": "Call Søren",
                "is_completed": False,
                "due_on": None,
                "priority": "Low",
                "project": {"name": "Django Day Copenhagen", "budget": "1250.50"},
                "tags": ["home"],
            },
        )
        self.assertEqual(response.headers["Location"], f"/todos/{todo.pk}/")
