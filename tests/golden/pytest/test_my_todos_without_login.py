import pytest
from pytest_django.asserts import assertRedirects

pytestmark = pytest.mark.django_db


def test_mine_redirects_to_login(client):
    # Act
    response = client.get("/mine/")

    # Assert
    assertRedirects(
        response, "/accounts/login/?next=/mine/", fetch_redirect_response=False
    )
