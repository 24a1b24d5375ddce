import pytest

from cases.models import Member, Profile

pytestmark = pytest.mark.django_db


def test_sign_up_creates_member(client):
    # Act
    response = client.post(
        "/members/", {"email": "eva@example.com", "password": "pzsed-72", "name": "Eva"}
    )

    # Assert
    assert response.status_code == 201
    assert response.json() == {"greeting": "Hello eva@example.com!"}
    member = Member.objects.get()
    profile = Profile.objects.get()
    assert member.check_password("pzsed-72")
    assert member.email == "eva@example.com"
    assert member.shown_as == "Eva"
    assert profile.member == member
    assert profile.greeting == "Hello eva@example.com!"
