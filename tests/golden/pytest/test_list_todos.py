from datetime import date
from decimal import Decimal

import pytest
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertTemplateUsed

from todos.models import Project, Tag, Todo

pytestmark = pytest.mark.django_db


def test_todo_list_shows_todos(client):
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
    response = client.get("/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/list.html")
    assertContains(response, "The “old” house")
    assertContains(response, "Give a talk at Django Day Copenhagen")
    assertContains(response, escape('Write "slides" for Anna\'s talk'))
    assertContains(response, "Køb rødgrød med fløde")
    assertContains(response, "Sell the piano")
    assertContains(response, "Repair the roof")
    assertContains(response, "home")
    assertContains(response, f'href="/todos/{todo.pk}/"')
