"""Tests and what they would have to assert to notice more → the tests that assert as much of it as holds.

What one replay showed may differ in the next. Where a test with all of it fails, it is tried with one
half and then with the other, and so on, so that one observation that doesn't hold costs none of the others.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeVar

from otel2test.inverting.feedback import Feedback, Place
from otel2test.proving.replaying import Claim, Proof

D = TypeVar("D")

_ATTEMPTS: Final = 8
"""So often each test is proven at most."""


def strengthened(
    proofs: Sequence[Proof[D]],
    killers: Mapping[str, Collection[Place]],
    prove: Callable[[Sequence[Claim[D]]], Sequence[Proof[D]]],
    adds: Callable[[Claim[D], Claim[D]], bool],
) -> dict[str, Proof[D]]:
    """Return, by their keys, the proofs of those tests that could be made stronger.

    ``killers`` are places by the keys of tests; ``adds`` says whether the second claim asserts
    more than the first.
    """
    best = {proof.claim.key: proof for proof in proofs if proof.claim.revise is not None}
    waiting = {key: [sorted(places, key=repr)] for key, places in killers.items() if key in best and places}
    found: dict[str, Proof[D]] = {}
    for _ in range(_ATTEMPTS):
        tried = {key: claim for key in waiting if (claim := _next(best[key].claim, waiting[key], adds))}
        if not tried:
            break
        for proof in prove([*tried.values()]):
            key = proof.claim.key
            places = waiting[key].pop(0)
            if proof.passed:
                best[key] = found[key] = proof
            else:
                waiting[key] += _halves(places)
    return found


def _next(
    claim: Claim[D], groups: list[list[Place]], adds: Callable[[Claim[D], Claim[D]], bool]
) -> Claim[D] | None:
    """Return the claim with the first of the groups that makes a difference; those before are dropped."""
    while groups and claim.revise is not None:
        try:
            revised = claim.revise(claim.feedback | Feedback(asserted=frozenset(groups[0])))
        except ValueError:  # one of them can't be written
            groups += _halves(groups.pop(0))
            continue
        if adds(claim, revised):
            return revised
        groups.pop(0)
    return None


def _halves(places: list[Place]) -> list[list[Place]]:
    half = len(places) // 2
    return [places[:half], places[half:]] if half else []
