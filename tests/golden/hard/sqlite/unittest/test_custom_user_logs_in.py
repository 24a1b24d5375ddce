from django.contrib.auth import get_user
from django.test import TestCase

from cases.models import Member


class CasesTests(TestCase):
    def test_log_me_in_redirects_to_who(self):
        # Arrange
        user = Member.objects.create_user(
            email="ann@example.com", password="khtjygahfn-53", shown_as="Ann"
        )

        # Act
        response = self.client.post(
            "/log-me-in/", {"email": "ann@example.com", "password": "khtjygahfn-53"}
        )

        # Assert
        self.assertRedirects(response, "/who/", fetch_redirect_response=False)
        self.assertEqual(get_user(self.client), user)
