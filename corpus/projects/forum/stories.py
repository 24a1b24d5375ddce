"""What people do in a forum."""

from corpus.stories import LoginForm, Story, get, opened, submit

PACKAGES = ("machina",)
LOGIN = LoginForm("/login/", more={"next": "/"})

COOKING, BAKING, MUSIC, STAFF = (
    "/forum/cooking-2/",
    "/forum/baking-3/",
    "/forum/music-4/",
    "/forum/staff-only-5/",
)
BREAD = f"{BAKING}topic/rye-bread-1/"
SOUP = f"{COOKING}topic/soup-2/"
JAZZ = f"{MUSIC}topic/jazz-4/"
SONG = f"{MUSIC}topic/song-3-10/"


def management(prefix: str, total: int = 0) -> dict[str, str]:
    """Return the hidden fields of a formset."""
    return {
        f"{prefix}-TOTAL_FORMS": str(total),
        f"{prefix}-INITIAL_FORMS": "0",
        f"{prefix}-MIN_NUM_FORMS": "0",
        f"{prefix}-MAX_NUM_FORMS": "10",
    }


def topic(**fields: str) -> dict[str, str | list[str]]:
    """Return a filled form for a new topic."""
    return {
        "subject": "Knäckebröd",
        "content": "Crisp & *thin*",
        "topic_type": "0",
        "poll_question": "",
        "poll_max_options": "1",
        "poll_duration": "0",
        **management("poll"),
        **management("attachment"),
        **fields,
    }


def post(**fields: str) -> dict[str, str | list[str]]:
    """Return a filled form for a reply."""
    return {"subject": "Re: Soup", "content": "“Gazpacho”", **management("attachment"), **fields}


