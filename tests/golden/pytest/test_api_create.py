from decimal import Decimal

import pytest

from todos.models import Project, Tag, Todo

pytestmark = pytest.mark.django_db


def test_api_todos_creates_todo(client):
    # Arrange
    project = Project.objects.create(
        pk=7, name="Django Day Copenhagen", budget=Decimal("1250.50")
    )
    tag = Tag.objects.create(pk=2, name="At home", slug="home")

    # Act
    response = client.post(
        "/api/todos/",
        {
            "title": "Call Søren",
            "due_on": None,
            "priority": 1,
            "project": 7,
            "tags": [2],
        },
        content_type="application/json",
    )

    # Assert
    assert response.status_code == 201
    todo = Todo.objects.get()
    assert todo.title == "Call Søren"
    assert todo.priority == 1
    assert todo.project == project
    assert tag in todo.tags.all()
    assert response.json() == {
        "id": todo.pk,
        "title": "Call Søren",
        "is_completed": False,
        "due_on": None,
        "priority": "Low",
        "project": {"name": "Django Day Copenhagen", "budget": "1250.50"},
        "tags": ["home"],
    }
    assert response.headers["Location"] == f"/todos/{todo.pk}/"
