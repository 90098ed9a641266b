"""analyze_results: what a run left, summed up without Prometheus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from swarmscope.cli.analyze import app
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.integrity import DIGEST, digest_of
from swarmscope.verdict.stored import verdict_document
from swarmscope.verdict.verdict import JudgedRun
from tests.cli.command import call
from tests.cli.locust_csv import row, stats, write
from tests.verdict.builders import alert, evidence, objective

FIGURES = Figures(
    requests=900,
    failures=3,
    cache_hits=850,
    cache_misses=50,
    measured={
        "error_ratio": 3 / 900,
        "latency_mean_seconds": 0.0425,
        "latency_p95_seconds": 0.12,
        "throughput_requests_per_second": 88.25,
        "cache_hit_ratio": 850 / 900,
    },
)
OBJECTIVES = (
    objective(),
    objective(objective="error_ratio", threshold=0.05, measured=3 / 900),
    objective(objective="cache_hit_ratio", bound="min", threshold=0.8, measured=850 / 900),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a run that passed, with 1000 requests in all."""
    return leave(tmp_path / "20260131-120000-smoke")


def leave(folder: Path, **changed: Any) -> Path:
    found = evidence(**({"figures": FIGURES, "objectives": OBJECTIVES} | changed))
    stats(folder / "locust-requests.csv")
    (folder / "verdict.json").write_text(to_json(JudgedRun(decide(found))))
    return folder


def test_the_summary_has_each_figure_with_its_target_and_result(folder: Path) -> None:
    ended = call(app, str(folder))
    assert ended.exit_code == 0
    for line in (
        "Requests 900",
        "Failures 3",
        "Error rate 0.333 % ≤ 5 % PASS",
        "Average 42.5 ms",
        "p95 120 ms ≤ 200 ms PASS",
        "Throughput 88.2/s",
        "Cache hits 850",
        "Cache misses 50",
        "Cache hit rate 94.4 % ≥ 80 % PASS",
        "Failed requests in the whole run: 0.4 % (≤ 5 %) PASS",
        "Nothing to fix.",
    ):
        assert line in ended.words
    assert ended.words.endswith("Verdict: PASS")


def test_more_failures_than_the_threshold_allows_fail_a_run_that_had_passed(folder: Path) -> None:
    ended = call(app, str(folder), "--threshold", "0.3")
    assert ended.exit_code == 1
    assert "Requests failed: locust-failures.csv in the results says which and why." in ended.words
    assert ended.words.endswith("more failed requests in the whole run than --threshold allows")
    assert call(app, str(folder), "--threshold", "0.4").exit_code == 0


def test_a_run_that_failed_stays_failed_and_the_advice_is_for_what_it_missed(tmp_path: Path) -> None:
    missed = objective(objective="cache_hit_ratio", bound="min", threshold=0.8, measured=0.6)
    fired = alert(objective="cache_hit_ratio")
    folder = leave(tmp_path / "run", objectives=(missed,), alerts=(*evidence().alerts, fired))
    ended = call(app, str(folder))
    assert ended.exit_code == 1
    assert "The cache misses too often: warm it first" in ended.words
    assert ended.words.endswith("cache hit ratio 60 %, limit 80 %, below it from 00:56 to 00:56")


def test_a_run_that_could_not_be_judged_is_no_pass_afterwards(tmp_path: Path) -> None:
    folder = leave(tmp_path / "run", problems=("Prometheus did not answer",))
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert "The evidence has a gap" in ended.words


def test_of_a_folder_of_runs_it_takes_the_last(tmp_path: Path) -> None:
    leave(tmp_path / "20260131-120000-smoke")
    leave(tmp_path / "20260131-130000-stress")
    assert "20260131-130000-stress" in call(app, str(tmp_path)).words


