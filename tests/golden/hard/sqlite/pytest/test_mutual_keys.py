import pytest

from cases.models import Player, Team

pytestmark = pytest.mark.django_db


def test_mutual_returns_json(client):
    # Arrange
    team = Team.objects.create(pk=1, name="Blue")
    player = Player.objects.create(pk=1, name="Ulla", team=team)
    Player.objects.create(pk=2, name="Rikke", team=team)
    Team.objects.filter(pk=team.pk).update(captain=player)

    # Act
    response = client.get("/teams/1/")

    # Assert
    assert response.status_code == 200
    assert response.json() == {
        "captain": "Ulla",
        "players": [["Rikke", "Blue"], ["Ulla", "Blue"]],
    }
