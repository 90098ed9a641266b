"""Which folders are runs, and what their verdict.json tells of them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from swarmscope.report.history.past_runs import PastRun, past_runs
from tests.report.runs_of_the_past import BEGAN, document, left

RUN_ID = "20260131-142501-smoke"


def test_a_run_is_told_by_its_verdict_json_alone(tmp_path: Path) -> None:
    left(tmp_path, host="http://shop.test", environment="staging", commit="1b07124", labels={"build": "7"})
    [run] = past_runs(tmp_path).runs
    assert run == PastRun(
        run_id=RUN_ID,
        scenario="smoke",
        verdict="PASS",
        exit_code=0,
        began_seconds=BEGAN,
        folder=RUN_ID,
        load_seconds=run.load_seconds,
        users=10.0,
        requests=1765,
        requests_per_second=88.25,
        latency_p95_seconds=0.12,
        p95_limit_seconds=0.2,
        error_ratio=0.004,
        host="http://shop.test",
        environment="staging",
        commit="1b07124",
        labels={"build": "7"},
    )


def test_the_time_under_load_ends_when_the_users_are_stopped(tmp_path: Path) -> None:
    phases = {"ramp": "2026-01-31T14:25:06Z", "stopping": "2026-01-31T14:26:36Z"}
    left(tmp_path, load_start_seconds=BEGAN + 5.0, phases=phases, end="2026-01-31T14:26:40Z")
    assert past_runs(tmp_path).runs[0].load_seconds == 90.0


def test_runs_are_in_order_of_time_at_any_depth(tmp_path: Path) -> None:
    later = left(tmp_path / "job-1" / "results", BEGAN + 60)
    first = left(tmp_path / "job-2" / "artefact" / "deep", BEGAN)
    last = left(tmp_path, BEGAN + 120, "shop")
    ten = left(tmp_path / "a", run_id=f"{RUN_ID}-10")
    two = left(tmp_path / "b", run_id=f"{RUN_ID}-2")
    folders = [str(folder.relative_to(tmp_path)) for folder in (first, two, ten, later, last)]
    assert [run.folder for run in past_runs(tmp_path).runs] == folders


def test_an_artefact_may_have_any_name_and_may_be_the_folder_itself(tmp_path: Path) -> None:
    left(tmp_path).rename(tmp_path / "load test (1)")
    assert [run.folder for run in past_runs(tmp_path).runs] == ["load test (1)"]
    assert [run.run_id for run in past_runs(tmp_path / "load test (1)").runs] == [RUN_ID]


def test_a_run_that_was_judged_again_is_one_run(tmp_path: Path) -> None:
    run = left(tmp_path)
    for name in ("judged-again", "what-if-strict"):
        left(run / name, BEGAN + 1)
    killed = tmp_path / "20260131-150000-smoke"  # and then judged again: it left no verdict of its own
    left(killed / "judged-again", BEGAN + 2)
    left(killed / "what-if-strict", BEGAN + 3)
    found = past_runs(tmp_path)
    assert [each.run_id for each in found.runs] == [RUN_ID]
    assert found.skipped == ()


def test_folders_that_hold_no_runs_are_not_searched(tmp_path: Path) -> None:
    for name in (".venv", "node_modules"):
        left(tmp_path / name)
    assert past_runs(tmp_path).runs == ()


def test_the_same_run_in_two_artefacts_is_listed_once(tmp_path: Path) -> None:
    first, again = left(tmp_path / "a"), left(tmp_path / "b")
    found = past_runs(tmp_path)
    assert len(found.runs) == 1
    assert found.skipped == (f"{again / 'verdict.json'}: the same run as {first}",)
    left(tmp_path / "c", host="http://another.test")  # of the same second, on another machine
    assert len(past_runs(tmp_path).runs) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"schema": 1', "not JSON: Expecting ',' delimiter: line 1 column 13 (char 12)"),
        ("[]", "verdict.json is a list: expected an object, as in a verdict.json"),
        ('{"verdict": "guilty"}', "schema None: expected a verdict of schema 1"),
        ('{"schema": 2}', "schema 2: expected a verdict of schema 1"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps(document(BEGAN) | {"verdict": "FINE"}), "verdict 'FINE': expected PASS, FAIL, INCONCLUSIVE"),
        (json.dumps(document(BEGAN) | {"run": None}), "run is not there: expected an object, as in a verdict.json"),
        (json.dumps(document(BEGAN, scenario="smoke", run_id=7)), "run.run_id is 7: expected a text"),
        (
            json.dumps(document(BEGAN, start="yesterday")),
            "run.start is 'yesterday': expected a time such as 2026-01-31T14:25:01Z",
        ),
        (json.dumps(document(BEGAN, peak_users="many")), "peak_users is a text: expected a number"),
    ],
)
def test_what_is_foreign_is_a_line_and_does_not_hide_the_others(tmp_path: Path, text: str, why: str) -> None:
    left(tmp_path)
    foreign = tmp_path / "foreign" / "verdict.json"
    foreign.parent.mkdir()
    foreign.write_text(text)
    found = past_runs(tmp_path)
    assert [run.run_id for run in found.runs] == [RUN_ID]
    assert found.skipped == (f"{foreign}: {why}",)


def test_figures_that_are_not_known_are_none(tmp_path: Path) -> None:
    left(tmp_path, figures={}, objectives=[], peak_users=None)
    [run] = past_runs(tmp_path).runs
    assert (run.requests, run.latency_p95_seconds, run.p95_limit_seconds, run.users) == (None, None, None, None)


def test_five_hundred_runs_take_a_second_or_two(tmp_path: Path) -> None:
    for place in range(500):
        left(tmp_path / f"job-{place // 10}", BEGAN + place)
    begin = time.process_time()
    assert len(past_runs(tmp_path).runs) == 500
    assert time.process_time() - begin < 2.0


def test_a_verdict_that_was_edited_is_a_line_and_no_run(tmp_path: Path) -> None:
    left(tmp_path, BEGAN + 60)
    edited = left(tmp_path, BEGAN) / "verdict.json"
    edited.write_text(edited.read_text().replace('"PASS"', '"FAIL"', 1))
    found = past_runs(tmp_path)
    assert [run.began_seconds for run in found.runs] == [BEGAN + 60]
    assert found.skipped == (f"{edited}: it was edited after it was written, as its digest tells",)


def test_steps_of_a_search_for_a_capacity_do_not_count_as_runs_of_their_scenario(tmp_path: Path) -> None:
    left(tmp_path / "search" / "steps")
    assert len(past_runs(tmp_path).runs) == 1
    (tmp_path / "search" / "capacity.json").write_text("{}")
    assert past_runs(tmp_path).runs == ()
