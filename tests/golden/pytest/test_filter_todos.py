from datetime import date
from decimal import Decimal

import pytest
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertTemplateUsed

from todos.models import Project, Tag, Todo

pytestmark = pytest.mark.django_db


def test_todo_list_shows_todo(client):
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
    response = client.get("/", {"tag": ["talk", "home"], "q": "Anna's"})

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/list.html")
    assertContains(response, "Django Day Copenhagen")
    assertContains(response, escape('Write "slides" for Anna\'s talk'))
    assertContains(response, "home")
    assertContains(response, f'href="/todos/{todo.pk}/"')
