import datetime as dt

import django

django.setup()

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from machina.apps.forum.models import Forum
from machina.apps.forum_conversation.forum_polls.models import TopicPoll, TopicPollOption, TopicPollVote
from machina.apps.forum_conversation.models import Post, Topic
from machina.apps.forum_permission.shortcuts import assign_perm

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
anna = User.objects.create_user("anna", "anna@example.org", PASSWORD)
bo = User.objects.create_user("bo", "bo@example.org", PASSWORD)

hobbies = Forum.objects.create(name="Hobbies", type=Forum.FORUM_CAT)
cooking = Forum.objects.create(
    name="Cooking", parent=hobbies, type=Forum.FORUM_POST, description="All about *food*"
)
baking = Forum.objects.create(name="Baking", parent=cooking, type=Forum.FORUM_POST)
music = Forum.objects.create(name="Music", parent=hobbies, type=Forum.FORUM_POST)
staff = Forum.objects.create(name="Staff only", type=Forum.FORUM_POST)
Forum.objects.create(name="Django", type=Forum.FORUM_LINK, link="https://www.djangoproject.com/")

anonymous = AnonymousUser()
for forum in (hobbies, cooking, baking, music):
    for permission in ("can_see_forum", "can_read_forum"):
        assign_perm(permission, anonymous, forum)
for user in (anna, bo):
    assign_perm("can_see_forum", user, staff, has_perm=False)
    assign_perm("can_read_forum", user, staff, has_perm=False)
assign_perm("can_lock_topics", bo, music)
assign_perm("can_approve_posts", bo, music)


def topic(forum, user, subject, *replies, type_=Topic.TOPIC_POST, approved=True):
    made = Topic.objects.create(
        forum=forum, poster=user, subject=subject, type=type_, status=Topic.TOPIC_UNLOCKED, approved=approved
    )
    for number, (poster, text) in enumerate([(user, f"About {subject}"), *replies]):
        Post.objects.create(
            topic=made,
            poster=poster,
            subject=subject if not number else f"Re: {subject}",
            content=text,
            approved=approved,
        )
    return made


bread = topic(baking, anna, "Rye bread", (bo, "With **seeds**"), (anna, "Of course"))
soup = topic(cooking, bo, "Soup", (anna, "Which one?"))
topic(cooking, boss, "Rules", type_=Topic.TOPIC_STICKY)
jazz = topic(music, anna, "Jazz", *[(bo, f"Record {n}") for n in range(20)])
topic(music, bo, "Waiting", approved=False)
topic(staff, boss, "Secret")
for number in range(25):
    topic(music, bo, f"Song {number}")
poll = TopicPoll.objects.create(
    topic=soup, question="Hot or cold?", duration=0, max_options=1, user_changes=True
)
hot = TopicPollOption.objects.create(poll=poll, text="Hot")
TopicPollOption.objects.create(poll=poll, text="Cold")
TopicPollVote.objects.create(poll_option=hot, voter=boss)
jazz.subscribers.add(bo)
Topic.objects.filter(pk=bread.pk).update(created=timezone.now() - dt.timedelta(days=3))
