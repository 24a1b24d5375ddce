from datetime import date

import pytest
from pytest_django.asserts import assertRedirects

from todos.models import Todo

pytestmark = pytest.mark.django_db


def test_complete_todo_51_redirects_to_index(client):
    # Arrange
    todo = Todo.objects.create(
        pk=51,
        title='Write "slides" for Anna\'s talk',
        due_on=date(2026, 1, 31),
        priority=3,
    )

    # Act
    response = client.post("/complete/51/")

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    todo.refresh_from_db()
    assert todo.is_completed is True


def test_complete_todo_53_redirects_to_index(client):
    # Arrange
    todo = Todo.objects.create(
        pk=53,
        title="Sell the piano",
        priority=1,
        quote="“Det er svært at spå, især om fremtiden.” (Robert Storm Petersen)",
    )

    # Act
    response = client.post("/complete/53/")

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    todo.refresh_from_db()
    assert todo.is_completed is True
