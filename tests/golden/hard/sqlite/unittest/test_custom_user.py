from django.test import TestCase

from cases.models import Member, Profile


class CasesTests(TestCase):
    def test_who_returns_json(self):
        # Arrange
        user = Member.objects.create_user(
            email="ann@example.com", password="secret", shown_as="Ann"
        )
        Profile.objects.update_or_create(
            member=user, defaults={"greeting": "Hello ann@example.com!"}
        )
        self.client.force_login(user)

        # Act
        response = self.client.get("/who/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {
                "email": "ann@example.com",
                "shown_as": "Ann",
                "greeting": "Hello ann@example.com!",
            },
        )
