import pytest
from django.contrib.auth.models import User
from pytest_django.asserts import assertContains, assertTemplateUsed

pytestmark = pytest.mark.django_db


def test_login_shows_form_errors(client):
    # Arrange
    User.objects.create_user(
        username="anna",
        password="secret",
        first_name="Anna",
        last_name="Åkjær",
        email="anna@example.com",
    )

    # Act
    response = client.post(
        "/accounts/login/", {"username": "anna", "password": "xdwkh"}
    )

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "registration/login.html")
    assertContains(
        response,
        (
            "Please enter a correct username and password. Note that both fields may be "
            "case-sensitive."
        ),
    )
    assertContains(response, "Log in")
    assertContains(response, 'name="username" value="anna"')
