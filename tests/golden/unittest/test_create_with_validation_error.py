from decimal import Decimal

from django.test import TestCase
from django.utils.html import escape

from todos.models import Project, Tag


class TodosTests(TestCase):
    def test_todo_create_shows_form_errors(self):
        # Arrange
        Project.objects.create(name="Django Day Copenhagen", budget=Decimal("1250.50"))
        Project.objects.create(name="The “old” house")
        Tag.objects.create(pk=1, name="Talk", slug="talk")
        Tag.objects.create(pk=2, name="At home", slug="home")
        Tag.objects.create(pk=3, name="Someday", slug="someday")

        # Act
        response = self.client.post(
            "/create/", {"title": "BUY A PIANO", "due_on": "soon", "priority": "3"}
        )

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "todos/form.html")
        self.assertContains(response, escape("Please don't shout."))
        self.assertContains(response, "Enter a valid date.")
        self.assertContains(response, "Django Day Copenhagen")
        self.assertContains(response, "The “old” house")
        self.assertContains(response, "Talk")
        self.assertContains(response, "At home")
        self.assertContains(response, "Someday")
        self.assertContains(response, "New todo")
        self.assertContains(response, 'name="title" value="BUY A PIANO"')
        self.assertContains(response, 'name="due_on" value="soon"')
        self.assertContains(response, '<option value="3" selected>High</option>')
