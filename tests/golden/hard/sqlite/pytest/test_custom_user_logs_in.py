import pytest
from django.contrib.auth import get_user
from pytest_django.asserts import assertRedirects

from cases.models import Member

pytestmark = pytest.mark.django_db


def test_log_me_in_redirects_to_who(client):
    # Arrange
    user = Member.objects.create_user(
        email="ann@example.com", password="khtjygahfn-53", shown_as="Ann"
    )

    # Act
    response = client.post(
        "/log-me-in/", {"email": "ann@example.com", "password": "khtjygahfn-53"}
    )

    # Assert
    assertRedirects(response, "/who/", fetch_redirect_response=False)
    assert get_user(client) == user
