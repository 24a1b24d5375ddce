import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from pytest_django.asserts import assertRedirects

pytestmark = pytest.mark.django_db


def test_login_redirects_to_mine(client):
    # Arrange
    user = User.objects.create_user(
        username="anna",
        password="khtjygahfn-53",
        first_name="Anna",
        last_name="Åkjær",
        email="anna@example.com",
    )

    # Act
    response = client.post(
        "/accounts/login/", {"username": "anna", "password": "khtjygahfn-53"}
    )

    # Assert
    assertRedirects(response, "/mine/", fetch_redirect_response=False)
    assert get_user(client) == user
