from datetime import date

import pytest
from pytest_django.asserts import assertRedirects

from todos.models import Todo

pytestmark = pytest.mark.django_db


def test_delete_todo_redirects_to_index(client):
    # Arrange
    todo = Todo.objects.create(pk=54, title="Repair the roof", due_on=date(2099, 6, 1))

    # Act
    response = client.post("/todos/54/delete/")

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    assert not Todo.objects.filter(pk=todo.pk).exists()