def test_a_later_run_that_left_no_results_is_not_passed_over(tmp_path: Path) -> None:
    leave(tmp_path / "20260131-120000-smoke")
    for name in ("rules", "logs"):
        (tmp_path / "20260131-130000-smoke" / name).mkdir(parents=True)
    (tmp_path / "20260131-140000-notes").mkdir()
    ended, last = call(app, str(tmp_path)), tmp_path / "20260131-130000-smoke"
    assert ended.exit_code == 2
    assert ended.error_line == f"The last run in {tmp_path} has no results: {last}; name the folder of another one"


def test_a_csv_of_another_run_beside_the_verdict_is_noticed(folder: Path) -> None:
    write(folder / "locust-requests.csv", row("", "Aggregated", requests=999, failures=0))
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert "verdict.json speaks of 1000 requests and Locust's CSV of 999: they are not of the same run" in ended.words


def test_without_locusts_csv_the_failures_of_the_whole_run_are_not_known(folder: Path) -> None:
    (folder / "locust-requests.csv").unlink()
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert ended.words.endswith("Locust's CSV is missing: its own count of failures is not known")


def test_a_csv_alone_is_judged_by_its_failures(tmp_path: Path) -> None:
    path = stats(tmp_path / "mine_stats.csv")
    ended = call(app, str(path))
    assert ended.exit_code == 0
    assert "Error rate 0.4 % ≤ 5 % PASS" in ended.words
    assert call(app, str(tmp_path), "--threshold", "0.1").exit_code == 1


def test_what_is_no_result_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    nowhere = call(app, str(tmp_path / "nowhere"))
    assert nowhere.exit_code == 2
    assert nowhere.error_line == (
        f"There are no results at {tmp_path / 'nowhere'}: expected the folder of a run, or Locust's CSV file"
    )
    empty = call(app, str(tmp_path))
    assert empty.exit_code == 2
    assert empty.error_line == (
        f"There are no results in {tmp_path}: expected the folder of a run, with verdict.json or *_stats.csv"
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"schema": 99}, "has schema 99: this command reads schema "),
        (
            {"verdict": "FINE"},
            "is not a verdict (ValueError: outcome: Input should be 'PASS', 'FAIL' or 'INCONCLUSIVE')",
        ),
        ({"objectives": None}, "is not a verdict (TypeError: 'NoneType' object is not iterable): judge that run again"),
    ],
)
def test_a_verdict_that_cannot_be_read_is_one_line_and_exit_code_2(
    folder: Path, change: dict[str, Any], complaint: str
) -> None:
    path = folder / "verdict.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"{path} {complaint}")


def test_half_a_verdict_is_one_line_and_exit_code_2(folder: Path) -> None:
    path = folder / "verdict.json"
    path.write_text(path.read_text()[:100])
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"{path} is not a verdict (JSONDecodeError: ")


def rewritten(folder: Path, change: Any) -> Path:
    """verdict.json of a run that passed, after ``change`` was made to it."""
    path = folder / "verdict.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document | {DIGEST: digest_of(document)}))
    return path


def test_a_verdict_that_was_edited_by_hand_is_noticed_by_its_digest(folder: Path) -> None:
    path = folder / "verdict.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=8))  # another layout says the same
    assert call(app, str(folder)).exit_code == 0
    path.write_text(path.read_text().replace('"samples": 5000.0', '"samples": 6000.0'))
    ended = call(app, str(folder))
    assert (ended.exit_code, ended.error_line) == (
        2,
        f"{path} was edited after it was written, as its digest tells: judge that run again",
    )
    document = json.loads(path.read_text())
    del document[DIGEST]  # as an older version wrote it
    path.write_text(json.dumps(document))
    assert call(app, str(folder)).exit_code == 0


