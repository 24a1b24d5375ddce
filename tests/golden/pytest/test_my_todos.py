from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertTemplateUsed

from todos.models import Project, Todo

pytestmark = pytest.mark.django_db


def test_mine_shows_todos(client):
    # Arrange
    user = User.objects.create_user(
        username="anna",
        password="secret",
        first_name="Anna",
        last_name="Åkjær",
        email="anna@example.com",
    )
    project = Project.objects.create(
        name="Django Day Copenhagen", budget=Decimal("1250.50"), owner=user
    )
    todo = Todo.objects.create(
        title='Write "slides" for Anna\'s talk',
        due_on=date(2026, 1, 31),
        priority=3,
        owner=user,
        project=project,
    )
    Todo.objects.create(title="Køb rødgrød med fløde", is_completed=True, owner=user)
    Todo.objects.create(title="Øv talen", owner=user, project=project)
    client.force_login(user)

    # Act
    response = client.get("/mine/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/mine.html")
    assertContains(response, "Todos of Anna Åkjær")
    assertContains(response, "Django Day Copenhagen")
    assertContains(response, escape('Write "slides" for Anna\'s talk'))
    assertContains(response, "Køb rødgrød med fløde")
    assertContains(response, "Øv talen")
    assertContains(response, f'href="/todos/{todo.pk}/"')
