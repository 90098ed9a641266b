"""Which runs wait for a verdict, and how long the next run waits for it."""

from __future__ import annotations

from swarmscope_exporter.merge import Merge
from swarmscope_exporter.phases import Phase
from swarmscope_exporter.run import Run, RunVerdict
from swarmscope_exporter.verdicts import JUDGE_TIMEOUT_SECONDS, AwaitedVerdicts


def run_named(run_id: str, *phases: Phase, judged_by: str = "") -> Run:
    run = Run(run_id, "smoke", 1, Merge(run_id), judged_by=judged_by)
    for phase in phases:
        run.enter(phase)
    return run


def test_a_run_waits_for_its_verdict_from_its_beginning_unless_who_started_it_judges_it() -> None:
    verdicts = AwaitedVerdicts()
    one, two = run_named("one", Phase.DONE), run_named("two")
    for run in (one, run_named("the-runners", Phase.DONE, judged_by="runner"), two):
        verdicts.begin(run)
    assert verdicts.judge_asks() == [one, two]
    verdicts.record("one", RunVerdict("PASS", results="results/one"))
    verdicts.record("the-runners", RunVerdict("FAIL"))
    assert verdicts.judge_asks() == [two]
    assert one.verdict == RunVerdict("PASS", (), "results/one")


def test_the_next_run_waits_while_the_last_one_ends_and_then_while_it_is_judged() -> None:
    verdicts = AwaitedVerdicts()
    run = run_named("one", Phase.RAMP)
    verdicts.begin(run)
    verdicts.judge_asks()
    assert (verdicts.unsettled(None), verdicts.unsettled(run)) == ("", "")
    run.enter(Phase.STOPPING)
    assert verdicts.unsettled(run) == "run one is ending: press START again in a few seconds"
    run.enter(Phase.DONE)
    assert verdicts.unsettled(run) == "run one is being judged: press START again in a few seconds"
    verdicts.record("one", RunVerdict("FAIL"))
    assert verdicts.unsettled(run) == ""


def test_nothing_waits_for_a_judge_that_never_was_or_is_gone() -> None:
    now = [0.0]
    verdicts = AwaitedVerdicts(lambda: now[0])
    run = run_named("one", Phase.DONE)
    verdicts.begin(run)
    assert verdicts.unsettled(run) == ""
    verdicts.judge_asks()
    now[0] = JUDGE_TIMEOUT_SECONDS - 1
    assert verdicts.unsettled(run) != ""
    now[0] = JUDGE_TIMEOUT_SECONDS
    assert verdicts.unsettled(run) == ""


def test_the_verdict_on_the_run_under_way_is_kept_whoever_judges_it_and_the_first_one_stays() -> None:
    verdicts = AwaitedVerdicts()
    run = run_named("the-runners", Phase.DONE, judged_by="runner")
    verdicts.begin(run)
    verdicts.record("another", RunVerdict("FAIL"), run)
    before = run.verdict
    verdicts.record("the-runners", RunVerdict("PASS"), run)
    verdicts.record("the-runners", RunVerdict("FAIL"), run)
    assert (before, run.verdict) == (None, RunVerdict("PASS"))
    # One who tells a verdict is not one who will judge the next run: nothing waits for him.
    assert verdicts.unsettled(run_named("next", Phase.DONE)) == ""