STORIES = (
    Story("index", (get("/"),)),
    Story("index-of-anna", (get("/"),), user="anna"),
    Story("index-of-boss", (get("/"),), user="boss"),
    Story("forum", (get(COOKING),)),
    Story("forum-of-anna", (get(COOKING),), user="anna"),
    Story("forum-second-page", (get(MUSIC, query=[("page", "2")]),), user="anna"),
    Story("forum-missing", (get("/forum/none-99/", 404),)),
    Story("forum-forbidden", (get(STAFF, 302),)),
    Story("forum-forbidden-anna", (get(STAFF, 403),), user="anna"),
    Story("forum-link", (get("/forum/django-6/", 302),), user="boss"),
    Story("topic", (get(BREAD),)),
    Story("topic-of-bo", (get(BREAD),), user="bo"),
    Story("topic-poll", (get(SOUP),), user="anna"),
    Story("topic-second-page", (get(JAZZ, query=[("page", "2")]),), user="anna"),
    Story("topic-missing", (get(f"{BAKING}topic/none-99/", 404),)),
    Story("new-topic-anonymous", (get(f"{COOKING}topic/create/", 302),)),
    Story("new-topic-form", (get(f"{COOKING}topic/create/"),), user="anna"),
    Story("new-topic", (submit(f"{COOKING}topic/create/", topic()),), user="anna"),
    Story("new-topic-preview", (submit(f"{COOKING}topic/create/", topic(preview="1"), 200),), user="anna"),
    Story("new-topic-invalid", (submit(f"{COOKING}topic/create/", topic(subject=""), 200),), user="anna"),
    Story(
        "new-topic-poll",
        (
            submit(
                f"{MUSIC}topic/create/",
                topic(
                    subject="Best of",
                    poll_question="Who?",
                    **{**management("poll", 2), "poll-0-text": "Ella", "poll-1-text": "Billie"},
                ),
            ),
        ),
        user="anna",
    ),
    Story(
        "new-topic-attachment",
        (
            submit(
                f"{MUSIC}topic/create/",
                topic(subject="Score", **{**management("attachment", 1), "attachment-0-comment": "by hand"}),
                files={"attachment-0-file": ("score.txt", b"do re mi", "text/plain")},
            ),
        ),
        user="bo",
    ),
    Story("edit-topic-form", (get(f"{BREAD}update/"),), user="anna"),
    Story("edit-topic", (submit(f"{BREAD}update/", topic(subject="Rye bread!")),), user="anna"),
    Story("reply-form", (get(f"{SOUP}post/create/"),), user="anna"),
    Story("reply-form-anonymous", (get(f"{SOUP}post/create/", 302),)),
    Story("reply", (submit(f"{SOUP}post/create/", post()),), user="anna"),
    Story("reply-invalid", (submit(f"{SOUP}post/create/", post(content=""), 200),), user="anna"),
    Story("edit-post-form", (get(f"{SOUP}5/post/update/"),), user="anna"),
    Story(
        "edit-post",
        (submit(f"{SOUP}5/post/update/", post(content="Which two?", update_reason="typo")),),
        user="anna",
    ),
    Story("edit-post-of-other", (get(f"{SOUP}4/post/update/", 403),), user="anna"),
    Story("delete-post-form", (get(f"{BREAD}3/post/delete/"),), user="anna"),
    Story("delete-post", (submit(f"{BREAD}3/post/delete/"),), user="anna"),
    Story("vote", (submit("/poll/1/vote/", {"options": ["2"]}),), user="anna"),
    Story("vote-nothing", (submit("/poll/1/vote/", {}),), user="bo"),
    Story("lock-form", (get(f"{JAZZ[:-1].replace('/forum/music-4', '/moderation')}/lock/"),), user="bo"),
    Story("lock", (submit("/moderation/topic/jazz-4/lock/"),), user="bo"),
    Story("lock-forbidden", (get("/moderation/topic/jazz-4/lock/", 403),), user="anna"),
    Story("unlock", (submit("/moderation/topic/jazz-4/unlock/"),), user="boss"),
    Story("make-sticky", (submit("/moderation/topic/song-3-10/change/sticky/"),), user="boss"),
    Story("move-form", (get("/moderation/topic/song-3-10/move/"),), user="boss"),
    Story("move", (submit("/moderation/topic/song-3-10/move/", {"forum": "3"}),), user="boss"),
    Story("delete-topic", (submit("/moderation/topic/song-4-11/delete/"),), user="boss"),
    Story("queue", (get("/moderation/queue/"),), user="bo"),
    Story("queue-empty", (get("/moderation/queue/"),), user="boss"),
    Story("queued-post", (get("/moderation/queue/28/"),), user="bo"),
    Story("approve", (submit("/moderation/queue/28/approve/"),), user="bo"),
    Story("profile", (get("/member/profile/2/"),)),
    Story("profile-form", (get("/member/profile/edit/"),), user="anna"),
    Story("edit-profile", (submit("/member/profile/edit/", {"signature": "– *A.*"}),), user="anna"),
    Story("posts-of-user", (get("/member/profile/2/posts/"),), user="bo"),
    Story("subscriptions", (get("/member/subscriptions/"),), user="bo"),
    Story("subscribe", (submit("/member/topic/1/subscribe/"),), user="bo"),
    Story("unsubscribe", (submit("/member/topic/4/unsubscribe/"),), user="bo"),
    Story("unread", (get("/tracking/unread-topics/"),), user="anna"),
    Story("mark-read", (submit("/tracking/mark/forums/"),), user="anna"),
    Story("mark-forum-read", (submit("/tracking/mark/forum/4/topics/"),), user="bo"),
    Story("search-form", (get("/search/"),)),
    Story("search", (get("/search/", query=[("q", "seeds")]),), user="anna"),
    Story("feed", (get("/feeds/topics/"),)),
    Story("feed-of-forum", (get("/feeds/forum/cooking-2/topics/all/"),)),
    Story("admin-forums", (get("/admin/forum/forum/"),), user="boss"),
    Story(
        "admin-new-forum",
        (
            opened("/admin/forum/forum/add/"),
            submit("/admin/forum/forum/add/", {"name": "Gardens", "type": "0", "parent": "1"}),
        ),
        user="boss",
    ),
    Story("admin-move-forum", (get("/admin/forum/forum/4/move-forum/up/", 302),), user="boss"),
)
