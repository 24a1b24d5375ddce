"""What readers and editors of a newsletter do."""

from corpus.stories import Found, LoginForm, Story, get, opened, submit

PACKAGES = ("newsletter",)
LOGIN = LoginForm("/login/")

WEEKLY = "/newsletter/weekly/"
ADMIN = "/admin/newsletter/"


def management(prefix: str, total: int = 0, initial: int = 0) -> dict[str, str]:
    """Return the hidden fields of a formset."""
    return {
        f"{prefix}-TOTAL_FORMS": str(total),
        f"{prefix}-INITIAL_FORMS": str(initial),
        f"{prefix}-MIN_NUM_FORMS": "0",
        f"{prefix}-MAX_NUM_FORMS": "1000",
    }


STORIES = (
    Story("list", (get("/newsletter/"),)),
    Story("list-of-anna", (get("/newsletter/"),), user="anna"),
    Story("newsletter", (get(WEEKLY),)),
    Story("newsletter-hidden", (get("/newsletter/hidden/", 404),)),
    Story("newsletter-missing", (get("/newsletter/daily/", 404),)),
    Story("archive", (get(f"{WEEKLY}archive/"),)),
    Story("archived", (get(f"{WEEKLY}archive/2026/3/1/issue-1/"),)),
    Story("archived-missing", (get(f"{WEEKLY}archive/2026/3/4/issue-9/", 404),)),
    Story("subscribe-form", (get(f"{WEEKLY}subscribe/"),)),
    Story(
        "subscribe",
        (submit(f"{WEEKLY}subscribe/", {"name_field": "Sif", "email_field": "sif@example.org"}),),
    ),
    Story(
        "subscribe-again",
        (submit(f"{WEEKLY}subscribe/", {"name_field": "R", "email_field": "reader1@example.org"}, 200),),
    ),
    Story("subscribe-invalid", (submit(f"{WEEKLY}subscribe/", {"email_field": "nowhere"}, 200),)),
    Story("subscribe-of-bo-form", (get(f"{WEEKLY}subscribe/"),), user="bo"),
    Story("subscribe-of-bo", (submit(f"{WEEKLY}subscribe/confirm/", {}, 200),), user="bo"),
    Story("email-sent", (get(f"{WEEKLY}subscribe/email-sent/"),)),
    Story(
        "activate-form", (get(f"{WEEKLY}subscription/reader4@example.org/subscribe/activate/{'4' * 40}/"),)
    ),
    Story(
        "activate",
        (
            submit(
                f"{WEEKLY}subscription/reader4@example.org/subscribe/activate/",
                {
                    "name_field": "Reader 4",
                    "email_field": "reader4@example.org",
                    "user_activation_code": "4" * 40,
                },
            ),
        ),
    ),
    Story(
        "activate-wrong",
        (
            submit(
                f"{WEEKLY}subscription/reader3@example.org/update/activate/",
                {"name_field": "R3", "email_field": "reader3@example.org", "user_activation_code": "no"},
                200,
            ),
        ),
    ),
    Story("activated", (get(f"{WEEKLY}subscribe/activation-completed/"),)),
    Story("update-form", (get(f"{WEEKLY}update/"),)),
    Story("update", (submit(f"{WEEKLY}update/", {"email_field": "reader1@example.org"}),)),
    Story("update-unknown", (submit(f"{WEEKLY}update/", {"email_field": "none@example.org"}, 200),)),
    Story("unsubscribe-form", (get(f"{WEEKLY}unsubscribe/"),)),
    Story("unsubscribe", (submit(f"{WEEKLY}unsubscribe/", {"email_field": "reader2@example.org"}),)),
    Story("unsubscribe-of-anna-form", (get(f"{WEEKLY}unsubscribe/"),), user="anna"),
    Story("unsubscribe-of-anna", (submit(f"{WEEKLY}unsubscribe/confirm/", {}, 200),), user="anna"),
    Story(
        "choose-newsletters",
        (
            submit(
                "/newsletter/",
                {**management("form", 1, 1), "form-0-id": "1", "form-0-subscribed": "on"},
                200,
            ),
        ),
        user="anna",
    ),
    Story("admin-newsletters", (get(f"{ADMIN}newsletter/"),), user="boss"),
    Story("admin-newsletter-form", (get(f"{ADMIN}newsletter/1/change/"),), user="boss"),
    Story(
        "admin-add-newsletter",
        (
            submit(
                f"{ADMIN}newsletter/add/",
                {
                    "title": "Monthly",
                    "slug": "monthly",
                    "email": "m@example.org",
                    "sender": "M",
                    "site": ["1"],
                },
            ),
        ),
        user="boss",
    ),
    Story("admin-messages", (get(f"{ADMIN}message/"),), user="boss"),
    Story("admin-message-form", (get(f"{ADMIN}message/1/change/"),), user="boss"),
    Story(
        "admin-add-message",
        (
            submit(
                f"{ADMIN}message/add/",
                {
                    "newsletter": "1",
                    "title": "Issue 3",
                    "slug": "issue-3",
                    **management("articles", 1),
                    "articles-0-title": "Fresh",
                    "articles-0-text": "News & more",
                    "articles-0-sortorder": "10",
                    **management("attachments"),
                },
            ),
        ),
        user="boss",
    ),
    Story(
        "admin-change-message",
        (
            opened(f"{ADMIN}message/1/change/"),
            submit(
                f"{ADMIN}message/1/change/",
                {
                    "newsletter": "1",
                    "title": "Issue one",
                    "slug": "issue-1",
                    **management("articles", 2, 2),
                    "articles-0-id": Found(r'name="articles-0-id" value="(\d+)"'),
                    "articles-0-post": "1",
                    "articles-0-title": "Article 1.1",
                    "articles-0-text": "Changed",
                    "articles-0-sortorder": "10",
                    "articles-1-id": Found(r'name="articles-1-id" value="(\d+)"'),
                    "articles-1-post": "1",
                    "articles-1-title": "Article 1.2",
                    "articles-1-text": "Once upon a *time*",
                    "articles-1-sortorder": "20",
                    "articles-1-DELETE": "on",
                    **management("attachments"),
                },
            ),
        ),
        user="boss",
    ),
    Story("admin-preview", (get(f"{ADMIN}message/1/preview/"),), user="boss"),
    Story("admin-preview-html", (get(f"{ADMIN}message/1/preview/html/"),), user="boss"),
    Story("admin-preview-text", (get(f"{ADMIN}message/1/preview/text/"),), user="boss"),
    Story("admin-subscribers-json", (get(f"{ADMIN}message/1/subscribers/json/"),), user="boss"),
    Story("admin-submit-message", (get(f"{ADMIN}message/3/submit/", 302),), user="boss"),
    Story("admin-submissions", (get(f"{ADMIN}submission/"),), user="boss"),
    Story("admin-subscriptions", (get(f"{ADMIN}subscription/", query=[("q", "reader")]),), user="boss"),
    Story(
        "admin-unsubscribe-action",
        (
            submit(
                f"{ADMIN}subscription/",
                {"action": "make_unsubscribed", "_selected_action": ["2", "3"], "index": "0"},
            ),
        ),
        user="boss",
    ),
    Story("admin-import-form", (get(f"{ADMIN}subscription/import/"),), user="boss"),
    Story(
        "admin-import",
        (
            submit(
                f"{ADMIN}subscription/import/",
                {"newsletter": "1"},
                files={"address_file": ("new.csv", b"name,email\nTor,tor@example.org\n", "text/csv")},
            ),
            get(f"{ADMIN}subscription/import/confirm/"),
            submit(f"{ADMIN}subscription/import/confirm/", {"confirm": "on"}),
        ),
        user="boss",
    ),
    Story("admin-forbidden", (get(f"{ADMIN}newsletter/", 403),), user="bo"),
    Story("admin-delete-newsletter-form", (get(f"{ADMIN}newsletter/1/delete/"),), user="boss"),
    Story("admin-delete-newsletter", (submit(f"{ADMIN}newsletter/1/delete/", {"post": "yes"}),), user="boss"),
)
