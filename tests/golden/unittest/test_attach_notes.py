from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from todos.models import Comment, Todo


class TodosTests(TestCase):
    def test_attach_todo_redirects_to_todos(self):
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
        self.client.force_login(user)

        # Act
        response = self.client.post(
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
        self.assertRedirects(response, "/todos/50/", fetch_redirect_response=False)
        self.assertEqual(
            [str(message) for message in get_messages(response.wsgi_request)],
            ["2 notes were attached."],
        )
        comment = Comment.objects.get(text="Bring an adapter")
        comment_2 = Comment.objects.get(text="Say “tak”")
        self.assertEqual(comment.todo, todo)
        self.assertEqual(comment.author, user)
        self.assertEqual(comment_2.todo, todo)
        self.assertEqual(comment_2.author, user)
        self.assertEqual(comment_2.position, 1)
