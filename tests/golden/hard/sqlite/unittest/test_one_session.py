from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from django.test import TestCase

from cases.models import Member, Profile


class CasesTests(TestCase):
    def test_log_me_in_then_add_to_basket_twice_then_sign_up(self):
        # Arrange
        # In bulk, as save() or a signal handler would add to what was recorded.
        [user] = Member.objects.bulk_create(
            [
                Member(
                    pk=1,
                    email="ann@example.com",
                    password=make_password("khtjygahfn-53"),
                    shown_as="Ann",
                )
            ]
        )
        Profile.objects.create(pk=1, member=user, greeting="Hello ann@example.com!")

        # Act
        response = self.client.post(
            "/log-me-in/", {"email": "ann@example.com", "password": "khtjygahfn-53"}
        )

        # Assert
        self.assertRedirects(response, "/who/", fetch_redirect_response=False)
        self.assertEqual(get_user(self.client), user)

        # Act
        response = self.client.get(response.url)

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

        # Act
        response = self.client.post("/basket/", {"book": "1"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"1": 1})
        self.assertEqual(self.client.session["basket"], {"1": 1})

        # Act
        response = self.client.post("/basket/", {"book": "1", "number": "2"})

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {"1": 3})
        self.assertEqual(self.client.session["basket"], {"1": 3})

        # Act
        response = self.client.post(
            "/members/",
            {"email": "ida@example.com", "password": "dajhv-86", "name": "Ida"},
        )

        # Assert
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"greeting": "Hello ida@example.com!"})
        member = Member.objects.get(email="ida@example.com")
        new_profile = Profile.objects.get(member=member)
        self.assertTrue(member.check_password("dajhv-86"))
        self.assertEqual(member.shown_as, "Ida")
        self.assertEqual(new_profile.greeting, "Hello ida@example.com!")
