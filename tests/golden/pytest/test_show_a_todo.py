from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertTemplateUsed

from todos.models import Comment, Project, Tag, Todo

pytestmark = pytest.mark.django_db


@time_machine.travel(datetime(2026, 11, 21, 15, 1, 56, 31627, tzinfo=UTC))
def test_todo_detail_shows_todo(client):
    # Arrange
    anna = User.objects.create_user(
        username="anna", first_name="Anna", last_name="Åkjær", email="anna@example.com"
    )
    bo = User.objects.create_user(
        username="bo", first_name="Bo", last_name="O'Hara", email="bo@example.com"
    )
    project = Project.objects.create(
        name="Django Day Copenhagen", budget=Decimal("1250.50"), owner=anna
    )
    todo = Todo.objects.create(
        pk=51,
        title='Write "slides" for Anna\'s talk',
        due_on=date(2026, 1, 31),
        priority=3,
        owner=anna,
        project=project,
    )
    tag = Tag.objects.create(name="Talk", slug="talk")
    tag_2 = Tag.objects.create(name="At home", slug="home")
    Comment.objects.create(todo=todo, author=bo, text="Don't forget the <b>demo</b>!")
    Comment.objects.create(todo=todo, text="Ten slides, «højst».", position=1)
    todo.tags.add(tag_2, tag)

    # Act
    response = client.get("/todos/51/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/detail.html")
    assertContains(response, escape('Write "slides" for Anna\'s talk'))
    assertContains(response, "Django Day Copenhagen, budget 1250.50")
    assertContains(response, "At home, Talk")
    assertContains(response, escape("Don't forget the <b>demo</b>! – bo"))
    assertContains(response, "Ten slides, «højst».")
    assertContains(response, "Anna Åkjær")
    assertContains(response, "High")
    assertContains(response, "overdue")
