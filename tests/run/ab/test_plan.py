"""Which side of an A/B run is under load when, and which pairs of blocks count."""

from __future__ import annotations

import pytest

from swarmscope.compare.summary import ALL, Conditions, RunSummary, Stretch, Subject, Times
from swarmscope.errors import CommandError
from swarmscope.run.ab.pairs import obstacles_of, p95_of, valid_pairs
from swarmscope.run.ab.plan import Plan, pairs_of, require_plan

MIN_PAIRS = 6


def block(name: str, *, requests: float = 100, failures: float = 0, doubts: tuple[str, ...] = ()) -> RunSummary:
    whole = Stretch(10, requests, failures, Times(((0.1, 0.11, requests),), requests * 0.105))
    return RunSummary(name, 0, "PASS", Conditions("shop"), {ALL: Subject(whole)}, doubts=doubts)


def test_neither_side_is_always_the_second_one() -> None:
    sides = "".join(Plan(40, 15).sides)
    quads = [sides[place : place + 4] for place in range(0, 80, 4)]
    assert set(quads) == {"ABBA", "BAAB"}
    assert 5 <= quads.count("ABBA") <= 15
    assert Plan(40, 15).sides == Plan(40, 30).sides


def test_neighboring_blocks_are_pairs_in_whichever_order_they_came() -> None:
    assert list(pairs_of(("A", "B", "B", "A", "B", "A"))) == [(0, 1), (3, 2), (5, 4)]
    assert list(pairs_of(("A", "B", "B"))) == [(0, 1)], "a pair that is not whole is none"


def test_the_plan_says_how_long_it_takes_before_any_load() -> None:
    told = Plan(24, 15).announcement
    assert told == "24 pairs of blocks, A B B A or B A A B, of which 15s each are compared: about 23 min"


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(2, 15), "Invalid --pairs 2: expected at least 6, below which nothing can be told"),
        (Plan(24, 2), "Invalid --block 2s: expected at least 6s, since workers report every 3 s"),
    ],
    ids=["pairs", "block"],
)
def test_a_plan_that_no_answer_can_come_of_is_refused(plan: Plan, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        require_plan(plan, MIN_PAIRS)
    assert str(caught.value) == said


def test_a_pair_counts_only_if_both_of_its_blocks_were_measured_well() -> None:
    plan = Plan(3, 15)
    blocks = [block(f"{number}{side}") for number, side in enumerate(plan.sides)]
    blocks[2] = block("2B", doubts=("the generator was at its limit",))
    pairs = valid_pairs(blocks, plan)
    assert [each.run_id for each in pairs.a] == ["0A", "4A"]
    assert [each.run_id for each in pairs.b] == ["1B", "5B"]
    assert pairs.left_out == ("pair 2 is left out: B: the generator was at its limit",)


def test_many_pairs_that_were_not_measured_well_leave_nothing_to_say() -> None:
    plan = Plan(4, 15)
    good, bad = block("good"), block("bad", doubts=("books do not balance",))
    assert obstacles_of(valid_pairs([good] * 6 + [bad, good], plan), "") == ()
    (obstacle,) = obstacles_of(valid_pairs([good] * 4 + [bad] * 4, plan), "")
    assert obstacle.startswith("2 of 4 pairs were not measured well: pair 3 is left out")


def test_a_baseline_that_fails_itself_makes_nothing_better() -> None:
    blocks = [block("a", failures=90), block("b"), block("b"), block("a", failures=90)]
    assert obstacles_of(valid_pairs(blocks, Plan(2, 15)), "") == (
        "90% of the requests to A failed: it cannot be compared with",
    )


def test_what_was_interrupted_is_not_told_as_same() -> None:
    assert obstacles_of(valid_pairs([], Plan(6, 15)), "interrupted in block 1 of 12") == (
        "interrupted in block 1 of 12",
    )
    assert obstacles_of(valid_pairs([], Plan(6, 15)), "") == ("no pair of blocks was measured",)


def test_a_block_is_told_by_its_p95() -> None:
    assert p95_of(block("a")) == pytest.approx(0.1095)
    assert p95_of(RunSummary("none", 0, "FAIL", Conditions("shop"), {})) is None
