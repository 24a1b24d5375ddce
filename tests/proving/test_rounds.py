"""How often a test is written again, with what, and which version of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from otel2test.inverting.feedback import Feedback
from otel2test.proving.jobs import Job, Outcome, TestResult
from otel2test.proving.replaying import ROUNDS, Claim, Proof, prove
from otel2test.reading.exchanges import Exchange
from tests.proving.pairs import SHOP
from tests.recordings import Node, query, recorded, request

COLUMNS = ("user_id", "due")
SQL = 'SELECT "shop_order"."id", "shop_order"."user_id", "shop_order"."due" FROM "shop_order" WHERE "id" = %s'
OTHER = 'SELECT "shop_order"."id", "shop_order"."title" FROM "shop_order"'
USER, DUE, TITLE = (("shop_order", column) for column in (*COLUMNS, "title"))
NOTHING = "nothing"


def orders(user: int | None, due: str | None) -> Node:
    return query(SQL, [7], columns=["id", *COLUMNS], rows=[(7, user, due)])


def titled(title: str | None) -> Node:
    return query(OTHER, [], columns=["id", "title"], rows=[(7, title)])


def shown(*nodes: Node, answer: str = "same") -> Node:
    return request("GET", "/", *nodes, answer={"said": answer}, schema=SHOP)


RECORDED = shown(orders(3, "2026-03-04"), titled("Tea"))


def written(feedback: Feedback) -> str:
    """Return the text of a test, which is what it arranges."""
    return " ".join(sorted(column for _, column in feedback.needed)) or NOTHING


def claim(feedback: Feedback | None = None) -> Claim[None]:
    feedback = feedback or Feedback()
    story: tuple[Exchange, ...] = (recorded(RECORDED).exchange(),)
    return Claim(Path("test_x.py"), "test_x", written(feedback), story, feedback, revise=claim)


class Runner:
    """Runs tests by their text: each leads to what its replays did, and whether it passed."""

    def __init__(self, replays: Mapping[str, tuple[Node, bool]]) -> None:
        self.replays = replays
        self.run_so_far: list[str] = []

    def run(self, jobs: Iterable[Job | None]) -> Iterator[Outcome]:
        for job in jobs:
            assert job is not None
            assert job.source is not None
            if job.key.startswith("first"):
                self.run_so_far.append(job.source)
            node, passed = self.replays[job.source]
            result = TestResult("test_x", "passed" if passed else "failed", "AssertionError")
            yield Outcome(job.key, (result,), (recorded(node).line().decode(),))


def proven(replays: Mapping[str, tuple[Node, bool]]) -> tuple[Proof[None], list[str]]:
    """Return the proof, and the texts that were tried."""
    runner = Runner(replays)
    told: list[Proof[None]] = []
    (proof,) = prove([claim()], runner, told.append)
    assert told == [proof]
    return proof, runner.run_so_far


LACKING = shown(orders(None, None), titled(None))
WHOLE = RECORDED


def test_a_test_that_is_like_its_recording_is_written_once() -> None:
    proof, tried = proven({NOTHING: (WHOLE, True)})

    assert (tried, proof.rounds, proof.fidelity) == ([NOTHING], 1, 1.0)


@pytest.mark.parametrize("passed", [True, False])
def test_what_is_lacking_is_handed_back(passed: bool) -> None:
    proof, tried = proven({NOTHING: (LACKING, passed), "due title user_id": (WHOLE, True)})

    assert tried == [NOTHING, "due title user_id"]
    assert (proof.passed, proof.fidelity, proof.rounds) == (True, 1.0, 2)
    assert proof.claim.feedback == Feedback(needed=frozenset({USER, DUE, TITLE}))


def test_what_makes_it_no_better_is_dropped_and_less_is_tried() -> None:
    proof, tried = proven(
        {
            NOTHING: (LACKING, True),
            "due title user_id": (LACKING, True),
            "due user_id": (shown(answer="another"), True),
            "due": (shown(orders(None, "2026-03-04"), titled(None)), True),
        }
    )

    assert tried == [NOTHING, "due title user_id", "due user_id", "due"]
    assert len(tried) == ROUNDS
    assert proof.claim.source == NOTHING  # one row is as unlike as before


def test_less_is_kept_where_it_is_better() -> None:
    better = shown(orders(3, "2026-03-04"), titled(None))

    proof, tried = proven(
        {
            NOTHING: (LACKING, True),
            "due title user_id": (LACKING, False),
            "due user_id": (better, True),
        }
    )

    assert tried == [NOTHING, "due title user_id", "due user_id"]  # none twice
    assert proof.claim.source == "due user_id"
    assert proof.passed
    assert proof.claim.feedback.needed == {USER, DUE}


def test_what_cannot_be_written_is_passed_over() -> None:
    def refuse(feedback: Feedback) -> Claim[None]:
        raise ValueError(feedback)

    first = claim()
    runner = Runner({NOTHING: (LACKING, True)})
    unwritable: Claim[None] = Claim(
        first.module, first.name, first.source, first.story, first.feedback, revise=refuse
    )

    (proof,) = prove([unwritable], runner, lambda _: None)

    assert (proof.rounds, proof.passed) == (1, True)
    assert "shop_order.user_id: 3 recorded, None in the replay" in proof.divergence
