from unittest.mock import patch

from django.core import mail
from django.test import TestCase

from cases.models import Ticket


class CasesTests(TestCase):
    def test_order_ticket_redirects_to_tickets(self):
        # Act
        with (
            patch("random.randint", return_value=4937),
            self.captureOnCommitCallbacks(execute=True),
        ):
            response = self.client.post("/tickets/", {"email": "ann@example.com"})

        # Assert
        ticket = Ticket.objects.get()
        self.assertEqual(ticket.number, 4937)
        self.assertTrue(ticket.code)
        self.assertEqual(ticket.holder, "ann@example.com")
        self.assertRedirects(
            response, f"/tickets/{ticket.pk}/", fetch_redirect_response=False
        )
        [message] = mail.outbox
        self.assertEqual(message.subject, "Ticket 4937")
        self.assertEqual(message.to, ["ann@example.com"])
        self.assertIn("Your number is 4937.", message.body)
        self.assertIn(
            f"http://tickets.example/tickets/{ticket.pk}/?code={ticket.code}",
            message.body,
        )
