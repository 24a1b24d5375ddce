"""What a page shows: its texts, what its form fields hold, and what is no test's business."""

import pytest

from otel2test.inverting.assertions import Assert, AssertContains
from otel2test.inverting.expressions import Attribute, Formatted
from tests.inverting.django.planning import HTML, plan, steps
from tests.inverting.shop import PERSON, SHOP, TODO, USER, select
from tests.recordings import Node, field, model, request, schema, view

ROW = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
OATS = {**ROW, "id": 51, "title": "Oats"}
BREAD = {**ROW, "id": 52, "title": "Bread"}


def shown(text: str, *queries: Node, method: str = "GET", status: int = 200) -> list[object]:
    """Return what a test looks for in a page, each as it is written in the call."""
    node = request(method, "/", *queries, schema=SHOP, answer=text, response_headers=HTML, status=status)
    found: list[Assert] = [*plan(node).asserts]
    return [step.text for step in found if isinstance(step, AssertContains)]


# --- texts from rows


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>Buy Milk (3 votes)</p>", "Buy Milk (3 votes)"),
        ("<p>· Milk</p>", "Milk"),
        ("<p>Milk, since 2 days ago</p>", "Milk"),
        ("<p>Milk, number 50</p>", "Milk"),
        ("<p>Milk &nbsp;!</p>", "Milk"),
        ("<p>Milk " + "and more " * 10 + "</p>", "Milk"),
        ("<button>Delete Milk</button>", "Milk"),
        ("<nav><a>See Milk</a></nav>", "Milk"),
        ("<nav>See Milk</nav><p>See Milk or not</p>", "See Milk or not"),
        ("<p>Milk &amp; honey</p>", "Milk & honey"),
    ],
    ids=["whole", "a mark", "a time", "a key", "odd", "long", "control", "menu", "content first", "escaped"],
)
def test_a_row_is_told_by_the_text_it_stands_in_where_that_holds_still(page: str, expected: str) -> None:
    assert shown(page, select(TODO, ROW)) == [expected]


def test_what_stands_around_the_content_is_told_only_where_little_else_shows() -> None:
    rows = [select(TODO, ROW, OATS, BREAD), select(PERSON, {"id": 1, "name": "Ada"})]
    menu = '<div class="main-menu">Ada</div>'

    assert shown(f"{menu}<p>Milk</p><p>Oats</p>", *rows) == ["Milk", "Oats", "Ada"]
    assert shown(f"{menu}<p>Milk</p><p>Oats</p><p>Bread</p>", *rows) == ["Milk", "Oats", "Bread"]


# --- what stands beside


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<h1>Groceries</h1>", ["Groceries"]),
        ("<h1>A</h1><h2>B</h2><h2>C</h2>", ["A", "B"]),
        ("<h1>#50</h1>", []),
        ("<header><h1>Our shop</h1></header>", []),
        ("<p>No todos found.</p><p>No more.</p>", ["No todos found."]),
        ("<p>Your basket is empty.</p>", ["Your basket is empty."]),
        ("<p>Normally open</p>", []),
        ("<a>No, take me back</a>", []),
        ("<td>Open</td><td>Open</td>", ["Open"]),
        ("<td>By:</td>", []),
        ("<td>12</td><td>0</td>", ["<td>12</td>"]),
        ("<td>\n12</td>", []),
        ("<td>50</td>", []),
        ("<td>3 minutes</td><td>1.5 MB</td>", []),
        ("<td><a>Edit</a></td><td><button>Go</button></td>", []),
        ("<table><thead><td>Name</td></thead></table>", []),
        ('<b class="badge bg-info">Closed</b><b class="form-label">Name</b>', ["Closed"]),
    ],
    ids=[
        "heading",
        "two headings",
        "a number",
        "of the site",
        "nothing there",
        "empty",
        "something else",
        "a way back",
        "cell",
        "a label",
        "number",
        "number in lines",
        "a key",
        "times and sizes",
        "what to do",
        "head of a table",
        "state",
    ],
)
def test_what_the_content_says_beside(page: str, expected: list[str]) -> None:
    assert shown(page, select(TODO, ROW)) == expected


