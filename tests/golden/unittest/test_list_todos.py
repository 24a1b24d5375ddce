from datetime import date
from decimal import Decimal

from django.test import TestCase
from django.utils.html import escape

from todos.models import Project, Tag, Todo


class TodosTests(TestCase):
    def test_todo_list_shows_todos(self):
        # Arrange
        project = Project.objects.create(
            name="Django Day Copenhagen", budget=Decimal("1250.50")
        )
        project_2 = Project.objects.create(name="The “old” house")
        Todo.objects.create(title="Give a talk at Django Day Copenhagen")
        todo = Todo.objects.create(
            title='Write "slides" for Anna\'s talk',
            due_on=date(2026, 1, 31),
            priority=3,
            project=project,
        )
        Todo.objects.create(title="Køb rødgrød med fløde", is_completed=True)
        Todo.objects.create(title="Sell the piano", priority=1, project=project_2)
        todo_2 = Todo.objects.create(
            title="Repair the roof", due_on=date(2099, 6, 1), project=project_2
        )
        tag = Tag.objects.create(name="Talk", slug="talk")
        tag_2 = Tag.objects.create(name="At home", slug="home")
        todo.tags.add(tag_2, tag)
        todo_2.tags.add(tag_2)

        # Act
        response = self.client.get("/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "todos/list.html")
        self.assertContains(response, "The “old” house")
        self.assertContains(response, "Give a talk at Django Day Copenhagen")
        self.assertContains(response, escape('Write "slides" for Anna\'s talk'))
        self.assertContains(response, "Køb rødgrød med fløde")
        self.assertContains(response, "Sell the piano")
        self.assertContains(response, "Repair the roof")
        self.assertContains(response, "home")
        self.assertContains(response, f'href="/todos/{todo.pk}/"')
