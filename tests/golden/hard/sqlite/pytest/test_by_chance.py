from unittest.mock import patch

import pytest
from django.core import mail
from pytest_django.asserts import assertRedirects

from cases.models import Ticket

pytestmark = pytest.mark.django_db


def test_order_ticket_redirects_to_tickets(client, django_capture_on_commit_callbacks):
    # Act
    with (
        patch("random.randint", return_value=4937),
        django_capture_on_commit_callbacks(execute=True),
    ):
        response = client.post("/tickets/", {"email": "ann@example.com"})

    # Assert
    ticket = Ticket.objects.get()
    assert ticket.number == 4937
    assert ticket.code
    assert ticket.holder == "ann@example.com"
    assertRedirects(response, f"/tickets/{ticket.pk}/", fetch_redirect_response=False)
    [message] = mail.outbox
    assert message.subject == "Ticket 4937"
    assert message.to == ["ann@example.com"]
    assert "Your number is 4937." in message.body
    assert (
        f"http://tickets.example/tickets/{ticket.pk}/?code={ticket.code}"
        in message.body
    )
