from datetime import date
from decimal import Decimal

from django.test import TestCase
from django.utils.html import escape

from todos.models import Project, Tag, Todo


class TodosTests(TestCase):
    def test_todo_list_shows_todo(self):
        # Arrange
        project = Project.objects.create(
            name="Django Day Copenhagen", budget=Decimal("1250.50")
        )
        todo = Todo.objects.create(
            title='Write "slides" for Anna\'s talk',
            due_on=date(2026, 1, 31),
            priority=3,
            project=project,
        )
        tag = Tag.objects.create(name="Talk", slug="talk")
        tag_2 = Tag.objects.create(name="At home", slug="home")
        todo.tags.add(tag_2, tag)

        # Act
        response = self.client.get("/", {"tag": ["talk", "home"], "q": "Anna's"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "todos/list.html")
        self.assertContains(response, "Django Day Copenhagen")
        self.assertContains(response, escape('Write "slides" for Anna\'s talk'))
        self.assertContains(response, "home")
        self.assertContains(response, f'href="/todos/{todo.pk}/"')
