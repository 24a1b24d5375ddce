from datetime import date

import pytest
from django.contrib.messages import get_messages
from pytest_django.asserts import assertRedirects

from todos.models import Todo

pytestmark = pytest.mark.django_db


def test_todo_create_redirects_to_index(client):
    # Act
    response = client.post(
        "/create/",
        {"title": "Buy a “new” piano", "due_on": "2026-12-24", "priority": "3"},
    )

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "“Buy a “new” piano” is on the list."
    ]
    todo = Todo.objects.get()
    assert todo.title == "Buy a “new” piano"
    assert todo.due_on == date(2026, 12, 24)
    assert todo.priority == 3
