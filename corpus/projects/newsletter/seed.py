import datetime as dt

import django

django.setup()

from django.contrib.auth.models import User
from newsletter.models import Article, Message, Newsletter, Submission, Subscription

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
anna = User.objects.create_user("anna", "anna@example.org", PASSWORD, first_name="Anna")
bo = User.objects.create_user("bo", "bo@example.org", PASSWORD, is_staff=True)

weekly = Newsletter.objects.create(
    title="The Weekly", slug="weekly", email="weekly@example.org", sender="Editors"
)
hidden = Newsletter.objects.create(
    title="Hidden", slug="hidden", email="h@example.org", sender="H", visible=False
)
Subscription.objects.create(newsletter=weekly, user=anna, subscribed=True)
for newsletter in (weekly, hidden):
    newsletter.site.add(1)
for number in range(1, 5):
    Subscription.objects.create(
        newsletter=weekly,
        name_field=f"Reader {number}",
        email_field=f"reader{number}@example.org",
        subscribed=number != 4,
        activation_code=str(number) * 40,
    )
for number in (1, 2):
    message = Message.objects.create(newsletter=weekly, title=f"Issue {number}", slug=f"issue-{number}")
    for place in (1, 2):
        Article.objects.create(
            post=message, title=f"Article {number}.{place}", text="Once upon a *time*", sortorder=10 * place
        )
    submission = Submission.from_message(message)
    submission.publish_date = dt.datetime(2026, 3, number, 8, 30, tzinfo=dt.UTC)
    submission.publish = True
    submission.sent = number == 1
    submission.prepared = number == 1
    submission.save()
Message.objects.create(newsletter=weekly, title="Draft", slug="draft")
