"""B against A: what is said of each figure, and what is not said where too little is known."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from swarmscope.compare.comparison import Answer, Comparison, Policy, Row
from swarmscope.compare.judge import (
    MIN_BASELINE_RUNS,
    MIN_PAIRS,
    PAIR_POLICY,
    RUN_POLICY,
    compare_pairs,
    compare_runs,
    regression_of,
)
from swarmscope.compare.summary import ALL, Key, RunSummary
from tests.compare.made import CHAT, LIST, Load, noisy, row_of, side, sides, summary

BOTH: dict[Key, Load] = {CHAT: Load(0.1), LIST: Load(0.02)}
MEAN, P95, ERRORS = "latency_mean_seconds", "latency_p95_seconds", "error_ratio"
RATE = "throughput_requests_per_second"


def slower(times: float, key: Key = CHAT) -> dict[Key, Load]:
    return {**BOTH, key: replace(BOTH[key], seconds=BOTH[key].seconds * times)}


def test_a_target_is_the_same_as_itself() -> None:
    comparison = compare_pairs(*sides(24, BOTH, BOTH))
    assert comparison.answer is Answer.SAME
    assert {row.answer for row in comparison.rows} == {Answer.SAME}
    mean = row_of(comparison, MEAN, CHAT)
    assert mean.shift is not None
    assert mean.shift.low is not None
    assert mean.shift.high is not None
    assert -0.05 < mean.shift.low < 0 < mean.shift.high < 0.05
    assert mean.shift.units == 24
    assert mean.more_units is None


def test_an_endpoint_that_is_slower_is_named_and_others_are_the_same() -> None:
    comparison = compare_pairs(*sides(24, BOTH, slower(1.1)))
    assert comparison.answer is Answer.WORSE
    chat, other = row_of(comparison, MEAN, CHAT), row_of(comparison, MEAN, LIST)
    assert chat.answer is Answer.WORSE
    assert chat.shift is not None
    assert chat.shift.estimate == pytest.approx(0.1, abs=0.02)
    assert chat.shift.p_worse < 0.0025 < chat.shift.p_better
    assert other.answer is Answer.SAME


def test_an_endpoint_that_is_faster_is_better() -> None:
    comparison = compare_pairs(*sides(24, BOTH, slower(0.8)))
    assert comparison.answer is Answer.BETTER
    assert row_of(comparison, P95, CHAT).answer is Answer.BETTER


def test_rows_are_in_order_all_requests_first() -> None:
    rows = compare_pairs(*sides(6, BOTH, BOTH)).rows
    subjects = list(dict.fromkeys((row.method, row.name) for row in rows))
    assert subjects == [ALL, CHAT, LIST]
    figures = ["latency_p50_seconds", P95, "latency_p99_seconds", MEAN, ERRORS]
    assert [row.figure for row in rows if (row.method, row.name) == ALL] == [*figures, RATE]
    assert [row.figure for row in rows if row.name == "/list"] == figures


@pytest.mark.parametrize("count", [1, 2, 3, MIN_PAIRS - 1])
def test_few_pairs_give_no_answer_but_say_how_many_more(count: int) -> None:
    comparison = compare_pairs(*sides(count, BOTH, slower(3.0)))
    assert comparison.answer is Answer.CANNOT_TELL
    mean = row_of(comparison, MEAN, CHAT)
    assert mean.probably is Answer.WORSE
    assert mean.more_units is not None
    assert mean.more_units >= MIN_PAIRS - count
    assert mean.note == f"{count} {'pairs' if count > 1 else 'pair'}, needs 6"


def test_no_pairs_at_all_cannot_tell() -> None:
    comparison = compare_pairs(side("A", ()), side("B", ()))
    assert comparison.rows == ()
    assert comparison.answer is Answer.CANNOT_TELL


def test_a_block_without_a_partner_is_left_out() -> None:
    a, b = sides(7, BOTH, BOTH)
    shift = row_of(compare_pairs(a, side("B", b.runs[:6])), MEAN).shift
    assert shift is not None
    assert shift.units == 6


def test_noise_cannot_tell_and_the_pairs_it_asks_for_do() -> None:
    def row(pairs: int, seed: int) -> Row:
        return row_of(compare_pairs(*sides(pairs, {CHAT: Load()}, {CHAT: Load(0.11)}, 0.08, seed)), MEAN, CHAT)

    undecided = [each for each in (row(12, seed) for seed in range(9)) if each.answer is Answer.CANNOT_TELL]
    assert len(undecided) >= 7
    more = sorted(each.more_units or 0 for each in undecided)[len(undecided) // 2]
    assert 10 <= more <= 40
    assert [row(12 + more, seed).answer for seed in range(10, 18)].count(Answer.WORSE) >= 5


def test_a_shift_that_no_number_of_pairs_tells_says_so() -> None:
    policy = Policy(margin=1e-6, margin_seconds=0.0)
    row = row_of(compare_pairs(*sides(6, BOTH, BOTH, noise=0.5), policy), MEAN)
    assert row.answer is Answer.CANNOT_TELL
    assert row.more_units is None or row.more_units <= 10_000


def test_no_failures_at_all_are_the_same() -> None:
    row = row_of(compare_pairs(*sides(6, BOTH, BOTH)), ERRORS)
    assert (row.answer, row.a, row.b) == (Answer.SAME, 0.0, 0.0)
    assert row.shift is not None
    assert (row.shift.low, row.shift.high) == (0.0, 0.0)


def test_failures_in_each_block_are_worse_by_their_difference() -> None:
    failing = {**BOTH, CHAT: Load(0.1, failures=20.0)}
    comparison = compare_pairs(*sides(24, BOTH, failing))
    row = row_of(comparison, ERRORS, CHAT)
    assert row.answer is Answer.WORSE
    assert row.shift is not None
    assert row.shift.estimate == pytest.approx(20 / 400)


def test_failures_in_one_block_alone_are_neither_worse_nor_the_same() -> None:
    a, b = sides(24, BOTH, BOTH)
    burst = summary({**BOTH, CHAT: Load(0.1, failures=200.0)})
    comparison = compare_pairs(a, side("B", (*b.runs[:9], burst, *b.runs[10:])))
    row = row_of(comparison, ERRORS)
    assert (row.answer, row.probably) == (Answer.CANNOT_TELL, Answer.WORSE)
    assert row.shift is not None
    assert row.shift.estimate == pytest.approx(200 / 800 / 24)


def test_a_shift_of_less_than_a_tenth_of_a_millisecond_is_the_same() -> None:
    fast = {CHAT: Load(0.0005)}
    row = row_of(compare_pairs(*sides(24, fast, {CHAT: Load(0.00054)})), MEAN)
    assert row.answer is Answer.SAME
    assert row.shift is not None
    assert row.shift.estimate == pytest.approx(0.08, abs=0.02)


def test_an_endpoint_that_is_gone_from_b_cannot_be_passed_over() -> None:
    comparison = compare_pairs(*sides(24, BOTH, {LIST: BOTH[LIST]}))
    rows = [row for row in comparison.rows if row.name == "/chat"]
    assert [(row.note, row.answer, row.decides, row.shift, row.b) for row in rows] == [
        ("only in A", Answer.CANNOT_TELL, True, None, None)
    ]
    assert rows[0].a == pytest.approx(0.113, abs=0.01)


def test_an_endpoint_that_is_gone_but_was_rare_does_not_decide() -> None:
    rare = {**BOTH, CHAT: Load(0.1, requests=3)}
    comparison = compare_pairs(*sides(24, rare, {LIST: BOTH[LIST]}))
    assert [(row.note, row.decides) for row in comparison.rows if row.name == "/chat"] == [("only in A", False)]


def test_an_endpoint_that_is_new_in_b_does_not_decide() -> None:
    comparison = compare_pairs(*sides(24, {LIST: BOTH[LIST]}, BOTH))
    rows = [row for row in comparison.rows if row.name == "/chat"]
    assert [(row.note, row.decides, row.a) for row in rows] == [("only in B", False, None)]


def test_a_side_without_any_request_cannot_tell() -> None:
    comparison = compare_pairs(*sides(6, BOTH, {}))
    assert comparison.answer is Answer.CANNOT_TELL
    assert row_of(comparison, MEAN).note == "only in A"


def test_a_rare_endpoint_has_no_quantiles_but_is_worse_where_its_mean_is() -> None:
    rare = {LIST: BOTH[LIST], CHAT: Load(0.1, requests=10)}
    comparison = compare_pairs(*sides(24, rare, {**rare, CHAT: Load(0.3, requests=10)}))
    p95 = row_of(comparison, P95, CHAT)
    assert (p95.answer, p95.decides, p95.note) == (Answer.CANNOT_TELL, False, "about 10 requests in a block, needs 20")
    assert row_of(comparison, MEAN, CHAT).answer is Answer.WORSE
    assert comparison.answer is Answer.WORSE


def test_a_rare_endpoint_that_cannot_be_told_does_not_decide() -> None:
    rare = {LIST: BOTH[LIST], CHAT: Load(0.1, requests=10)}
    a, b = sides(24, rare, rare)
    dice = random.Random(5)
    wild = [summary({**rare, **noisy({CHAT: rare[CHAT]}, 1.0, dice, 0.3)}) for _ in range(24)]
    row = row_of(compare_pairs(a, side("B", wild)), MEAN, CHAT)
    assert (row.answer, row.decides) == (Answer.CANNOT_TELL, False)
    assert row.note == "about 10 requests in a block, needs 20"
    assert b.runs


def test_throughput_is_worse_when_it_falls() -> None:
    fewer = {key: replace(load, requests=320) for key, load in BOTH.items()}
    row = row_of(compare_pairs(*sides(24, BOTH, fewer)), RATE)
    assert row.answer is Answer.WORSE
    assert row.shift is not None
    assert row.shift.estimate == pytest.approx(-0.2)
    assert row.shift.p_worse < 0.0025 < row.shift.p_better


def test_a_target_that_answers_nothing_in_most_blocks_is_worse() -> None:
    a, b = sides(24, BOTH, BOTH)
    broken = [run if place % 4 == 0 else summary({}) for place, run in enumerate(b.runs)]
    assert row_of(compare_pairs(a, side("B", broken)), RATE).answer is Answer.WORSE


def test_what_the_target_used_is_compared_and_does_not_decide() -> None:
    def blocks(cpu: float, seed: int) -> list[RunSummary]:
        dice = random.Random(seed)
        each = [cpu * math.exp(dice.gauss(0, 0.01)) for _ in range(24)]
        return [summary(BOTH, target_cpu_seconds_per_request=used, target_pool_in_use_ratio=0.0) for used in each]

    comparison = compare_pairs(side("A", blocks(0.002, 1)), side("B", blocks(0.003, 2)))
    cpu = row_of(comparison, "target_cpu_seconds_per_request")
    assert (cpu.answer, cpu.decides) == (Answer.WORSE, False)
    assert row_of(comparison, "target_pool_in_use_ratio").answer is Answer.SAME


@pytest.mark.parametrize("count", range(1, MIN_BASELINE_RUNS))
def test_few_baseline_runs_decide_nothing_however_large_the_shift(count: int) -> None:
    a, _ = sides(count, BOTH, BOTH)
    comparison = compare_runs(a, side("B", (summary(slower(4.0)),)))
    assert comparison.answer is Answer.CANNOT_TELL
    row = row_of(comparison, MEAN, CHAT)
    assert (row.answer, row.probably, row.more_units) == (Answer.CANNOT_TELL, Answer.WORSE, MIN_BASELINE_RUNS - count)
    assert row.note == f"{count} {'runs' if count > 1 else 'run'} of A, needs 5"


def test_the_interval_of_single_runs_is_that_of_their_windows() -> None:
    dice = random.Random(6)

    def run(times: float) -> RunSummary:
        return summary(slower(times), [noisy(slower(times), 1.0, dice, 0.1) for _ in range(20)])

    row = row_of(compare_runs(side("A", (run(1.0),)), side("B", (run(1.2),))), MEAN, CHAT)
    assert row.shift is not None
    assert row.shift.low is not None
    assert row.shift.high is not None
    assert row.shift.low < 0.2 < row.shift.high
    assert row.shift.high - row.shift.low == pytest.approx(2 * 2.02 * 1.2 * 0.1 * math.sqrt(2 / 20), rel=0.5)
    assert row.answer is Answer.CANNOT_TELL


def test_a_run_beyond_the_spread_of_five_is_worse_and_one_within_is_not() -> None:
    a, b = sides(5, BOTH, slower(1.5), noise=0.02)
    comparison = compare_runs(a, side("B", b.runs[:1]))
    assert comparison.answer is Answer.WORSE
    assert row_of(comparison, P95, CHAT).answer is Answer.WORSE
    a, b = sides(5, BOTH, slower(1.04), noise=0.02)
    within = compare_runs(a, side("B", b.runs[:1]))
    assert Answer.WORSE not in {row.answer for row in within.rows}
    row = row_of(within, MEAN, CHAT)
    assert row.shift is not None
    assert row.shift.units == 6


def test_many_alike_runs_are_the_same() -> None:
    a, b = sides(20, BOTH, BOTH, noise=0.01)
    assert compare_runs(a, side("B", b.runs[:3])).answer is Answer.SAME


def test_a_run_that_is_noisy_within_counts_as_no_less_noisy_than_that() -> None:
    a, _ = sides(6, BOTH, BOTH, noise=0.001)
    dice = random.Random(7)
    wild = summary(slower(1.1), [noisy(slower(1.1), 1.0, dice, 0.5) for _ in range(20)])
    quiet = summary(slower(1.1))
    assert row_of(compare_runs(a, side("B", (quiet,))), MEAN, CHAT).answer is Answer.WORSE
    assert row_of(compare_runs(a, side("B", (wild,))), MEAN, CHAT).answer is Answer.CANNOT_TELL


def test_one_failure_after_five_runs_without_is_not_worse_and_many_are() -> None:
    a, _ = sides(5, BOTH, BOTH, noise=0.01)

    def errors(failures: float) -> Comparison:
        return compare_runs(a, side("B", (summary({**BOTH, CHAT: Load(0.1, failures=failures)}),)))

    assert row_of(errors(0.0), ERRORS).answer is Answer.SAME
    assert row_of(errors(1.0), ERRORS).answer is Answer.CANNOT_TELL
    assert row_of(errors(80.0), ERRORS).answer is Answer.WORSE


def test_policies_promise_less_of_single_runs() -> None:
    assert (PAIR_POLICY.family_error, RUN_POLICY.family_error) == (0.0025, 0.05)
    assert compare_runs(*sides(1, BOTH, BOTH)).policy == RUN_POLICY
    assert compare_runs(*sides(1, BOTH, BOTH)).unit == "run"
    assert compare_pairs(*sides(1, BOTH, BOTH)).unit == "pair"


def test_a_regression_is_a_run_beyond_the_spread_of_its_baseline() -> None:
    baseline = [0.098, 0.1, 0.102, 0.101, 0.099]
    shift = regression_of(baseline, 0.12, None, tests=4, confidence=0.95)
    assert shift.estimate == pytest.approx(0.2)
    assert shift.low == pytest.approx(0.147, abs=0.005)
    assert shift.high == pytest.approx(0.255, abs=0.005)
    assert shift.units == 6
    once = regression_of(baseline, 0.12, None, tests=1, confidence=0.95)
    assert shift.p_worse == pytest.approx(4 * once.p_worse)
    assert shift.p_better == 1.0


def test_a_regression_counts_the_noise_of_the_run_itself() -> None:
    baseline = [0.1] * 5
    shift = regression_of(baseline, 0.12, 0.1, tests=1, confidence=0.95)
    assert shift.low is not None
    assert shift.low < 0
    assert shift.p_worse > 0.05


@pytest.mark.parametrize(
    ("baseline", "measured", "estimate"),
    [([], 0.1, 0.0), ([0.1], 0.12, 0.2), ([0.0, 0.1], 0.11, 0.1), ([0.1, 0.1], 0.0, 0.0)],
    ids=["no baseline", "one run", "one run with a value", "nothing measured"],
)
def test_a_regression_without_two_baseline_runs_has_no_bounds(
    baseline: list[float], measured: float, estimate: float
) -> None:
    shift = regression_of(baseline, measured, None, tests=1, confidence=0.95)
    assert shift.estimate == pytest.approx(estimate)
    assert (shift.low, shift.high, shift.p_worse) == (None, None, 1.0)
