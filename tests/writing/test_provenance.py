"""Which lines of a module came from which step, whatever the formatter did to them."""

import datetime as dt

from otel2test.inverting.acts import SendRequest
from otel2test.inverting.arrangements import CreateRow, SetClock, SetSession
from otel2test.inverting.assertions import AssertStatus
from otel2test.inverting.expressions import Name
from otel2test.inverting.plan import Plan
from otel2test.settings import Framework
from otel2test.writing import source
from otel2test.writing.provenance import StepLines, step_lines, step_mark

TODO = Name("shop.models", "Todo")
LONG = (("title", "A title that takes the line beyond what it may have"), ("notes", "And more of it"))


def lines_of(plan: Plan, framework: Framework = "pytest") -> list[tuple[int, str]]:
    """Return (step, text of the lines that it became, joined)."""
    written = source.write([plan], framework, test_class="ShopTests", with_provenance=True)
    code = written.text.splitlines()
    (test,) = written.tests
    return [
        (item.step, " ".join(line.strip() for line in code[item.first - 1 : item.last]))
        for item in test.lines
    ]


def test_each_step_has_its_lines() -> None:
    plan = Plan(
        "index",
        "0a" * 16,
        (
            SetClock(dt.datetime(2026, 1, 2, tzinfo=dt.UTC)),
            CreateRow(None, TODO, "objects", "create", LONG),
            SetSession((("cart", 3),)),
        ),
        SendRequest("GET", "/"),
        (AssertStatus(200),),
    )

    for framework in ("pytest", "unittest"):
        found = lines_of(plan, framework)

        assert [step for step, _ in found] == [0, 1, 2, 2, 2, 3, 4]
        assert found[0][1].startswith("@time_machine.travel(")
        assert found[1][1].startswith("Todo.objects.create( title=")
        assert found[4][1] == "session.save()"


def test_a_block_around_a_step_is_the_steps() -> None:
    act = SendRequest("GET", "/", raises=Name("builtins", "ValueError"))

    assert lines_of(Plan("index", "0a" * 16, (), act, ())) == [
        (0, 'with pytest.raises(ValueError): client.get("/")')
    ]


def test_steps_inside_a_block_have_their_own_lines() -> None:
    text = "def test_a():\n    with thing():\n        x = 1\n        y = 2\n"
    marked = f"def test_a():\n    with thing():\n        {step_mark(3)}        x = 1\n        y = 2\n"

    assert step_lines(text, marked, {}) == {"test_a": (StepLines(3, 3, 3), StepLines(3, 4, 4))}


def test_nothing_is_told_unless_asked_for() -> None:
    plan = Plan("index", "0a" * 16, (), SendRequest("GET", "/"), (AssertStatus(200),))

    assert source.write([plan], "pytest", test_class="ShopTests").tests[0].lines == ()


def test_what_no_step_made_has_no_lines() -> None:
    text = "def test_a():\n    setup()\n    x = 1\n\n\ndef helper():\n    return 1\n"
    marked = f"def test_a():\n    setup()\n    {step_mark(7)}    x = 1\n\n\ndef helper():\n    return 1\n"

    assert step_lines(text, marked, {}) == {"test_a": (StepLines(7, 3, 3),)}
