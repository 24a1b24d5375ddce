import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from pytest_django.asserts import assertRedirects

from cases.models import Member, Profile

pytestmark = pytest.mark.django_db


def test_log_me_in_then_add_to_basket_twice_then_sign_up(client):
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
    response = client.post(
        "/log-me-in/", {"email": "ann@example.com", "password": "khtjygahfn-53"}
    )

    # Assert
    assertRedirects(response, "/who/", fetch_redirect_response=False)
    assert get_user(client) == user

    # Act
    response = client.get(response.url)

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "email": "ann@example.com",
        "shown_as": "Ann",
        "greeting": "Hello ann@example.com!",
    }

    # Act
    response = client.post("/basket/", {"book": "1"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"1": 1}
    assert client.session["basket"] == {"1": 1}

    # Act
    response = client.post("/basket/", {"book": "1", "number": "2"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"1": 3}
    assert client.session["basket"] == {"1": 3}

    # Act
    response = client.post(
        "/members/", {"email": "ida@example.com", "password": "dajhv-86", "name": "Ida"}
    )

    # Assert
    assert response.status_code == 201
    assert response.json() == {"greeting": "Hello ida@example.com!"}
    member = Member.objects.get(email="ida@example.com")
    new_profile = Profile.objects.get(member=member)
    assert member.check_password("dajhv-86")
    assert member.shown_as == "Ida"
    assert new_profile.greeting == "Hello ida@example.com!"
