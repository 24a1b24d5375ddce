import pytest
import responses
from pytest_django.asserts import assertRedirects
from responses import matchers

from todos.models import Todo

pytestmark = pytest.mark.django_db


@responses.activate(assert_all_requests_are_fired=True)
def test_quote_todo_redirects_to_todos(client):
    # Arrange
    todo = Todo.objects.create(pk=53, title="Sell the piano", priority=1)
    responses.add(
        "POST",
        "http://127.0.0.1:8799/quotes",
        json={
            "topic": "Sell the piano",
            "quotes": [
                {
                    "text": "Det er svært at spå, især om fremtiden.",
                    "author": "Robert Storm Petersen",
                }
            ],
        },
        match=[matchers.json_params_matcher({"topic": "Sell the piano", "limit": 1})],
    )

    # Act
    response = client.post("/todos/53/quote/")

    # Assert
    assertRedirects(response, "/todos/53/", fetch_redirect_response=False)
    todo.refresh_from_db()
    assert (
        todo.quote
        == "“Det er svært at spå, især om fremtiden.” (Robert Storm Petersen)"
    )
    assert len(responses.calls) == 1
