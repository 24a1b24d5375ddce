"""What somebody does in the admin of the polls."""

from corpus.stories import LoginForm, Story, get, submit

PACKAGES: tuple[str, ...] = ()
LOGIN = LoginForm("/admin/login/", more={"next": "/admin/"})

QUESTION = "/admin/polls/question/"


def management(prefix: str, total: int, initial: int) -> dict[str, str]:
    """Return the hidden fields of a formset."""
    return {
        f"{prefix}-TOTAL_FORMS": str(total),
        f"{prefix}-INITIAL_FORMS": str(initial),
        f"{prefix}-MIN_NUM_FORMS": "0",
        f"{prefix}-MAX_NUM_FORMS": "1000",
    }


def question(number: int | None = None, **fields: str | list[str]) -> dict[str, str | list[str]]:
    """Return a filled form for a question, with empty formsets."""
    return {
        "text": "Which cheese?",
        "author": "1",
        "published_0": "2026-05-01",
        "published_1": "12:00:00",
        "closes_on": "",
        "status": "open",
        "weight": "2.50",
        **management("choice_set", 0, 0),
        **management("remarks", 0, 0),
        **fields,
    }


STORIES = (
    Story("login-page", (get("/admin/login/"),)),
    Story(
        "log-in",
        (submit("/admin/login/", {"username": "boss", "password": "smørrebrød-42", "next": "/admin/"}),),
    ),
    Story(
        "log-in-wrong",
        (submit("/admin/login/", {"username": "boss", "password": "x", "next": "/admin/"}, 200),),
    ),
    Story(
        "log-in-not-staff",
        (submit("/admin/login/", {"username": "guest", "password": "smørrebrød-42"}, 200),),
    ),
    Story("index-anonymous", (get("/admin/", 302),)),
    Story("index", (get("/admin/"), get("/admin/polls/")), user="boss"),
    Story("index-of-clerk", (get("/admin/"),), user="clerk"),
    Story("log-out", (submit("/admin/logout/", {}, 200),), user="clerk"),
    Story("list", (get(QUESTION),), user="boss"),
    Story("list-second-page", (get(QUESTION, query=[("p", "2")]),), user="boss"),
    Story("list-search", (get(QUESTION, query=[("q", "Perhaps")]),), user="boss"),
    Story("list-search-nothing", (get(QUESTION, query=[("q", "zebra")]),), user="boss"),
    Story("list-filter-status", (get(QUESTION, query=[("status__exact", "open")]),), user="boss"),
    Story("list-filter-topic", (get(QUESTION, query=[("topics__id__exact", "1")]),), user="boss"),
    Story(
        "list-by-month",
        (get(QUESTION, query=[("published__year", "2026"), ("published__month", "2")]),),
        "boss",
    ),
    Story("list-ordered", (get(QUESTION, query=[("o", "5.-1")]),), user="boss"),
    Story("list-all", (get(QUESTION, query=[("all", "")]),), user="boss"),
    Story("list-bad-filter", (get(QUESTION, 302, query=[("nonsense", "1")]),), user="boss"),
    Story("list-of-clerk", (get(QUESTION),), user="clerk"),
    Story("add-form", (get(QUESTION + "add/"),), user="boss"),
    Story("add-form-forbidden", (get(QUESTION + "add/", 403),), user="clerk"),
    Story(
        "add-with-inlines",
        (
            submit(
                QUESTION + "add/",
                question(
                    topics=["1", "3"],
                    **management("choice_set", 2, 0),
                    **{
                        "choice_set-0-text": "Brie",
                        "choice_set-0-votes": "0",
                        "choice_set-1-text": "Danbo",
                        "choice_set-1-votes": "3",
                    },
                ),
            ),
        ),
        user="boss",
    ),
    Story("add-plain", (submit(QUESTION + "add/", question(text="Anna’s “question”")),), user="boss"),
    Story("add-and-another", (submit(QUESTION + "add/", question(_addanother="Save")),), user="boss"),
    Story("add-invalid", (submit(QUESTION + "add/", question(text="", weight="much"), 200),), user="boss"),
    Story(
        "add-invalid-inline",
        (
            submit(
                QUESTION + "add/",
                question(
                    **management("choice_set", 1, 0),
                    **{"choice_set-0-text": "", "choice_set-0-votes": "x"},
                ),
                200,
            ),
        ),
        user="boss",
    ),
    Story(
        "add-with-upload",
        (
            submit(
                QUESTION + "add/",
                question(text="Seen this?"),
                files={"picture": ("sky.txt", b"blue\n", "text/plain")},
            ),
        ),
        user="boss",
    ),
    Story("change-form", (get(QUESTION + "1/change/"),), user="boss"),
    Story("change-form-read-only", (get(QUESTION + "2/change/"),), user="clerk"),
    Story("change-form-missing", (get(QUESTION + "4711/change/", 302),), user="boss"),
    Story(
        "change-with-inlines",
        (
            submit(
                QUESTION + "2/change/",
                question(
                    text="What about number two?",
                    topics=["2"],
                    **management("choice_set", 4, 3),
                    **{
                        "choice_set-0-id": "3",
                        "choice_set-0-question": "2",
                        "choice_set-0-text": "Yes!",
                        "choice_set-0-votes": "5",
                        "choice_set-1-id": "4",
                        "choice_set-1-question": "2",
                        "choice_set-1-text": "No",
                        "choice_set-1-votes": "2",
                        "choice_set-2-id": "5",
                        "choice_set-2-question": "2",
                        "choice_set-2-text": "Perhaps",
                        "choice_set-2-votes": "2",
                        "choice_set-2-DELETE": "on",
                        "choice_set-3-id": "",
                        "choice_set-3-question": "2",
                        "choice_set-3-text": "Maybe",
                        "choice_set-3-votes": "0",
                    },
                ),
            ),
        ),
        user="boss",
    ),
    Story(
        "change-and-continue",
        (submit(QUESTION + "3/change/", question(text="Number three", _continue="Save")),),
        user="boss",
    ),
    Story("save-as-new", (submit(QUESTION + "3/change/", question(_saveasnew="Save as new")),), user="boss"),
    Story("change-forbidden", (submit(QUESTION + "4/change/", question(), 403),), user="clerk"),
    Story("history", (get(QUESTION + "2/history/"),), user="boss"),
    Story("delete-form", (get(QUESTION + "5/delete/"),), user="boss"),
    Story("delete", (submit(QUESTION + "5/delete/", {"post": "yes"}),), user="boss"),
    Story("delete-with-remarks", (submit(QUESTION + "1/delete/", {"post": "yes"}),), user="boss"),
    Story(
        "action-close",
        (submit(QUESTION, {"action": "close", "_selected_action": ["6", "7"], "index": "0"}),),
        user="boss",
    ),
    Story(
        "action-delete-asks",
        (submit(QUESTION, {"action": "delete_selected", "_selected_action": ["8", "9"], "index": "0"}, 200),),
        user="boss",
    ),
    Story(
        "action-delete",
        (submit(QUESTION, {"action": "delete_selected", "_selected_action": ["8", "9"], "post": "yes"}),),
        user="boss",
    ),
    Story("action-nothing", (submit(QUESTION, {"action": "close", "index": "0"}),), user="boss"),
    Story(
        "list-editable",
        (
            submit(
                QUESTION,
                {
                    **management("form", 2, 2),
                    "form-0-id": "10",
                    "form-0-status": "closed",
                    "form-1-id": "11",
                    "form-1-status": "draft",
                    "_save": "Save",
                },
                query=[("q", "number 1")],
            ),
        ),
        user="boss",
    ),
    Story("topics", (get("/admin/polls/topic/"),), user="clerk"),
    Story("add-topic", (submit("/admin/polls/topic/add/", {"name": "Art", "slug": "art"}),), user="clerk"),
    Story(
        "add-topic-again",
        (submit("/admin/polls/topic/add/", {"name": "Food", "slug": "food"}, 200),),
        user="clerk",
    ),
    Story("delete-topic", (submit("/admin/polls/topic/2/delete/", {"post": "yes"}),), user="boss"),
    Story("voter-form", (get("/admin/polls/voter/1/change/"),), user="boss"),
    Story(
        "change-voter",
        (
            submit(
                "/admin/polls/voter/1/change/",
                {
                    "user": "1",
                    "born_on": "1981-03-01",
                    **management("favourite_set", 2, 1),
                    "favourite_set-0-id": "1",
                    "favourite_set-0-voter": "1",
                    "favourite_set-0-question": "3",
                    "favourite_set-0-rank": "1",
                    "favourite_set-1-id": "",
                    "favourite_set-1-voter": "1",
                    "favourite_set-1-question": "4",
                    "favourite_set-1-rank": "2",
                },
            ),
        ),
        user="boss",
    ),
    Story(
        "autocomplete",
        (
            get(
                "/admin/autocomplete/",
                query=[
                    ("term", "number 1"),
                    ("app_label", "polls"),
                    ("model_name", "favourite"),
                    ("field_name", "question"),
                ],
            ),
        ),
        user="boss",
    ),
    Story("users", (get("/admin/auth/user/"),), user="boss"),
    Story("user-form", (get("/admin/auth/user/2/change/"),), user="boss"),
    Story(
        "add-user",
        (
            submit(
                "/admin/auth/user/add/",
                {
                    "username": "newbie",
                    "usable_password": "true",
                    "password1": "smørrebrød-43",
                    "password2": "smørrebrød-43",
                },
            ),
        ),
        user="boss",
    ),
    Story(
        "add-user-mismatch",
        (
            submit(
                "/admin/auth/user/add/",
                {"username": "x", "usable_password": "true", "password1": "smørrebrød-43", "password2": "no"},
                200,
            ),
        ),
        user="boss",
    ),
    Story("group-form", (get("/admin/auth/group/1/change/"),), user="boss"),
    Story(
        "change-group",
        (submit("/admin/auth/group/1/change/", {"name": "Keen readers", "permissions": ["1", "2"]}),),
        user="boss",
    ),
    Story(
        "change-password",
        (
            submit(
                "/admin/password_change/",
                {
                    "old_password": "smørrebrød-42",
                    "new_password1": "rødgrød-med-flød",
                    "new_password2": "rødgrød-med-flød",
                },
            ),
        ),
        user="clerk",
    ),
)
