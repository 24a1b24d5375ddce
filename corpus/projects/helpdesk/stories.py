"""What people in need and the staff of a help desk do."""

from corpus.stories import LoginForm, Story, call, get, submit

PACKAGES = ("helpdesk",)
LOGIN = LoginForm("/login/")

UPDATE = {"title": "Renamed", "queue": "1", "priority": "3", "public": "1"}


def ticket(**fields: str) -> dict[str, str | list[str]]:
    """Return a filled form for a ticket."""
    return {
        "queue": "1",
        "title": "Paper “jam”",
        "body": "It's stuck",
        "priority": "2",
        "submitter_email": "sif@example.org",
        "due_date": "",
        "assigned_to": "",
        **fields,
    }


STORIES = (
    Story("home", (get("/"),)),
    Story("home-of-anna", (get("/", 302),), user="anna"),
    Story("submit-form", (get("/tickets/submit/"),)),
    Story("submit", (submit("/tickets/submit/", ticket()),)),
    Story("submit-invalid", (submit("/tickets/submit/", ticket(title="", submitter_email="me"), 200),)),
    Story(
        "submit-with-attachment",
        (
            submit(
                "/tickets/submit/",
                ticket(title="Seen this?"),
                files={"attachment": ("log.txt", b"error 42", "text/plain")},
            ),
        ),
    ),
    Story("public-view-form", (get("/view/", 403),)),
    Story(
        "public-view",
        (
            get(
                "/view/",
                query=[("ticket", "printers-1"), ("email", "user1@example.org"), ("key", f"{1:036}")],
            ),
        ),
    ),
    Story(
        "public-view-wrong",
        (
            get(
                "/view/",
                query=[("ticket", "printers-1"), ("email", "x@example.org"), ("key", "0")],
                status=403,
            ),
        ),
    ),
    Story("dashboard-anonymous", (get("/dashboard/", 302),)),
    Story("dashboard", (get("/dashboard/"),), user="anna"),
    Story("tickets", (get("/tickets/"),), user="anna"),
    Story("tickets-of-queue", (get("/tickets/", query=[("queue", "2"), ("status", "1")]),), user="anna"),
    Story(
        "tickets-search",
        (get("/tickets/", 302, query=[("search_type", "header"), ("q", "printers-1")]),),
        user="anna",
    ),
    Story("tickets-of-bo", (get("/tickets/", 302),), user="bo"),
    Story("my-tickets", (get("/tickets/my-tickets/"),), user="bo"),
    Story("ticket", (get("/tickets/1/"),), user="anna"),
    Story("ticket-missing", (get("/tickets/99/", 404),), user="anna"),
    Story("ticket-take", (get("/tickets/3/", 302, query=[("take", "")]),), user="anna"),
    Story("ticket-subscribe", (get("/tickets/4/", query=[("subscribe", "")]),), user="anna"),
    Story(
        "ticket-form-of-staff", (submit("/tickets/submit/", ticket(queue="2", assigned_to="2")),), user="anna"
    ),
    Story("edit-form", (get("/tickets/1/edit/"),), user="anna"),
    Story(
        "edit",
        (
            submit(
                "/tickets/1/edit/",
                {
                    "title": "Problem one",
                    "queue": "1",
                    "submitter_email": "user1@example.org",
                    "description": "Still",
                    "priority": "1",
                    "due_date": "",
                    "secret_key": f"{1:036}",
                },
            ),
        ),
        user="anna",
    ),
    Story(
        "comment",
        (submit("/tickets/2/update/", {**UPDATE, "comment": "Looking *now*", "new_status": "3"}),),
        user="anna",
    ),
    Story(
        "comment-and-close",
        (submit("/tickets/4/update/", {**UPDATE, "comment": "Done", "new_status": "4", "owner": "2"}),),
        user="anna",
    ),
    Story("hold", (submit("/tickets/5/hold/"),), user="anna"),
    Story("unhold", (submit("/tickets/5/unhold/"),), user="anna"),
    Story("cc", (get("/tickets/1/cc/"),), user="anna"),
    Story("cc-add-form", (get("/tickets/1/cc/add/"),), user="anna"),
    Story(
        "cc-add", (submit("/tickets/1/cc/add/", {"email": "bo@example.org", "can_view": "on"}),), user="anna"
    ),
    Story("cc-delete", (submit("/tickets/1/cc/delete/1/"),), user="anna"),
    Story("depend", (submit("/tickets/1/resolves/add/", {"ticket": "8"}),), user="anna"),
    Story("depend-invalid", (submit("/tickets/1/resolves/add/", {"ticket": "99"}, 200),), user="anna"),
    Story(
        "mass-close", (submit("/tickets/update/", {"ticket_id": ["6", "7"], "action": "close"}),), user="anna"
    ),
    Story(
        "mass-assign", (submit("/tickets/update/", {"ticket_id": ["8"], "action": "assign_1"}),), user="anna"
    ),
    Story("delete-form", (get("/tickets/9/delete/"),), user="boss"),
    Story("delete", (submit("/tickets/9/delete/"),), user="boss"),
    Story("reports", (get("/reports/"),), user="anna"),
    Story("report", (get("/reports/userpriority/"),), user="anna"),
    Story("report-by-month", (get("/reports/queuemonth/"),), user="anna"),
    Story(
        "save-query",
        (submit("/save_query/", {"title": "Mine", "shared": "on", "query_encoded": "e30="}),),
        user="anna",
    ),
    Story("saved-queries", (get("/saved-searches/"),), user="anna"),
    Story("settings-form", (get("/settings/"),), user="anna"),
    Story(
        "settings",
        (
            submit(
                "/settings/",
                {"tickets_per_page": "50", "email_on_ticket_change": "on", "ticket_respond_layout": "tabs"},
            ),
        ),
        user="anna",
    ),
    Story("ignored", (get("/ignore/"),), user="boss"),
    Story(
        "ignore",
        (submit("/ignore/add/", {"name": "Spam", "email_address": "*@spam.example", "date": "2026-05-01"}),),
        user="boss",
    ),
    Story("knowledge", (get("/kb/"),)),
    Story("knowledge-category", (get("/kb/paper/"),)),
    Story("knowledge-missing", (get("/kb/ink/", 404),)),
    Story("knowledge-vote", (submit("/kb/1/vote/up/"),), user="anna"),
    Story("feed", (get("/rss/recent_activity/"),), user="anna"),
    Story("feed-of-queue", (get("/rss/queue/printers/"),), user="anna"),
    Story("api-tickets", (get("/api/tickets/"),), user="boss"),
    Story("api-ticket", (get("/api/tickets/1/"),), user="boss"),
    Story(
        "api-create",
        (
            call(
                "POST",
                "/api/tickets/",
                201,
                {"queue": 1, "title": "From a program", "description": "beep", "priority": 3, "status": 1},
            ),
        ),
        user="boss",
    ),
    Story("api-create-invalid", (call("POST", "/api/tickets/", 400, {"title": "x"}),), user="boss"),
    Story("api-patch", (call("PATCH", "/api/tickets/10/", 200, {"priority": 1}),), user="boss"),
    Story("api-delete", (call("DELETE", "/api/tickets/8/", 204),), user="boss"),
    Story("api-forbidden", (get("/api/tickets/", 403),), user="bo"),
    Story("raw", (get("/raw/preset/", query=[("id", "1")]),), user="anna"),
    Story("log-in", (submit("/login/", {"username": "anna", "password": "smørrebrød-42"}),)),
    Story("log-in-wrong", (submit("/login/", {"username": "anna", "password": "x"}, 200),)),
    Story("log-out", (submit("/logout/", {}, 200),), user="anna"),
)
