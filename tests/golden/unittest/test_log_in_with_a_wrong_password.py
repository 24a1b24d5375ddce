from django.contrib.auth.models import User
from django.test import TestCase


class TodosTests(TestCase):
    def test_login_shows_form_errors(self):
        # Arrange
        User.objects.create_user(
            username="anna",
            password="secret",
            first_name="Anna",
            last_name="Åkjær",
            email="anna@example.com",
        )

        # Act
        response = self.client.post(
            "/accounts/login/", {"username": "anna", "password": "xdwkh"}
        )

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertTemplateUsed(response, "registration/login.html")
        self.assertContains(
            response,
            (
                "Please enter a correct username and password. Note that both fields may be "
                "case-sensitive."
            ),
        )
        self.assertContains(response, "Log in")
        self.assertContains(response, 'name="username" value="anna"')
