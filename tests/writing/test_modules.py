"""Tests of a module take the place of others; what somebody wrote around them stays."""

import ast

import pytest

from otel2test.writing.modules import CannotMergeError, find_tests, merged, spliced

EDITED = '''"""What my colleagues should know."""

import pytest
from decimal import Decimal   # kept as it is

from shop.models import Item, Order

pytestmark = pytest.mark.django_db

PRICE = Decimal( "3.50" )


@pytest.mark.slow
def test_one(client):
    item = Item.objects.create()
    assert item


def helper( a,b ):
    return a+b


def test_two(client):
    assert Order.objects.count() == 0
'''

NEW = """import pytest
from shop.models import Coupon

pytestmark = pytest.mark.django_db


def test_one(client):
    coupon = Coupon.objects.create()
    assert coupon
"""


def test_tests_are_found_with_their_decorators() -> None:
    found = find_tests(EDITED)

    assert [*found] == ["test_one", "test_two"]
    assert found["test_one"].text.startswith("@pytest.mark.slow\ndef test_one(client):\n")
    assert found["test_two"].text.endswith("count() == 0\n")


def test_a_test_takes_the_place_of_another_and_brings_its_imports() -> None:
    text = merged(EDITED, {"test_one": NEW}, first_party={"shop"})

    ast.parse(text)
    assert "coupon = Coupon.objects.create()" in text
    assert "Coupon, Order" in text
    assert "Item" not in text
    assert "@pytest.mark.slow" not in text
    assert text.count("pytestmark") == 1
    for kept in ('PRICE = Decimal( "3.50" )', "def helper( a,b ):\n    return a+b\n", "# kept as it is"):
        assert kept in text


def test_a_new_test_is_added_at_the_end() -> None:
    text = merged(EDITED, {"test_three": NEW.replace("test_one", "test_three")})

    assert [*find_tests(text)] == ["test_one", "test_two", "test_three"]
    assert "@pytest.mark.slow\ndef test_one" in text


def test_a_removed_test_takes_along_the_imports_that_only_it_needed() -> None:
    text = merged(EDITED, {}, ["test_two"])

    assert [*find_tests(text)] == ["test_one"]
    assert "Order" not in text


def test_a_name_that_means_something_else_is_refused() -> None:
    other = NEW.replace("from shop.models import Coupon", "from billing import Order").replace(
        "Coupon", "Order"
    )

    with pytest.raises(CannotMergeError, match="Order is imported from elsewhere"):
        merged(EDITED, {"test_one": other})


CLASS = """from django.test import TestCase


class ShopTests(TestCase):
    fixtures = ["shop"]

    def test_one(self):
        self.assertTrue(True)

    def test_two(self):
        self.assertTrue(True)


class OtherTests(TestCase):
    def test_three(self):
        self.assertTrue(True)
"""


def test_methods_are_replaced_added_and_removed_in_their_class() -> None:
    new = CLASS.replace("True)", "1)").replace("test_three", "test_four")

    text = merged(CLASS, {"ShopTests.test_two": new, "OtherTests.test_four": new}, ["ShopTests.test_one"])

    assert [*find_tests(text)] == ["ShopTests.test_two", "OtherTests.test_three", "OtherTests.test_four"]
    assert (
        find_tests(text)["ShopTests.test_two"].text == "    def test_two(self):\n        self.assertTrue(1)\n"
    )
    assert 'fixtures = ["shop"]' in text


def test_a_class_without_tests_goes() -> None:
    text = merged(CLASS, {}, ["OtherTests.test_three"])

    assert "OtherTests" not in text
    ast.parse(text)


OLD = """import pytest
from shop.models import Item

pytestmark = pytest.mark.django_db


def test_it(client):
    # Arrange
    tea = Item.objects.create(name="Tea", price=3)  # as my colleague likes it

    # Act
    response = client.get("/")

    # Assert
    assert response.json() == {"price": 3}
"""


def test_new_asserts_follow_the_beginning_that_is_there() -> None:
    new = OLD.replace("tea", "item").replace("# as my colleague likes it", "")
    new = new.replace("assert response.json()", "assert Decimal(response.json()").replace("3}", "4})")
    new = new.replace("import pytest", "from decimal import Decimal\n\nimport pytest")

    text = spliced(OLD, new, "test_it")

    assert text is not None
    test = find_tests(text)["test_it"].text
    assert "# as my colleague likes it" in test
    assert test.endswith('    # Assert\n    assert Decimal(response.json() == {"price": 4})\n')
    assert "from decimal import Decimal" in merged(OLD, {"test_it": text})


def test_asserts_about_what_the_beginning_does_not_make_do_not_follow_it() -> None:
    new = OLD.replace("tea", "item").replace("assert response", "assert item.price == 3\n    assert response")

    assert spliced(OLD, new, "test_it") is None


def test_a_test_of_several_requests_is_not_put_together_of_two() -> None:
    new = OLD + OLD[OLD.index("    # Act") :]

    assert spliced(new, OLD, "test_it") is None


def test_a_method_is_put_together_likewise() -> None:
    lines = OLD[OLD.index("def") :].splitlines(keepends=True)
    old = "class ItemTests:\n" + "".join(f"    {line}" for line in lines)
    new = old.replace('"price": 3', '"price": 4')

    text = spliced(old, new, "ItemTests.test_it")

    assert text is not None
    assert '{"price": 4}' in find_tests(merged(old, {"ItemTests.test_it": text}))["ItemTests.test_it"].text