@pytest.mark.parametrize(
    ("content", "heading", "told"),
    [
        ("<p>Milk</p><p>Oats</p>", "Groceries", True),
        ("<p>Milk</p><p>Oats</p><p>Bread</p>", "Groceries", False),
        ("<p>Milk</p><p>Oats</p><p>Bread</p>", "Page 2", True),
        ("<p>Milk</p><p>Oats</p><p>Bread</p>", "What “eats” finds", True),
        ("<select><option>Milk<option>Oats<option>Bread</select>", "Groceries", True),
        ("<table><tr><th>Milk</th><th>Oats</th><th>Bread</th></tr></table>", "Groceries", True),
        ("<tbody><tr><th>Milk</th></tr><tr><th>Oats</th></tr><tr><th>Bread</th></tr></tbody>", "Food", False),
    ],
    ids=["little else", "enough else", "number", "what was asked for", "to choose from", "columns", "rows"],
)
def test_a_heading_is_told_where_the_content_tells_little_else(
    content: str, heading: str, told: bool
) -> None:
    page = f"<h1>{heading}</h1>{content}"
    node = request(
        "GET",
        "/",
        select(TODO, ROW, OATS, BREAD),
        schema=SHOP,
        answer=page,
        response_headers=HTML,
        query_string="q=eats",
    )

    texts = [step.text for step in steps(plan(node), AssertContains)]

    assert (heading in texts) is told


def test_five_cells_are_enough() -> None:
    page = "".join(f"<td>Number {name}</td>" for name in "abcdefgh")

    assert shown(page) == [f"Number {name}" for name in "abcde"]


# --- errors


@pytest.mark.parametrize(
    "page",
    [
        '<ul class="errorlist"><li>Too late.</li></ul>',
        '<div class="invalid-feedback d-block">Too late.</div>',
        '<p class="text-danger error">Too late.</p>',
        '<span class="error-block"><i class="icon"></i> Too late.</span>',
    ],
)
def test_errors_of_a_form_that_was_sent(page: str) -> None:
    assert shown(page, method="POST") == ["Too late."]


@pytest.mark.parametrize(
    ("page", "method", "status"),
    [
        ('<p class="text-danger">Delete it</p>', "GET", 200),
        ('<a class="text-danger">Delete it</a>', "POST", 200),
        ('<div class="form-row error"><label>Name</label></div>', "POST", 200),
        ('<p class="error">Traceback</p>', "POST", 500),
    ],
    ids=["nothing sent", "a link", "a label", "an error page"],
)
def test_what_only_looks_like_an_error(page: str, method: str, status: int) -> None:
    assert shown(page, method=method, status=status) == []


# --- form fields


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<input type="text" name="a" value="x">', 'name="a" value="x"'),
        ('<input name="a" id="b" value="Tom &amp; Jo">', 'value="Tom &amp; Jo"'),
        ('<input type="hidden" name="next" value="/a/">', 'name="next" value="/a/"'),
        (
            '<input type="checkbox" name="a" value="1" checked>',
            '<input type="checkbox" name="a" value="1" checked>',
        ),
        (
            '<select name="a"><option value="1">x</option><option value="2" selected>y</option></select>',
            '<option value="2" selected>y</option>',
        ),
        (
            '<select name="a">\n<option value="2" selected>\n y\n</option></select>',
            '<option value="2" selected>',
        ),
    ],
)
def test_what_form_fields_hold(page: str, expected: str) -> None:
    assert shown(page) == [expected]


@pytest.mark.parametrize(
    "tag",
    [
        '<input type="text" name="a">',
        '<input type="text" value="x">',
        '<input type="checkbox" name="a" value="1">',
        '<input type="submit" name="a" value="Save">',
        '<input type="password" name="a" value="x">',
        '<input type="hidden" name="csrfmiddlewaretoken" value="x">',
        '<input type="hidden" name="form-TOTAL_FORMS" value="2">',
        '<input type="hidden" name="a" value="eyJmaWx0ZXJpbmciOiB7fX0w">',
        '<select name="a"><option value="" selected>---</option></select>',
        '<select name="a"><option value="2"\n selected>x</option></select>',
    ],
)
def test_fields_of_which_nothing_is_told(tag: str) -> None:
    assert shown(tag) == []


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            '<select name="a"><option value="50" selected>Milk</option></select>',
            [Formatted(('<option value="', Attribute("todo", "pk"), '" selected>Milk</option>'))],
        ),
        (
            '<input type="hidden" name="todo_id" value="50">',
            [Formatted(('name="todo_id" value="', Attribute("todo", "pk"), '"'))],
        ),
        (
            '<select name="todo"><option value="50" selected>First</option></select>',
            [Formatted(('<option value="', Attribute("todo", "pk"), '" selected>First</option>'))],
        ),
        ("<select name='todo'><option value='50' selected>First</option></select>", []),
        ('<input type="hidden" name="a" value="50">', []),
        (
            '<select name="owner"><option value="50" selected>x</option></select>',
            [],
        ),
        ('<input name="votes" value="50">', ['name="votes" value="50"']),
    ],
    ids=[
        "named by what is chosen",
        "named by the field",
        "by its list",
        "quoted otherwise",
        "whose?",
        "of another model",
        "a number",
    ],
)
def test_a_key_in_a_field_is_told_by_its_row(page: str, expected: list[object]) -> None:
    assert [text for text in shown(page, select(TODO, ROW)) if text != "Milk"] == expected


