from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import TestCase


class TodosTests(TestCase):
    def test_login_redirects_to_mine(self):
        # Arrange
        user = User.objects.create_user(
            username="anna",
            password="khtjygahfn-53",
            first_name="Anna",
            last_name="Åkjær",
            email="anna@example.com",
        )

        # Act
        response = self.client.post(
            "/accounts/login/", {"username": "anna", "password": "khtjygahfn-53"}
        )

        # Assert
        self.assertRedirects(response, "/mine/", fetch_redirect_response=False)
        self.assertEqual(get_user(self.client), user)
