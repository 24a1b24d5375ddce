"""What customers and the staff of a shop do."""

from corpus.stories import LoginForm, Story, get, opened, submit

PACKAGES = ("oscar",)
LOGIN = LoginForm(
    "/accounts/login/",
    user_field="login-username",
    password_field="login-password",
    more={"login_submit": "Log in"},
)
ANNA, BOSS = "anna@example.org", "boss@example.org"
PASSWORD = "smørrebrød-42"

FIRST = "/catalogue/book-1_1/"


def address(**fields: str) -> dict[str, str | list[str]]:
    """Return a filled form for an address."""
    return {
        "title": "",
        "first_name": "Anna",
        "last_name": "And",
        "line1": "2 Lake",
        "line2": "",
        "line3": "",
        "line4": "London",
        "state": "",
        "postcode": "N1 9GU",
        "country": "GB",
        "phone_number": "",
        "notes": "",
        **fields,
    }


STORIES = (
    Story("home", (get("/", 302),)),
    Story("catalogue", (get("/catalogue/"),)),
    Story("catalogue-second-page", (get("/catalogue/", 302, query=[("page", "2")]),)),
    Story("catalogue-of-anna", (get("/catalogue/"),), user=ANNA),
    Story("category", (get("/catalogue/category/books_1/"),)),
    Story("category-deep", (get("/catalogue/category/books/facts/history_4/"),)),
    Story("category-empty-page", (get("/catalogue/category/toys_5/", 302, query=[("page", "9")]),)),
    Story("category-wrong-slug", (get("/catalogue/category/wrong_1/", 301),)),
    Story("product", (get(FIRST),)),
    Story("product-sold-out", (get("/catalogue/book-10_10/"),), user=ANNA),
    Story("product-missing", (get("/catalogue/none_99/", 404),)),
    Story("reviews", (get(f"{FIRST}reviews/"),)),
    Story("review-form", (get(f"{FIRST}reviews/add/"),), user=ANNA),
    Story(
        "review",
        (submit(f"{FIRST}reviews/add/", {"title": "Wonderful", "score": "5", "body": "Read it"}),),
        user=ANNA,
    ),
    Story(
        "review-invalid",
        (submit(f"{FIRST}reviews/add/", {"title": "", "score": "9"}, 500),),
        user="bo@example.org",
    ),
    Story("vote", (submit(f"{FIRST}reviews/1/vote/", {"delta": "1"}),), user=ANNA),
    Story("search", (get("/search/", query=[("q", "Book")]),)),
    Story("basket-empty", (get("/basket/"),)),
    Story("basket-add-anonymous", (submit("/basket/add/2/", {"quantity": "1"}),)),
    Story("basket-add", (submit("/basket/add/1/", {"quantity": "2"}),), user=ANNA),
    Story("basket-add-more", (submit("/basket/add/3/", {"quantity": "1"}),), user=ANNA),
    Story("basket-add-too-many", (submit("/basket/add/1/", {"quantity": "500"}),), user=ANNA),
    Story("basket-add-sold-out", (submit("/basket/add/10/", {"quantity": "1"}),), user=ANNA),
    Story("basket", (get("/basket/"),), user=ANNA),
    Story(
        "basket-change",
        (
            submit(
                "/basket/",
                {
                    "form-TOTAL_FORMS": "2",
                    "form-INITIAL_FORMS": "2",
                    "form-MIN_NUM_FORMS": "0",
                    "form-MAX_NUM_FORMS": "1000",
                    "form-0-id": "2",
                    "form-0-quantity": "3",
                    "form-1-id": "3",
                    "form-1-quantity": "0",
                },
            ),
        ),
        user=ANNA,
    ),
    Story("voucher-unknown", (submit("/basket/vouchers/add/", {"code": "FREE"}, 302),), user=ANNA),
    Story("checkout-anonymous", (get("/checkout/", 302),)),
    Story("checkout-address-form", (get("/checkout/shipping-address/"),), user=ANNA),
    Story(
        "checkout-address-invalid",
        (submit("/checkout/shipping-address/", address(line1=""), 200),),
        user=ANNA,
    ),
    Story(
        "check-out",
        (
            submit("/checkout/shipping-address/", {"action": "ship_to", "address_id": "1"}),
            get("/checkout/shipping-method/", 302),
            get("/checkout/payment-method/", 302),
            get("/checkout/payment-details/"),
            submit("/checkout/preview/", {"action": "place_order"}),
            get("/checkout/thank-you/"),
        ),
        user=ANNA,
    ),
    Story("orders", (get("/accounts/orders/"),), user=ANNA),
    Story("order", (get("/accounts/orders/100001/"),), user=ANNA),
    Story("order-of-other", (get("/accounts/orders/100001/", 404),), user="bo@example.org"),
    Story("addresses", (get("/accounts/addresses/"),), user=ANNA),
    Story(
        "add-address",
        (submit("/accounts/addresses/add/", address(country="DK", postcode="2100")),),
        user=ANNA,
    ),
    Story("delete-address", (submit("/accounts/addresses/2/delete/"),), user=ANNA),
    Story("profile", (get("/accounts/profile/"),), user=ANNA),
    Story(
        "edit-profile",
        (submit("/accounts/profile/edit/", {"first_name": "Åse", "last_name": "And", "email": ANNA}),),
        user=ANNA,
    ),
    Story("wishlists", (get("/accounts/wishlists/"),), user=ANNA),
    Story("wishlist", (get("/accounts/wishlists/anna42/"),), user=ANNA),
    Story("wishlist-add", (submit("/accounts/wishlists/anna42/add/5/"),), user=ANNA),
    Story("wishlist-remove", (submit("/accounts/wishlists/anna42/products/3/delete/"),), user=ANNA),
    Story("stock-alert", (submit("/accounts/alerts/create/10/"),), user=ANNA),
    Story("emails", (get("/accounts/emails/"),), user=ANNA),
    Story("notifications", (get("/accounts/notifications/inbox/"),), user=ANNA),
    Story("login-page", (get("/accounts/login/"),)),
    Story(
        "register",
        (
            submit(
                "/accounts/register/",
                {
                    "email": "eva@example.org",
                    "password1": "rødgrød-med-flød-7",
                    "password2": "rødgrød-med-flød-7",
                },
            ),
        ),
    ),
    Story(
        "log-in",
        (
            submit(
                "/accounts/login/", {"login-username": ANNA, "login-password": PASSWORD, "login_submit": "1"}
            ),
        ),
    ),
    Story(
        "log-in-wrong",
        (
            submit(
                "/accounts/login/", {"login-username": ANNA, "login-password": "x", "login_submit": "1"}, 200
            ),
        ),
    ),
    Story("log-out", (get("/accounts/logout/", 302),), user=ANNA),
    Story("dashboard", (get("/dashboard/"),), user=BOSS),
    Story("dashboard-forbidden", (get("/dashboard/", 403),), user=ANNA),
    Story("dashboard-products", (get("/dashboard/catalogue/", query=[("upc", "upc1")]),), user=BOSS),
    Story("dashboard-product-form", (get("/dashboard/catalogue/products/1/"),), user=BOSS),
    Story("dashboard-categories", (get("/dashboard/catalogue/categories/"),), user=BOSS),
    Story(
        "dashboard-add-category",
        (
            submit(
                "/dashboard/catalogue/categories/create/",
                {
                    "name": "Poems",
                    "slug": "",
                    "treebeard_position": "first-child",
                    "treebeard_ref_node": "1",
                    "is_public": "on",
                },
            ),
        ),
        user=BOSS,
    ),
    Story("dashboard-delete-category", (submit("/dashboard/catalogue/categories/5/delete/"),), user=BOSS),
    Story("dashboard-delete-product", (submit("/dashboard/catalogue/products/9/delete/"),), user=BOSS),
    Story("dashboard-orders", (get("/dashboard/orders/"),), user=BOSS),
    Story("dashboard-order", (get("/dashboard/orders/100001/"),), user=BOSS),
    Story(
        "dashboard-order-status",
        (
            opened("/dashboard/orders/100001/"),
            submit(
                "/dashboard/orders/100001/",
                {"order_action": "change_order_status", "new_status": "Being processed"},
            ),
        ),
        user=BOSS,
    ),
    Story("dashboard-users", (get("/dashboard/users/"),), user=BOSS),
    Story("dashboard-ranges", (get("/dashboard/ranges/"),), user=BOSS),
    Story(
        "dashboard-add-range",
        (
            submit(
                "/dashboard/ranges/create/",
                {"name": "All books", "is_public": "on", "includes_all_products": "on"},
            ),
        ),
        user=BOSS,
    ),
)
