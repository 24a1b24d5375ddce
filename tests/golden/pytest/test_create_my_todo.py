from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from pytest_django.asserts import assertRedirects

from todos.models import Project, Tag, Todo

pytestmark = pytest.mark.django_db


def test_todo_create_redirects_to_index(client):
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
    client.force_login(user)

    # Act
    response = client.post(
        "/create/",
        {"title": "Øv talen", "priority": "2", "project": "7", "tags": ["1", "3"]},
    )

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "“Øv talen” is on the list."
    ]
    todo = Todo.objects.get()
    assert todo.title == "Øv talen"
    assert todo.owner == user
    assert todo.project == project
    assert tag in todo.tags.all()
    assert tag_2 in todo.tags.all()
