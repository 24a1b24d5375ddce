"""Of what a test would have to assert, all is asserted that holds."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from otel2test.inverting.feedback import Decoy, Feedback, Place
from otel2test.proving.replaying import Claim, Proof
from otel2test.proving.strengthening import strengthened

PLACES = [Place("text", (text,)) for text in ("a", "b", "c", "now", "d", "can't be written", "known")]
A, B, C, NOW, D, UNWRITABLE, KNOWN = PLACES


def claim(feedback: Feedback | None = None) -> Claim[None]:
    feedback = feedback or Feedback()
    if UNWRITABLE in feedback.asserted:
        raise ValueError("no literal")
    said = sorted(str(place.path) for place in feedback.asserted - {KNOWN})
    return Claim(Path("test_x.py"), "test_x", " ".join(said), feedback=feedback, revise=claim)


def adds(one: Claim[None], other: Claim[None]) -> bool:
    return one.source != other.source


@pytest.mark.parametrize(
    ("places", "asserted", "most"),
    [
        ({A, B}, {A, B}, 1),
        ({A, B, C, NOW, D}, {A, B, C, D}, 7),
        ({NOW}, None, 1),
        ({KNOWN}, None, 0),
        ({A, B, UNWRITABLE}, {A, B}, 3),
        ({UNWRITABLE}, None, 0),
    ],
    ids=["all", "but one", "none", "nothing new", "one unwritable", "unwritable"],
)
def test_one_that_does_not_hold_keeps_out_no_other(
    places: set[Place], asserted: set[Place] | None, most: int
) -> None:
    rounds: list[int] = []

    def prove(claims: Sequence[Claim[None]]) -> list[Proof[None]]:
        rounds.append(len(claims))
        return [Proof(each, NOW not in each.feedback.asserted) for each in claims]

    first = Proof(claim(), passed=True)
    found = strengthened([first], {first.claim.key: places, "another": {A}}, prove, adds)

    told = {key: proof.claim.feedback.asserted for key, proof in found.items()}
    assert told == ({} if asserted is None else {first.claim.key: asserted})
    assert len(rounds) <= most
    assert set(rounds) <= {1}


@pytest.mark.parametrize("fails", [False, True])
def test_rows_are_tried_apart_from_assertions(fails: bool) -> None:
    draft, other = Decoy("shop_post", ("status",)), Decoy("shop_post", ("owner_id",))
    tried: list[tuple[int, int]] = []

    def with_rows(feedback: Feedback) -> Claim[None]:
        return Claim(Path("test_x.py"), "test_x", repr(feedback), feedback=feedback, revise=with_rows)

    def prove(claims: Sequence[Claim[None]]) -> list[Proof[None]]:
        tried.extend((len(each.feedback.asserted), len(each.feedback.decoys)) for each in claims)
        return [Proof(each, not (fails and other in each.feedback.decoys)) for each in claims]

    first = Proof(with_rows(Feedback()), passed=True)
    found = strengthened([first], {first.claim.key: {A, B, draft, other}}, prove, adds)

    assert tried[:2] == [(2, 0), (2, 2)]
    told = found[first.claim.key].claim.feedback
    assert told.asserted == {A, B}
    assert told.decoys == ({draft} if fails else {draft, other})
