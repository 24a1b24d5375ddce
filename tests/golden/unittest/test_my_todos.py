from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils.html import escape

from todos.models import Project, Todo


class TodosTests(TestCase):
    def test_mine_shows_todos(self):
        # Arrange
        user = User.objects.create_user(
            username="anna",
            password="secret",
            first_name="Anna",
            last_name="Åkjær",
            email="anna@example.com",
        )
        project = Project.objects.create(
            name="Django Day Copenhagen", budget=Decimal("1250.50"), owner=user
        )
        todo = Todo.objects.create(
            title='Write "slides" for Anna\'s talk',
            due_on=date(2026, 1, 31),
            priority=3,
            owner=user,
            project=project,
        )
        Todo.objects.create(
            title="Køb rødgrød med fløde", is_completed=True, owner=user
        )
        Todo.objects.create(title="Øv talen", owner=user, project=project)
        self.client.force_login(user)

        # Act
        response = self.client.get("/mine/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "todos/mine.html")
        self.assertContains(response, "Todos of Anna Åkjær")
        self.assertContains(response, "Django Day Copenhagen")
        self.assertContains(response, escape('Write "slides" for Anna\'s talk'))
        self.assertContains(response, "Køb rødgrød med fløde")
        self.assertContains(response, "Øv talen")
        self.assertContains(response, f'href="/todos/{todo.pk}/"')
