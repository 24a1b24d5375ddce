import pytest

from cases.models import Player, Team

pytestmark = pytest.mark.django_db


def test_appoint_team_creates_player(client):
    # Arrange
    team = Team.objects.create(pk=1, name="Blue")
    # Made up: the request needed this row, but never read it.
    player = Player.objects.create(pk=1, name="player", team=team)
    Team.objects.filter(pk=team.pk).update(captain=player)

    # Act
    response = client.post("/teams/1/captain/", {"name": "Signe"})

    # Assert
    assert response.status_code == 204
    new_player = Player.objects.get(name="Signe")
    assert new_player.team == team
    team.refresh_from_db()
    assert team.captain == new_player
