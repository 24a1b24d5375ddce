from decimal import Decimal

import pytest
from pytest_django.asserts import assertContains, assertTemplateUsed

from todos.models import Project, Tag

pytestmark = pytest.mark.django_db


def test_todo_create_shows_projects(client):
    # Arrange
    Project.objects.create(name="Django Day Copenhagen", budget=Decimal("1250.50"))
    Project.objects.create(name="The “old” house")
    Tag.objects.create(name="Talk", slug="talk")
    Tag.objects.create(name="At home", slug="home")
    Tag.objects.create(name="Someday", slug="someday")

    # Act
    response = client.get("/create/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/form.html")
    assertContains(response, "Django Day Copenhagen")
    assertContains(response, "The “old” house")
    assertContains(response, "Talk")
    assertContains(response, "At home")
    assertContains(response, "Someday")
    assertContains(response, "New todo")
    assertContains(response, '<option value="2" selected>Normal</option>')
