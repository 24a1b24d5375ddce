"""What readers and writers of a wiki do."""

from corpus.stories import Found, LoginForm, Story, get, opened, submit

PACKAGES = ("wiki",)
LOGIN = LoginForm("/_accounts/login/")

REVISION = Found(r'name="current_revision" value="(\d+)"')


def edit(**fields: str) -> dict[str, str | Found | list[str]]:
    """Return a filled form for an article."""
    return {
        "title": "Cats",
        "content": "Cats *purr*.",
        "summary": "purring",
        "current_revision": REVISION,
        "save": "1",
        **fields,
    }


STORIES = (
    Story("root", (get("/"),)),
    Story("root-of-anna", (get("/"),), user="anna"),
    Story("article", (get("/animals/"),)),
    Story("article-deep", (get("/animals/cats/"),)),
    Story("article-missing", (get("/animals/unicorns/", 302),)),
    Story("article-missing-of-anna", (get("/animals/unicorns/", 302),), user="anna"),
    Story("article-secret", (get("/secret/", 302),)),
    Story("article-secret-of-anna", (get("/secret/", 403),), user="anna"),
    Story("article-secret-of-boss", (get("/secret/"),), user="boss"),
    Story("article-by-id", (get("/2/"),)),
    Story("directory", (get("/animals/_dir/"),)),
    Story("directory-filter", (get("/animals/_dir/", query=[("query", "ow")]),)),
    Story("search", (get("/_search/", query=[("q", "About")]),)),
    Story("search-nothing", (get("/_search/", query=[("q", "zebra")]),)),
    Story("search-below", (get("/animals/_search/", query=[("q", "cats")]),)),
    Story("history", (get("/animals/cats/_history/"),)),
    Story("source", (get("/animals/cats/_source/"),)),
    Story("edit-form", (get("/animals/cats/_edit/"),), user="anna"),
    Story("edit", (opened("/animals/cats/_edit/"), submit("/animals/cats/_edit/", edit())), user="anna"),
    Story(
        "edit-preview",
        (submit("/animals/cats/_preview/", {"title": "Cats", "content": "# Miaow"}, 200),),
        user="anna",
    ),
    Story(
        "edit-unchanged",
        (
            opened("/animals/dogs/_edit/"),
            submit("/animals/dogs/_edit/", edit(title="Dogs", content="About Dogs"), 200),
        ),
        user="anna",
    ),
    Story(
        "edit-empty",
        (opened("/animals/dogs/_edit/"), submit("/animals/dogs/_edit/", edit(title="", content=""), 200)),
        user="anna",
    ),
    Story("edit-conflict", (submit("/animals/cats/_edit/", edit(current_revision="4"), 200),), user="bo"),
    Story("history-two", (get("/animals/cats/_history/"),), user="anna"),
    Story("difference", (get("/_revision/diff/7/"),), user="anna"),
    Story("revert", (get("/animals/cats/_revision/change/3/", 302),), user="anna"),
    Story("merge-form", (get("/animals/cats/_revision/merge/7/", 302),), user="anna"),
    Story("create-form", (get("/animals/_create/"),), user="anna"),
    Story(
        "create",
        (
            submit(
                "/animals/_create/",
                {"title": "Ænder", "slug": "ducks", "content": "Quack “quack”", "summary": ""},
            ),
        ),
        user="anna",
    ),
    Story(
        "create-taken",
        (submit("/animals/_create/", {"title": "Cats", "slug": "cats", "content": "x", "summary": ""}, 200),),
        user="anna",
    ),
    Story(
        "create-bad-slug",
        (submit("/animals/_create/", {"title": "A", "slug": "_admin", "content": "x", "summary": ""}, 200),),
        user="anna",
    ),
    Story("create-anonymous", (get("/animals/_create/", 302),)),
    Story("settings-form", (get("/animals/dogs/_settings/"),), user="boss"),
    Story(
        "settings",
        (
            submit(
                "/animals/dogs/_settings/",
                {
                    "form0-group": "",
                    "form0-owner_username": "bo",
                    "form0-group_read": "on",
                    "form0-group_write": "on",
                    "form0-other_read": "on",
                    "save": "1",
                },
                query=[("f", "form0")],
            ),
        ),
        user="boss",
    ),
    Story("move-form", (get("/animals/owls/_move/"),), user="boss"),
    Story(
        "move",
        (submit("/animals/owls/_move/", {"destination": "1", "slug": "owls", "redirect": "on"}),),
        user="boss",
    ),
    Story("delete-form", (get("/animals/dogs/_delete/"),), user="boss"),
    Story(
        "delete",
        (
            opened("/animals/dogs/_delete/"),
            submit(
                "/animals/dogs/_delete/",
                {"confirm": "on", "revision": Found(r'name="revision" value="(\d+)"')},
            ),
        ),
        user="boss",
    ),
    Story("deleted", (get("/animals/dogs/_deleted/"),), user="boss"),
    Story("deleted-list", (get("/_admin/"),), user="boss"),
    Story("attachments", (get("/animals/cats/_plugin/attachments/"),), user="anna"),
    Story(
        "attach",
        (
            submit(
                "/animals/cats/_plugin/attachments/",
                {"description": "A poem"},
                files={"file": ("poem.txt", b"Tiger, tiger", "text/plain")},
            ),
        ),
        user="anna",
    ),
    Story(
        "attach-bad-type",
        (
            submit(
                "/animals/cats/_plugin/attachments/",
                {"description": "A program"},
                200,
                files={"file": ("run.exe", b"MZ", "application/octet-stream")},
            ),
        ),
        user="anna",
    ),
    Story("download", (get("/animals/cats/_plugin/attachments/download/1/"),), user="anna"),
    Story("images", (get("/animals/cats/_plugin/images/"),), user="anna"),
    Story("signup-form", (get("/_accounts/sign-up/"),)),
    Story(
        "sign-up",
        (
            submit(
                "/_accounts/sign-up/",
                {
                    "username": "eva",
                    "email": "eva@example.org",
                    "password1": "rødgrød-med-flød-7",
                    "password2": "rødgrød-med-flød-7",
                },
            ),
        ),
    ),
    Story("log-out", (get("/_accounts/logout/", 302),), user="anna"),
    Story("account-form", (get("/_accounts/settings/"),), user="anna"),
    Story("notifications", (get("/notifications/json/get/"),), user="anna"),
)
