from django.test import TestCase


class TodosTests(TestCase):
    def test_mine_redirects_to_login(self):
        # Act
        response = self.client.get("/mine/")

        # Assert
        self.assertRedirects(
            response, "/accounts/login/?next=/mine/", fetch_redirect_response=False
        )
