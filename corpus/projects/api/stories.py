"""What programs, and a person in the browsable pages, do with the library's API."""

from corpus.stories import LoginForm, Story, call, get, submit

PACKAGES: tuple[str, ...] = ()
LOGIN = LoginForm("/api-auth/login/", more={"next": "/api/"})

BOOKS = "/api/books/"
FIRST, SECOND, THIRD, SIXTH = (f"/api/books/00000000-0000-4000-8000-{n:012}/" for n in (1, 2, 3, 6))
TOKEN = {"Authorization": "Token " + "b0" * 20}
BASIC = {"Authorization": "Basic YW5uYTpzbcO4cnJlYnLDuGQtNDI="}
HTML = {"Accept": "text/html"}
BOOK = {"title": "Jakob", "isbn": "9780000000099", "price": "12.00", "author": 1, "tags": ["new", "nordic"]}

STORIES = (
    Story("root", (get("/api/"),)),
    Story("root-html", (get("/api/", headers=HTML),)),
    Story("authors", (get("/api/authors/"),)),
    Story("authors-search", (get("/api/authors/", query=[("search", "laxness")]),)),
    Story("authors-search-by-book", (get("/api/authors/", query=[("search", "feast")]),)),
    Story("authors-ordered", (get("/api/authors/", query=[("ordering", "-book_count")]),)),
    Story("author", (get("/api/authors/1/"),)),
    Story("author-missing", (get("/api/authors/4711/", 404),)),
    Story("books", (get(BOOKS),)),
    Story("books-second-page", (get(BOOKS, query=[("page", "2")]),)),
    Story("books-page-too-far", (get(BOOKS, 404, query=[("page", "9")]),)),
    Story("books-html", (get(BOOKS, headers=HTML),), user="anna"),
    Story("books-by-author", (get(BOOKS, query=[("author", "2")]),)),
    Story("books-by-owner", (get(BOOKS, query=[("owner__username", "bo")]),)),
    Story("books-thick", (get(BOOKS, query=[("min_pages", "500"), ("ordering", "-price")]),)),
    Story("books-title", (get(BOOKS, query=[("title", "AF")]),)),
    Story("books-tag", (get(BOOKS, query=[("tag", "nordic")]),)),
    Story("books-none", (get(BOOKS, query=[("search", "zebra")]),)),
    Story("books-bad-filter", (get(BOOKS, 400, query=[("author", "many")]),)),
    Story("books-since", (get(BOOKS, query=[("created_after", "2026-01-01")]),)),
    Story("book", (get(FIRST),)),
    Story("book-with-translators", (get(SECOND),)),
    Story("book-html", (get(FIRST, headers=HTML),), user="anna"),
    Story("book-bad-id", (get("/api/books/one/", 404),)),
    Story("options", (call("OPTIONS", BOOKS, 200),)),
    Story("mine", (get(BOOKS + "mine/"),), user="anna"),
    Story("statistics", (get(BOOKS + "statistics/"),)),
    Story("versions", (get(FIRST + "versions/"),)),
    Story("create-anonymous", (call("POST", BOOKS, 403, BOOK),)),
    Story("create", (call("POST", BOOKS, 201, BOOK),), user="anna"),
    Story("create-by-token", (call("POST", BOOKS, 201, {**BOOK, "isbn": "9780000000098"}, headers=TOKEN),)),
    Story("create-invalid", (call("POST", BOOKS, 400, {"title": "", "author": 4711}),), user="anna"),
    Story("create-duplicate", (call("POST", BOOKS, 400, {**BOOK, "isbn": "9780000000001"}),), user="anna"),
    Story("create-garbage", (call("POST", BOOKS, 400, [1, 2]),), user="anna"),
    Story(
        "create-with-upload",
        (
            submit(
                BOOKS,
                {"title": "Covered", "isbn": "9780000000097", "author": "2"},
                201,
                files={"cover": ("cover.txt", b"red and gold", "text/plain")},
            ),
        ),
        user="anna",
    ),
    Story(
        "replace",
        (call("PUT", SECOND, 200, {**BOOK, "isbn": "9780000000002", "translators": [3]}),),
        user="anna",
    ),
    Story("replace-invalid", (call("PUT", SECOND, 400, {"title": "Only this"}),), user="anna"),
    Story("patch", (call("PATCH", SECOND, 200, {"price": "99.90"}),), user="anna"),
    Story("patch-tags", (call("PATCH", SECOND, 200, {"tags": ["classic", "feast"]}),), user="anna"),
    Story("patch-forbidden", (call("PATCH", FIRST, 403, {"price": "1.00"}),), user="anna"),
    Story("patch-by-token", (call("PATCH", FIRST, 200, {"rating": 4.5}, headers=TOKEN),)),
    Story("patch-wrong-token", (call("PATCH", FIRST, 403, {}, headers={"Authorization": "Token nope"}),)),
    Story("delete", (call("DELETE", SIXTH, 204),), user="anna"),
    Story("delete-missing", (call("DELETE", SIXTH, 404),), user="anna"),
    Story("loans-anonymous", (get("/api/loans/", 403),)),
    Story("loans", (get("/api/loans/"),), user="anna"),
    Story("loans-limited", (get("/api/loans/", query=[("limit", "1"), ("offset", "1")]),), user="anna"),
    Story("loans-open", (get("/api/loans/", query=[("returned_at__isnull", "true")]),), user="anna"),
    Story("loans-by-basic-auth", (get("/api/loans/", headers=BASIC),)),
    Story("loan-of-other", (get("/api/loans/3/", 404),), user="anna"),
    Story(
        "lend",
        (call("POST", "/api/loans/", 201, {"book": SECOND[-37:-1], "period": "7 00:00:00"}),),
        user="bo",
    ),
    Story(
        "lend-what-is-lent",
        (call("POST", "/api/loans/", 400, {"book": THIRD[-37:-1], "period": "1"}),),
        "anna",
    ),
    Story("give-back", (call("POST", "/api/loans/1/give_back/", 200),), user="anna"),
    Story(
        "create-author", (call("POST", "/api/authors/", 201, {"name": "Søren", "languages": ["da"]}),), "bo"
    ),
    Story("delete-author", (call("DELETE", "/api/authors/3/", 204),), user="boss"),
    Story("token", (call("POST", "/api/token/", 200, {"username": "anna", "password": "smørrebrød-42"}),)),
    Story("token-wrong", (call("POST", "/api/token/", 400, {"username": "anna", "password": "x"}),)),
    Story("me", (get("/api/me/", headers=TOKEN),)),
    Story("me-anonymous", (get("/api/me/", 403),)),
    Story(
        "admin-history",
        (get("/admin/library/book/00000000-0000-4000-8000-000000000001/history/"),),
        user="boss",
    ),
)
