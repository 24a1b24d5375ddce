import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.asserts import assertRedirects

from todos.models import Comment, Todo

pytestmark = pytest.mark.django_db


def test_attach_todo_redirects_to_todos(client):
    # Arrange
    user = User.objects.create_user(
        username="bo",
        password="secret",
        first_name="Bo",
        last_name="O'Hara",
        email="bo@example.com",
    )
    todo = Todo.objects.create(
        pk=50, title="Give a talk at Django Day Copenhagen", is_completed=True
    )
    client.force_login(user)

    # Act
    response = client.post(
        "/todos/50/attach/",
        {
            "notes": SimpleUploadedFile(
                "noter.txt",
                b"Bring an adapter\n\nSay \xe2\x80\x9ctak\xe2\x80\x9d\n",
                content_type="text/plain",
            )
        },
    )

    # Assert
    assertRedirects(response, "/todos/50/", fetch_redirect_response=False)
    assert [str(message) for message in get_messages(response.wsgi_request)] == [
        "2 notes were attached."
    ]
    comment = Comment.objects.get(text="Bring an adapter")
    comment_2 = Comment.objects.get(text="Say “tak”")
    assert comment.todo == todo
    assert comment.author == user
    assert comment_2.todo == todo
    assert comment_2.author == user
    assert comment_2.position == 1
