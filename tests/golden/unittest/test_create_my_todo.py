from decimal import Decimal

from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import TestCase

from todos.models import Project, Tag, Todo


class TodosTests(TestCase):
    def test_todo_create_redirects_to_index(self):
        # Arrange
        user = User.objects.create_user(
            pk=1,
            username="anna",
            password="secret",
            first_name="Anna",
            last_name="Åkjær",
            email="anna@example.com",
        )
        project = Project.objects.create(
            pk=7, name="Django Day Copenhagen", budget=Decimal("1250.50"), owner=user
        )
        tag = Tag.objects.create(pk=1, name="Talk", slug="talk")
        tag_2 = Tag.objects.create(pk=3, name="Someday", slug="someday")
        self.client.force_login(user)

        # Act
        response = self.client.post(
            "/create/",
            {"title": "Øv talen", "priority": "2", "project": "7", "tags": ["1", "3"]},
        )

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertEqual(
            [str(message) for message in get_messages(response.wsgi_request)],
            ["“Øv talen” is on the list."],
        )
        todo = Todo.objects.get()
        self.assertEqual(todo.title, "Øv talen")
        self.assertEqual(todo.owner, user)
        self.assertEqual(todo.project, project)
        self.assertIn(tag, todo.tags.all())
        self.assertIn(tag_2, todo.tags.all())
