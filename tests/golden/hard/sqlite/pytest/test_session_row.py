import pytest

pytestmark = pytest.mark.django_db


def test_add_to_basket_succeeds(client):
    # Act
    response = client.post("/basket/", {"book": "2", "number": "3"})

    # Assert
    assert response.status_code == 200
    assert response.json() == {"2": 3}
    assert client.session["basket"] == {"2": 3}