FIRED: dict[str, Any] = {"state": "firing", "subject": "", "first_seconds": 1.0, "last_seconds": 2.0}
CONTRADICTIONS: dict[str, tuple[Any, str]] = {
    "failed objective": (
        lambda document: document["objectives"][0].update(status="FAIL"),
        "it says PASS, yet latency p95 is FAIL",
    ),
    "objective without data": (
        lambda document: document["objectives"][1].update(status="NO DATA", measured=None),
        "it says PASS, yet error ratio is NO DATA",
    ),
    "missed objective": (
        lambda document: document["objectives"][0].update(measured=0.5),
        "it says PASS, yet latency p95 (max 0.2) was measured as 0.5",
    ),
    "objective that is not a number": (
        lambda document: document["objectives"][0].update(measured=float("nan")),
        "it says PASS, yet latency p95 (max 0.2) was measured as nan",
    ),
    "objective not measured": (
        lambda document: document["objectives"][0].update(measured=None),
        "it says PASS, yet latency p95 (max 0.2) was not measured",
    ),
    "no objective": (lambda document: document.update(objectives=[]), "it says PASS, yet it has no objective"),
    "failed check": (
        lambda document: document["completeness"][0].update(ok=False),
        "it says PASS, yet the check 'run' does not hold",
    ),
    "check that says yes in words": (
        lambda document: document["completeness"][0].update(ok="true"),
        "it says PASS, yet the check 'run' does not hold",
    ),
    "reason": (
        lambda document: document.update(reasons=["the target hung"]),
        "it says PASS, yet it gives the reason 'the target hung'",
    ),
    "breach": (
        lambda document: document["alerts"].append(
            {**FIRED, "name": "ErrorRateAboveThreshold", "severity": "critical", "gate": "objective"}
        ),
        "it says PASS, yet ErrorRateAboveThreshold fired",
    ),
    "doubt": (
        lambda document: document["alerts"].append(
            {**FIRED, "name": "GeneratorCpuSaturated", "severity": "critical", "gate": "validity"}
        ),
        "it says PASS, yet GeneratorCpuSaturated fired",
    ),
    "exit code": (lambda document: document.update(exit_code=1), "it says PASS with exit code 1, expected 0"),
}


@pytest.mark.parametrize(("change", "what"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_pass_above_evidence_against_it_is_one_line_and_exit_code_2(folder: Path, change: Any, what: str) -> None:
    path = rewritten(folder, change)
    ended = call(app, str(folder))
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == f"{path} contradicts itself: {what}; judge that run again"


def test_a_pass_with_a_missed_warning_and_a_harmless_alert_stays_a_pass(folder: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["objectives"][0].update(status="WARNING", severity="warning", measured=0.5)
        added_later = {"name": "Slow", "severity": "warning", "gate": "objective", "a_field_of_a_later_version": 1}
        document["alerts"].append(FIRED | added_later)

    rewritten(folder, change)
    assert call(app, str(folder)).exit_code == 0


def test_a_verdict_that_says_two_things_is_one_line_and_exit_code_2(folder: Path) -> None:
    path = folder / "verdict.json"
    path.write_text(path.read_text().replace('"verdict": "PASS"', '"verdict": "FAIL", "verdict": "PASS"', 1))
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert ended.error_line == (
        f"{path} is not a verdict (ValueError: 'verdict' is there more than once): judge that run again"
    )


@pytest.mark.parametrize("text", ["[" * 100_000, '{"schema":' * 100_000])
def test_a_deeply_nested_verdict_is_one_line_and_exit_code_2(folder: Path, text: str) -> None:
    path = folder / "verdict.json"
    path.write_text(text)
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert ended.error_line == f"{path} is not a verdict: it is nested too deeply; judge that run again"
    assert verdict_document(folder) == {}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_before_the_verdict_and_the_statistics_changes_nothing(folder: Path, encoding: str) -> None:
    for name in ("verdict.json", "locust-requests.csv"):
        path = folder / name
        path.write_text(path.read_text(), encoding=encoding)
    ended = call(app, str(folder))
    assert (ended.exit_code, ended.words.endswith("Verdict: PASS")) == (0, True)


@pytest.mark.parametrize("text", ["[]", "null", "17", '"PASS"'])
def test_json_that_is_no_object_is_one_line_and_exit_code_2(folder: Path, text: str) -> None:
    (folder / "verdict.json").write_text(text)
    ended = call(app, str(folder))
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"{folder / 'verdict.json'} is not a verdict (TypeError: ")
    assert verdict_document(folder) == {}