def test_six_fields_are_enough_and_those_that_a_reader_sees_come_first() -> None:
    hidden = '<input type="hidden" name="z" value="1">'
    page = hidden + "".join(f'<input name="{name}" value="1">' for name in "abcdef")

    assert shown(page) == [f'name="{name}" value="1"' for name in "abcdef"]


@pytest.mark.parametrize(("module", "told"), [("shop.views", 2), ("django.contrib.admin.options", 1)])
def test_what_the_pages_of_django_send_along_unseen_is_not_told(module: str, told: int) -> None:
    page = '<input name="q" value="milk"><input type="hidden" name="select_across" value="no">'
    asked = view("index", module=module)
    node = request("GET", "/50/", schema=SHOP, answer=page, response_headers=HTML, view=asked)

    assert len(steps(plan(node), AssertContains)) == told


def test_a_text_that_a_field_holds_is_told_once() -> None:
    assert shown('<input name="title" value="Milk">', select(TODO, ROW)) == ['name="title" value="Milk"']


def test_a_text_that_a_field_holds_and_the_content_says_is_told_of_both() -> None:
    page = '<h1>Milk</h1><input name="title" value="Milk">'

    assert shown(page, select(TODO, ROW)) == ["Milk", 'name="title" value="Milk"']


def test_a_time_that_the_test_leaves_to_the_model_is_not_told() -> None:
    page = '<input name="made" value="2020-01-01 00:00:00">'
    other = '<input name="made" value="2021-01-01 00:00:00">'

    assert shown(page, select(TODO, ROW)) == []
    assert shown(other, select(TODO, ROW)) == ['name="made" value="2021-01-01 00:00:00"']


def test_when_somebody_last_logged_in_is_not_told() -> None:
    ann = {"id": 5, "username": "ann", "last_login": "2020-01-01 08:49:22"}

    assert shown('<input name="last_login_1" value="09:49:22">', select(USER, ann)) == []


def test_what_is_chosen_in_several_lists_is_told_once() -> None:
    option = '<option value="high" selected>High</option>'
    page = f'<select name="a">{option}</select><select name="b">{option}</select>'

    assert shown(page) == [option]


# --- links


def test_a_name_that_stands_in_paths_only_is_told_by_the_shortest_link() -> None:
    page = '<p>All</p><a href="/todos/Milk/edit/">Edit</a><a href="/todos/Milk/">See</a><img src="/Milk.png">'
    asked = view("index", module="shop.views")
    node = request("GET", "/", select(TODO, ROW), schema=SHOP, answer=page, response_headers=HTML, view=asked)

    texts = [step.text for step in steps(plan(node), AssertContains)]

    assert texts == ['href="/todos/Milk/"']


def test_a_link_is_told_once() -> None:
    page = '<a href="/todos/persons/50/">Milk by Ada</a>'
    queries = (select(TODO, ROW), select(PERSON, {"id": 50, "name": "Ada"}))
    asked = view("index", module="shop.views")
    node = request("GET", "/50/", *queries, schema=SHOP, answer=page, response_headers=HTML, view=asked)

    texts = [step.text for step in steps(plan(node), AssertContains)]

    assert texts == ["Milk by Ada", 'href="/todos/persons/50/"']


def test_three_links_are_enough() -> None:
    names = ["alpha", "beta", "gamma", "delta"]
    models = [
        model(f"shop.{name.title()}", field("id", "BigAutoField", primary_key=True), field("name"))
        for name in names
    ]
    queries = [
        select(each, {"id": 50, "name": f"The {name}"}) for name, each in zip(names, models, strict=True)
    ]
    page = "".join(f'<a href="/{name}/50/">The {name}</a>' for name in names)
    asked = view("index", module="shop.views")
    node = request(
        "GET", "/50/", *queries, schema=schema(*models), answer=page, response_headers=HTML, view=asked
    )

    texts = [str(step.text) for step in steps(plan(node), AssertContains)]

    assert [text for text in texts if text.startswith("href")] == [
        'href="/alpha/50/"',
        'href="/beta/50/"',
        'href="/gamma/50/"',
    ]
