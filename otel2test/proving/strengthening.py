"""Tests and what they lack to notice more → the tests with as much of it as holds.

What one replay showed may differ in the next, and a row that a query should leave out may show elsewhere.
Where a test with all of it fails, it is tried with one half and then with the other, and so on, so that
one assertion or row that doesn't hold costs none of the others.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeVar

from otel2test.inverting.feedback import Decoy, Feedback, Lack, Place
from otel2test.proving.replaying import Claim, Proof

D = TypeVar("D")

_ATTEMPTS: Final = 8
"""So often each test is proven at most."""


def strengthened(
    proofs: Sequence[Proof[D]],
    killers: Mapping[str, Collection[Lack]],
    prove: Callable[[Sequence[Claim[D]]], Sequence[Proof[D]]],
    adds: Callable[[Claim[D], Claim[D]], bool],
) -> dict[str, Proof[D]]:
    """Return, by their keys, the proofs of those tests that could be made stronger.

    ``killers`` are places and decoys by the keys of tests; ``adds`` says whether the second claim says
    more than the first.
    """
    best = {proof.claim.key: proof for proof in proofs if proof.claim.revise is not None}
    waiting = {key: _groups(lacks) for key, lacks in killers.items() if key in best and lacks}
    found: dict[str, Proof[D]] = {}
    for _ in range(_ATTEMPTS):
        tried = {key: claim for key in waiting if (claim := _next(best[key].claim, waiting[key], adds))}
        if not tried:
            break
        for proof in prove([*tried.values()]):
            key = proof.claim.key
            lacks = waiting[key].pop(0)
            if proof.passed:
                best[key] = found[key] = proof
            else:
                waiting[key] += _halves(lacks)
    return found


def _next(
    claim: Claim[D], groups: list[list[Lack]], adds: Callable[[Claim[D], Claim[D]], bool]
) -> Claim[D] | None:
    """Return the claim with the first of the groups that makes a difference; those before are dropped."""
    while groups and claim.revise is not None:
        try:
            revised = claim.revise(claim.feedback | _told(groups[0]))
        except ValueError:  # one of them can't be written
            groups += _halves(groups.pop(0))
            continue
        if adds(claim, revised):
            return revised
        groups.pop(0)
    return None


def _groups(lacks: Collection[Lack]) -> list[list[Lack]]:
    """Return what to try at once: assertions, and then the rows, which less often hold."""
    ordered = sorted(lacks, key=repr)
    groups: list[list[Lack]] = [
        [lack for lack in ordered if isinstance(lack, kind)] for kind in (Place, Decoy)
    ]
    return [group for group in groups if group]


def _told(lacks: Collection[Lack]) -> Feedback:
    return Feedback(
        asserted=frozenset(lack for lack in lacks if isinstance(lack, Place)),
        decoys=frozenset(lack for lack in lacks if isinstance(lack, Decoy)),
    )


def _halves(lacks: list[Lack]) -> list[list[Lack]]:
    half = len(lacks) // 2
    return [lacks[:half], lacks[half:]] if half else []
