import pytest

pytestmark = pytest.mark.django_db


def test_todo_detail_is_not_found(client):
    # Act
    response = client.get("/todos/4711/")

    # Assert
    assert response.status_code == 404
