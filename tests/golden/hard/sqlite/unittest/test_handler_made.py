from django.test import TestCase

from cases.models import Member, Profile


class CasesTests(TestCase):
    def test_sign_up_creates_member(self):
        # Act
        response = self.client.post(
            "/members/",
            {"email": "eva@example.com", "password": "pzsed-72", "name": "Eva"},
        )

        # Assert
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"greeting": "Hello eva@example.com!"})
        member = Member.objects.get()
        profile = Profile.objects.get()
        self.assertTrue(member.check_password("pzsed-72"))
        self.assertEqual(member.email, "eva@example.com")
        self.assertEqual(member.shown_as, "Eva")
        self.assertEqual(profile.member, member)
        self.assertEqual(profile.greeting, "Hello eva@example.com!")
