from decimal import Decimal

from django.test import TestCase

from todos.models import Project, Tag


class TodosTests(TestCase):
    def test_todo_create_shows_projects(self):
        # Arrange
        Project.objects.create(name="Django Day Copenhagen", budget=Decimal("1250.50"))
        Project.objects.create(name="The “old” house")
        Tag.objects.create(name="Talk", slug="talk")
        Tag.objects.create(name="At home", slug="home")
        Tag.objects.create(name="Someday", slug="someday")

        # Act
        response = self.client.get("/create/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "todos/form.html")
        self.assertContains(response, "Django Day Copenhagen")
        self.assertContains(response, "The “old” house")
        self.assertContains(response, "Talk")
        self.assertContains(response, "At home")
        self.assertContains(response, "Someday")
        self.assertContains(response, "New todo")
        self.assertContains(response, '<option value="2" selected>Normal</option>')
