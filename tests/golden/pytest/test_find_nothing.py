import pytest
from pytest_django.asserts import assertContains, assertTemplateUsed

pytestmark = pytest.mark.django_db


def test_todo_list_shows_no_todos(client):
    # Act
    response = client.get("/", {"q": "“ingenting” & mere"})

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "todos/list.html")
    assertContains(response, "Todos")
    assertContains(response, "Nothing to do.")
