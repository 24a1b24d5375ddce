from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import TestCase


class TodosTests(TestCase):
    def test_logout_redirects_to_index(self):
        # Arrange
        user = User.objects.create_user(
            username="bo",
            password="secret",
            first_name="Bo",
            last_name="O'Hara",
            email="bo@example.com",
        )
        self.client.force_login(user)

        # Act
        response = self.client.post("/accounts/logout/")

        # Assert
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertFalse(get_user(self.client).is_authenticated)
