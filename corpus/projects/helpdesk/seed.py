import datetime as dt

import django

django.setup()

from django.contrib.auth.models import User
from helpdesk.models import (
    FollowUp,
    KBCategory,
    KBItem,
    PreSetReply,
    Queue,
    Ticket,
    TicketCC,
)

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
anna = User.objects.create_user("anna", "anna@example.org", PASSWORD, is_staff=True)
User.objects.create_user("bo", "bo@example.org", PASSWORD)

printers = Queue.objects.create(
    title="Printers", slug="printers", allow_public_submission=True, email_address="p@example.org"
)
network = Queue.objects.create(title="Network", slug="network")
when = dt.datetime(2026, 4, 1, 8, tzinfo=dt.UTC)
for number in range(1, 11):
    ticket = Ticket.objects.create(
        title=f"Problem {number}",
        queue=printers if number % 3 else network,
        created=when + dt.timedelta(days=number),
        submitter_email=f"user{number % 2}@example.org",
        description=f"It makes a noise ({number})",
        status=1 + number % 4,
        priority=1 + number % 5,
        assigned_to=(None, anna, boss)[number % 3],
        due_date=when + dt.timedelta(days=20) if number == 1 else None,
        secret_key=f"{number:036}",
    )
    FollowUp.objects.create(ticket=ticket, title="Opened", comment="Hello", public=True, date=when, user=anna)
TicketCC.objects.create(ticket_id=1, user=anna, can_view=True)
category = KBCategory.objects.create(
    name="Paper", title="Paper", slug="paper", description="All of *paper*", queue=printers
)
for number in (1, 2):
    KBItem.objects.create(
        category=category,
        title=f"Jam {number}",
        question="Why?",
        answer="Because",
        votes=3,
        recommendations=1,
    )
PreSetReply.objects.create(name="Thanks", body="Thank you, {{ ticket.title }}")
