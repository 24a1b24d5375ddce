"""What people do with their accounts."""

from corpus.stories import LoginForm, Story, aside, followed, get, submit

PACKAGES = ("allauth",)
LOGIN = LoginForm("/accounts/login/", user_field="login")

LOG_IN = "/accounts/login/"
SIGN_UP = "/accounts/signup/"
EMAIL = "/accounts/email/"
PASSWORD = "smørrebrød-42"
CONFIRMATION = r"http://[^/\s]+(/accounts/confirm-email/[^\s]+)"
RESET = r"http://[^/\s]+(/accounts/password/reset/key/[^\s]+)"
SET_PASSWORD = "/accounts/password/reset/key/5-set-password/"
NEW = "rødgrød-med-flød-7"


def newcomer(**fields: str) -> dict[str, str | list[str]]:
    """Return a filled form for signing up."""
    return {
        "email": "eva@example.org",
        "username": "eva",
        "password1": NEW,
        "password2": NEW,
        **fields,
    }


STORIES = (
    Story("login-page", (get(LOG_IN),)),
    Story("login-page-next", (get(LOG_IN, query=[("next", "/accounts/sessions/")]),)),
    Story("log-in-by-name", (submit(LOG_IN, {"login": "anna", "password": PASSWORD}),)),
    Story("log-in-by-email", (submit(LOG_IN, {"login": "bo@example.org", "password": PASSWORD}),)),
    Story("log-in-remembered", (submit(LOG_IN, {"login": "anna", "password": PASSWORD, "remember": "on"}),)),
    Story(
        "log-in-next",
        (submit(LOG_IN, {"login": "anna", "password": PASSWORD, "next": "/accounts/password/change/"}),),
    ),
    Story("log-in-wrong", (submit(LOG_IN, {"login": "anna", "password": "x"}, 200),)),
    Story("log-in-unknown", (submit(LOG_IN, {"login": "zoe", "password": "x"}, 200),)),
    Story("log-in-empty", (submit(LOG_IN, {"login": "", "password": ""}, 200),)),
    Story("log-in-inactive", (submit(LOG_IN, {"login": "gone", "password": PASSWORD}),)),
    Story("log-in-unverified", (submit(LOG_IN, {"login": "carl", "password": PASSWORD}),)),
    Story("login-page-again", (get(LOG_IN, 302),), user="anna"),
    Story("logout-page", (get("/accounts/logout/"),), user="anna"),
    Story("log-out", (submit("/accounts/logout/"),), user="anna"),
    Story("signup-page", (get(SIGN_UP),)),
    Story("sign-up", (submit(SIGN_UP, newcomer()),)),
    Story("sign-up-taken", (submit(SIGN_UP, newcomer(username="anna", email="other@example.org"), 200),)),
    Story("sign-up-mismatch", (submit(SIGN_UP, newcomer(username="fie", password2="x"), 200),)),
    Story(
        "sign-up-weak", (submit(SIGN_UP, newcomer(username="fie", password1="123", password2="123"), 200),)
    ),
    Story("sign-up-bad-email", (submit(SIGN_UP, newcomer(username="fie", email="nowhere"), 200),)),
    Story(
        "sign-up-known-email",
        (submit(SIGN_UP, newcomer(username="fie", email="anna@example.org"), 200),),
    ),
    Story("emails-anonymous", (get(EMAIL, 302),)),
    Story("emails", (get(EMAIL),), user="anna"),
    Story("add-email", (submit(EMAIL, {"email": "dora@work.example", "action_add": ""}),), user="dora"),
    Story(
        "add-email-twice",
        (submit(EMAIL, {"email": "anna@work.example", "action_add": ""}, 200),),
        user="anna",
    ),
    Story("add-email-invalid", (submit(EMAIL, {"email": "nowhere", "action_add": ""}, 200),), user="anna"),
    Story(
        "primary-email", (submit(EMAIL, {"email": "anna@work.example", "action_primary": ""}),), user="anna"
    ),
    Story(
        "primary-unverified", (submit(EMAIL, {"email": "bo@home.example", "action_primary": ""}),), user="bo"
    ),
    Story("send-verification", (submit(EMAIL, {"email": "bo@home.example", "action_send": ""}),), user="bo"),
    Story("remove-email", (submit(EMAIL, {"email": "bo@home.example", "action_remove": ""}),), user="bo"),
    Story(
        "remove-primary", (submit(EMAIL, {"email": "dora@example.org", "action_remove": ""}),), user="dora"
    ),
    Story("remove-unknown", (submit(EMAIL, {"email": "z@example.org", "action_remove": ""}),), user="dora"),
    Story("verification-sent", (get("/accounts/confirm-email/"),)),
    Story("confirm-bad-key", (get("/accounts/confirm-email/nonsense/"),)),
    Story("change-page", (get("/accounts/password/change/"),), user="dora"),
    Story(
        "change-password",
        (
            submit(
                "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
            ),
        ),
        user="carl",
    ),
    Story(
        "change-password-wrong",
        (
            submit(
                "/accounts/password/change/", {"oldpassword": "x", "password1": NEW, "password2": NEW}, 200
            ),
        ),
        user="dora",
    ),
    Story("change-anonymous", (get("/accounts/password/change/", 302),)),
    Story("set-page", (get("/accounts/password/set/", 302),), user="dora"),
    Story("reset-page", (get("/accounts/password/reset/"),)),
    Story("reset", (submit("/accounts/password/reset/", {"email": "dora@example.org"}),)),
    Story("reset-unknown", (submit("/accounts/password/reset/", {"email": "zoe@example.org"}),)),
    Story("reset-invalid", (submit("/accounts/password/reset/", {"email": "zoe"}, 200),)),
    Story("reset-done", (get("/accounts/password/reset/done/"),)),
    Story("reset-bad-key", (get("/accounts/password/reset/key/1-abc-def/"),)),
    Story("inactive", (get("/accounts/inactive/"),)),
    Story("reauthenticate-page", (get("/accounts/reauthenticate/"),), user="dora"),
    Story("reauthenticate", (submit("/accounts/reauthenticate/", {"password": PASSWORD}),), user="dora"),
    Story(
        "reauthenticate-wrong", (submit("/accounts/reauthenticate/", {"password": "x"}, 200),), user="dora"
    ),
    Story("connections", (get("/accounts/3rdparty/"),), user="dora"),
    Story("sessions", (get("/accounts/sessions/"),), user="dora"),
    Story("end-other-sessions", (submit("/accounts/sessions/"),), user="dora"),
    Story("mfa", (get("/accounts/2fa/"),), user="dora"),
    Story("mfa-totp-page", (get("/accounts/2fa/totp/activate/", 302),), user="anna"),
    Story("mfa-totp-wrong", (submit("/accounts/2fa/totp/activate/", {"code": "000000"}),), user="anna"),
    Story("admin-emails", (get("/admin/account/emailaddress/", query=[("q", "anna")]),), user="boss"),
    Story(
        "admin-verify",
        (
            submit(
                "/admin/account/emailaddress/",
                {"action": "make_verified", "_selected_action": ["3"], "index": "0"},
            ),
        ),
        user="boss",
    ),
    Story(
        "admin-change-email",
        (
            submit(
                "/admin/account/emailaddress/2/change/",
                {"user": "3", "email": "bo@new.example", "verified": "on", "primary": "on"},
            ),
        ),
        user="boss",
    ),
    Story(
        "admin-delete-email", (submit("/admin/account/emailaddress/4/delete/", {"post": "yes"}),), user="boss"
    ),
    Story(
        "confirm-email",
        (
            submit(SIGN_UP, newcomer(username="gry", email="gry@example.org")),
            followed(CONFIRMATION),
            followed(CONFIRMATION, 302, {}),
            submit("/accounts/logout/"),
            aside(get(LOG_IN)),
            aside(submit(LOG_IN, {"login": "gry@example.org", "password": NEW})),
        ),
    ),
    Story(
        "reset-password",
        (
            submit("/accounts/password/reset/", {"email": "dora@example.org"}),
            followed(RESET, 302),
            aside(get(SET_PASSWORD)),
            aside(submit(SET_PASSWORD, {"password1": NEW, "password2": NEW})),
            aside(get(LOG_IN)),
            aside(submit(LOG_IN, {"login": "dora", "password": NEW})),
        ),
    ),
)
