import datetime as dt

import django

django.setup()

from django.contrib.auth.models import Group, Permission, User
from polls.models import Choice, Favourite, Question, Remark, Topic, Voter

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
clerk = User.objects.create_user("clerk", "clerk@example.org", PASSWORD, is_staff=True, first_name="Clara")
User.objects.create_user("guest", "guest@example.org", PASSWORD)
readers = Group.objects.create(name="Readers")
readers.permissions.set(Permission.objects.filter(codename__in=["view_question", "view_topic"]))
clerk.groups.add(readers)
clerk.user_permissions.add(Permission.objects.get(codename="add_topic"))

topics = [Topic.objects.create(name=name, slug=name.lower()) for name in ("Food", "Music", "Weather")]
for number in range(1, 13):
    question = Question.objects.create(
        text=f"What about number {number}?",
        status=["draft", "open", "closed"][number % 3],
        published=dt.datetime(2026, 1 + number % 4, number, 9, 30, tzinfo=dt.UTC),
        author=boss if number % 2 else clerk,
        closes_on=dt.date(2026, 12, number) if number % 4 == 0 else None,
    )
    question.topics.set(topics[: number % 3])
    for text in ("Yes", "No", "Perhaps")[: 1 + number % 3]:
        Choice.objects.create(question=question, text=text, votes=number)
remark = Remark.objects.create(question_id=1, text="Well asked")
Remark.objects.create(question_id=1, text="Indeed", parent=remark)
voter = Voter.objects.create(user=boss, born_on=dt.date(1980, 2, 29))
Favourite.objects.create(voter=voter, question_id=3, rank=2)
