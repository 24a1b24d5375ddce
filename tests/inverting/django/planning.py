"""Requests → the steps of their plans, to be compared."""

from typing import TypeVar

from otel2test.attributes import SchemaPayload
from otel2test.inverting.arrangements import CreateRow
from otel2test.inverting.django.inverting import invert
from otel2test.inverting.django.subjects import Pages
from otel2test.inverting.expressions import Name, Values
from otel2test.inverting.plan import Plan
from tests.inverting.shop import SHOP
from tests.recordings import Node, recorded, request

T = TypeVar("T")

JSON = [("Content-Type", "application/json")]
HTML = [("Content-Type", "text/html; charset=utf-8")]


def plan(node: Node) -> Plan:
    """Return the plan of a recorded request."""
    exchange = recorded(node).exchange()
    return invert(exchange, Pages([exchange])).plan


def plan_of(*queries: Node, models: SchemaPayload = SHOP, path: str = "/") -> Plan:
    """Return the plan of a request that did nothing but query."""
    return plan(request("GET", path, *queries, schema=models))


def steps(found: Plan, kind: type[T]) -> list[T]:
    """Return the plan's steps of one kind."""
    return [step for step in (*found.arrange, found.act, *found.asserts) if isinstance(step, kind)]


def created(found: Plan) -> list[tuple[str, dict[str, object]]]:
    """Return (model, values) of every row that the test creates, in order."""
    return [(step.model.name, dict(step.values)) for step in steps(found, CreateRow)]


def shop(name: str) -> Name:
    return Name("shop.models", name)


def values(**given: object) -> Values:
    return tuple(given.items())
