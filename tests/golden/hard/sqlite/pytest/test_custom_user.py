import pytest

from cases.models import Member, Profile

pytestmark = pytest.mark.django_db


def test_who_returns_json(client):
    # Arrange
    user = Member.objects.create_user(
        email="ann@example.com", password="secret", shown_as="Ann"
    )
    Profile.objects.update_or_create(
        member=user, defaults={"greeting": "Hello ann@example.com!"}
    )
    client.force_login(user)

    # Act
    response = client.get("/who/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "email": "ann@example.com",
        "shown_as": "Ann",
        "greeting": "Hello ann@example.com!",
    }
