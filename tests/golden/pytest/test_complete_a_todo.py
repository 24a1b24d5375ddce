import pytest
from pytest_django.asserts import assertRedirects

from todos.models import Todo

pytestmark = pytest.mark.django_db


def test_complete_todo_redirects_to_index(client):
    # Arrange
    todo = Todo.objects.create(pk=50, title="Give a talk at Django Day Copenhagen")

    # Act
    response = client.post("/complete/50/")

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    todo.refresh_from_db()
    assert todo.is_completed is True
