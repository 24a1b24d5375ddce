import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from pytest_django.asserts import assertRedirects

pytestmark = pytest.mark.django_db


def test_logout_redirects_to_index(client):
    # Arrange
    user = User.objects.create_user(
        username="bo",
        password="secret",
        first_name="Bo",
        last_name="O'Hara",
        email="bo@example.com",
    )
    client.force_login(user)

    # Act
    response = client.post("/accounts/logout/")

    # Assert
    assertRedirects(response, "/", fetch_redirect_response=False)
    assert not get_user(client).is_authenticated
