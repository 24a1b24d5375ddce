from datetime import date
from decimal import Decimal

from django.test import TestCase

from todos.models import Project, Tag, Todo


class TodosTests(TestCase):
    def test_api_todos_returns_json(self):
        # Arrange
        project = Project.objects.create(
            name="Django Day Copenhagen", budget=Decimal("1250.50")
        )
        project_2 = Project.objects.create(name="The “old” house")
        Todo.objects.create(
            pk=50, title="Give a talk at Django Day Copenhagen", is_completed=True
        )
        todo = Todo.objects.create(
            pk=51,
            title='Write "slides" for Anna\'s talk',
            due_on=date(2026, 1, 31),
            priority=3,
            project=project,
        )
        Todo.objects.create(pk=52, title="Køb rødgrød med fløde", is_completed=True)
        Todo.objects.create(
            pk=53, title="Sell the piano", priority=1, project=project_2
        )
        todo_2 = Todo.objects.create(
            pk=54, title="Repair the roof", due_on=date(2099, 6, 1), project=project_2
        )
        Todo.objects.create(
            pk=55, title="Buy a “new” piano", due_on=date(2026, 12, 24), priority=3
        )
        todo_3 = Todo.objects.create(pk=56, title="Øv talen", project=project)
        tag = Tag.objects.create(name="Talk", slug="talk")
        tag_2 = Tag.objects.create(name="At home", slug="home")
        tag_3 = Tag.objects.create(name="Someday", slug="someday")
        todo.tags.add(tag_2, tag)
        todo_2.tags.add(tag_2)
        todo_3.tags.add(tag_3, tag)

        # Act
        response = self.client.get("/api/todos/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {
                "todos": [
                    {
                        "id": 51,
                        "title": 'Write "slides" for Anna\'s talk',
                        "is_completed": False,
                        "due_on": "2026-01-31",
                        "priority": "High",
                        "project": {
                            "name": "Django Day Copenhagen",
                            "budget": "1250.50",
                        },
                        "tags": ["home", "talk"],
                    },
                    {
                        "id": 55,
                        "title": "Buy a “new” piano",
                        "is_completed": False,
                        "due_on": "2026-12-24",
                        "priority": "High",
                        "project": None,
                        "tags": [],
                    },
                    {
                        "id": 54,
                        "title": "Repair the roof",
                        "is_completed": False,
                        "due_on": "2099-06-01",
                        "priority": "Normal",
                        "project": {"name": "The “old” house", "budget": None},
                        "tags": ["home"],
                    },
                    {
                        "id": 56,
                        "title": "Øv talen",
                        "is_completed": False,
                        "due_on": None,
                        "priority": "Normal",
                        "project": {
                            "name": "Django Day Copenhagen",
                            "budget": "1250.50",
                        },
                        "tags": ["someday", "talk"],
                    },
                    {
                        "id": 53,
                        "title": "Sell the piano",
                        "is_completed": False,
                        "due_on": None,
                        "priority": "Low",
                        "project": {"name": "The “old” house", "budget": None},
                        "tags": [],
                    },
                    {
                        "id": 50,
                        "title": "Give a talk at Django Day Copenhagen",
                        "is_completed": True,
                        "due_on": None,
                        "priority": "Normal",
                        "project": None,
                        "tags": [],
                    },
                    {
                        "id": 52,
                        "title": "Køb rødgrød med fløde",
                        "is_completed": True,
                        "due_on": None,
                        "priority": "Normal",
                        "project": None,
                        "tags": [],
                    },
                ]
            },
        )
