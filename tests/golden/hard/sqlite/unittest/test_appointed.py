from django.test import TestCase

from cases.models import Player, Team


class CasesTests(TestCase):
    def test_appoint_team_creates_player(self):
        # Arrange
        team = Team.objects.create(pk=1, name="Blue")
        # Made up: the request needed this row, but never read it.
        player = Player.objects.create(pk=1, name="player", team=team)
        Team.objects.filter(pk=team.pk).update(captain=player)

        # Act
        response = self.client.post("/teams/1/captain/", {"name": "Signe"})

        # Assert
        self.assertEqual(response.status_code, 204)
        new_player = Player.objects.get(name="Signe")
        self.assertEqual(new_player.team, team)
        team.refresh_from_db()
        self.assertEqual(team.captain, new_player)
