"""Tests that share what a fixture of their module makes run on one worker, or else each would make it.

``--dist loadgroup`` hands out every test by itself to whichever worker is free, and what is made once
for a module (a recording, a server, a report) would be made once on each. Tests that say which group they
belong to are left alone, and so is what is made for the session: all tests would stay together.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark them, before xdist looks for marks."""
    groups: list[tuple[set[str], list[pytest.Item]]] = []
    for item in items:
        made = set(_made_for_several(item))
        if not made or item.get_closest_marker("xdist_group"):
            continue
        touched = [group for group in groups if not made.isdisjoint(group[0])]
        groups = [group for group in groups if made.isdisjoint(group[0])]
        names = made.union(*(group[0] for group in touched))
        groups.append((names, [*chain.from_iterable(group[1] for group in touched), item]))
    for names, members in groups:
        for item in members:
            item.add_marker(pytest.mark.xdist_group(min(names)))


def _made_for_several(item: pytest.Item) -> Iterator[str]:
    """Yield a name for each thing that the fixtures of a test make for it and for others of its module.

    With parameters, a fixture makes a thing for each of them, and so do those that build on it.
    """
    if not isinstance(item, pytest.Function):
        return
    scopes = {
        name: found[-1].scope
        # Only the requests of fixtures, inside a test, are public.
        for name, found in item._fixtureinfo.name2fixturedefs.items()
    }
    shared = [name for name, scope in scopes.items() if scope == "module"]
    indices = item.callspec.indices if hasattr(item, "callspec") else {}
    chosen = "".join(f"-{indices[name]}" for name in sorted(shared) if name in indices)
    for name in shared:
        yield f"{item.nodeid.partition('::')[0]}:{name}{chosen}"
