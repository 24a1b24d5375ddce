"""Pure Python as projects write it, with much calling and little else: the most that recording can cost.

One order makes 24 calls: half of them small functions of numbers and texts, a third methods of
plain, dataclass and model-like objects, the rest take lists and dicts, or fail and are caught.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CALLS_OF_AN_ORDER = 24
RATES = {"standard": 19, "reduced": 7, "none": 0}


class Product:
    """Like a model: a handful of columns and no slots."""

    def __init__(self, pk: int, name: str, cents: int, stock: int) -> None:
        self.id = pk
        self.name = name
        self.cents = cents
        self.stock = stock
        self.active = True

    def price_of(self, count: int) -> int:
        price = self.cents * count
        return price if count < 10 else price - price // 10

    def has(self, count: int) -> bool:
        return self.active and self.stock >= count


@dataclass
class Line:
    product: str
    count: int
    cents: int


@dataclass
class Basket:
    owner: str
    lines: list[Line] = field(default_factory=list)

    def add(self, product: Product, count: int) -> Line:
        line = Line(product.name, count, product.price_of(count))
        self.lines.append(line)
        return line

    def subtotal(self) -> int:
        return total([line.cents for line in self.lines])


def clamp(value: int, low: int, high: int) -> int:
    return low if value < low else min(value, high)


def with_tax(cents: int, rate: int) -> int:
    tax = cents * rate // 100
    return cents + tax


def label(name: str, count: int) -> str:
    suffix = "" if count == 1 else "s"
    return f"{count} {name}{suffix}"


def slug(text: str) -> str:
    words = text.lower().split()
    return "-".join(words)


def total(amounts: Sequence[int]) -> int:
    result = 0
    for amount in amounts:
        result += amount
    return result


def rate_for(rates: Mapping[str, int], group: str) -> int:
    return rates.get(group, 0)


def describe(line: Line) -> str:
    text = label(line.product, line.count)
    return f"{text}: {line.cents}"


def parse(text: str) -> int:
    if not text.isdigit():
        raise ValueError(text)
    return int(text)


def quantity(text: str) -> int:
    try:
        return parse(text)
    except ValueError:
        return 1


def numbers(start: int, count: int) -> Iterator[int]:
    yield from range(start, start + count)


def order(number: int, products: Sequence[Product]) -> str:
    basket = Basket("joe")
    for product, text in zip(products, ("2", "many"), strict=True):
        count = clamp(quantity(text), 1, 20)
        if product.has(count):
            basket.add(product, count)
    rate = rate_for(RATES, "standard")
    gross = with_tax(basket.subtotal(), rate)
    points = total(list(numbers(number, 3)))
    return slug(f"{describe(basket.lines[0])} {clamp(gross, 0, 1000)} {with_tax(points, 0)}")


def run(orders: int) -> None:
    """Take that many orders."""
    products = (Product(1, "Milk", 120, 50), Product(2, "Rye bread", 340, 8))
    for number in range(orders):
        order(number, products)
