from django.test import TestCase

from cases.models import Player, Team


class CasesTests(TestCase):
    def test_mutual_returns_json(self):
        # Arrange
        team = Team.objects.create(pk=1, name="Blue")
        player = Player.objects.create(pk=1, name="Ulla", team=team)
        Player.objects.create(pk=2, name="Rikke", team=team)
        Team.objects.filter(pk=team.pk).update(captain=player)

        # Act
        response = self.client.get("/teams/1/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"captain": "Ulla", "players": [["Rikke", "Blue"], ["Ulla", "Blue"]]},
        )
