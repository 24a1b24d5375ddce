from decimal import Decimal

import pytest
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertTemplateUsed

from todos.models import Project, Tag

pytestmark = pytest.mark.django_db


def test_todo_create_shows_form_errors(client):
    # Arrange
    Project.objects.create(name="Django Day Copenhagen", budget=Decimal("1250.50"))
    Project.objects.create(name="The “old” house")
    Tag.objects.create(pk=1, name="Talk", slug="talk")
    Tag.objects.create(pk=2, name="At home", slug="home")
    Tag.objects.create(pk=3, name="Someday", slug="someday")

    # Act
    response = client.post(
        "/create/", {"title": "BUY A PIANO", "due_on": "soon", "priority": "3"}
    )

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/form.html")
    assertContains(response, escape("Please don't shout."))
    assertContains(response, "Enter a valid date.")
    assertContains(response, "Django Day Copenhagen")
    assertContains(response, "The “old” house")
    assertContains(response, "Talk")
    assertContains(response, "At home")
    assertContains(response, "Someday")
    assertContains(response, "New todo")
    assertContains(response, 'name="title" value="BUY A PIANO"')
    assertContains(response, 'name="due_on" value="soon"')
    assertContains(response, '<option value="3" selected>High</option>')
