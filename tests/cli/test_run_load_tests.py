"""run_load_tests: one after the other, the worst exit code, and a summary whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from swarmscope.cli import run_all as run_load_tests
from swarmscope.errors import CommandError
from swarmscope.processes.signals import Interruptions
from swarmscope.project.settings import project
from swarmscope.report.run_table import RunLine, as_markdown, exit_code_of
from swarmscope.run.options import RunOptions
from swarmscope.scenarios.catalogue import Catalogue
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.verdict import Verdict
from tests.cli.command import Ended, call
from tests.verdict.builders import alert, evidence

Play = Callable[[], Verdict]
PlayIt = Callable[..., tuple[Ended, list[RunOptions]]]
FIGURES = Figures(
    requests=1000,
    measured={"throughput_requests_per_second": 88.25, "latency_p95_seconds": 0.12, "error_ratio": 0.0},
)


def passed() -> Verdict:
    return decide(evidence(figures=FIGURES, peak_users=10.0))


def failed() -> Verdict:
    return decide(evidence(alerts=(*evidence().alerts, alert())))


def stopped_by_hand() -> Verdict:
    return decide(evidence(run=replace(evidence().run, interrupted="interrupted after 12 s")))


def cannot_start() -> Verdict:
    raise CommandError("The API at http://a does not answer")


def stopped_before_load() -> Verdict:
    raise KeyboardInterrupt


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PlayIt:
    """Run the command with runs that are only played, one for each scenario; also returns what they were asked."""

    def run_it(plays: Sequence[Play], *arguments: str) -> tuple[Ended, list[RunOptions]]:
        asked: list[RunOptions] = []
        left = iter(plays)

        class PlayedSession:
            folder = tmp_path

            def __init__(self, options: RunOptions, _: Console, __: Interruptions) -> None:
                asked.append(options)

            def run(self) -> Verdict:
                verdict = next(left)()
                return replace(verdict, run=replace(verdict.run, scenario=asked[-1].scenario))

        monkeypatch.setattr("swarmscope.run.session.Session", PlayedSession)
        return call(run_load_tests.app, *arguments, "--headless", "--results", str(tmp_path)), asked

    return run_it


def summary_in(folder: Path) -> list[list[str]]:
    (path,) = folder.glob("summary-*.json")
    return [[run["scenario"], run["verdict"]] for run in json.loads(path.read_text())["runs"]]


def test_all_but_the_long_scenarios_run_in_the_order_of_the_catalogue(play: PlayIt, tmp_path: Path) -> None:
    short = [
        name for name in project().catalogue.by_name if name not in {"soak", "endurance", "sustained", "breakpoint"}
    ]
    ended, asked = play([passed] * len(short), "--run-time", "20s")
    assert [options.scenario for options in asked] == short
    assert {options.run_time_seconds for options in asked} == {20.0}
    assert ended.exit_code == 0
    assert summary_in(tmp_path) == [[name, "PASS"] for name in short]


def test_the_long_ones_run_when_asked_for(play: PlayIt) -> None:
    _, asked = play([passed] * len(project().catalogue.by_name), "--include-soak")
    runs = [name for name in project().catalogue.by_name if name != "breakpoint"]  # which is a search, of many runs
    assert [options.scenario for options in asked] == runs


def test_thresholds_of_ones_own_are_those_of_every_run(play: PlayIt) -> None:
    short = [
        name for name in project().catalogue.by_name if name not in {"soak", "endurance", "sustained", "breakpoint"}
    ]
    _, asked = play([passed] * len(short), "--thresholds", "own.yml")
    assert [options.thresholds for options in asked] == [Path("own.yml")] * len(short)


def test_the_table_has_the_figures_of_each_run(play: PlayIt, tmp_path: Path) -> None:
    ended, _ = play([passed], "--scenario", "smoke")
    assert "smoke 10 1,000 88.2 120 ms 0 % PASS" in ended.words
    (path,) = tmp_path.glob("summary-*.md")
    assert "| smoke | 10 | 1,000 | 88.2 | 120 ms | 0 % | PASS |" in path.read_text()


@pytest.mark.parametrize(
    ("plays", "exit_code", "verdicts"),
    [
        ([passed, failed, cannot_start], 1, ["PASS", "FAIL", "NOT RUN"]),
        ([cannot_start, passed, passed], 2, ["NOT RUN", "PASS", "PASS"]),
        ([passed, stopped_by_hand], 2, ["PASS", "INCONCLUSIVE", "NOT RUN"]),
        ([failed, stopped_before_load], 1, ["FAIL", "NOT RUN", "NOT RUN"]),
    ],
)
def test_the_worst_counts_and_ctrl_c_stops_the_rest_but_not_the_summary(
    play: PlayIt,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    plays: Sequence[Play],
    exit_code: int,
    verdicts: list[str],
) -> None:
    three = {name: project().catalogue.by_name[name] for name in ("smoke", "stress", "dashboard")}
    monkeypatch.setattr(run_load_tests, "project", lambda: replace(project(), catalogue=Catalogue(three)))
    ended, _ = play(plays)
    assert ended.exit_code == exit_code
    assert summary_in(tmp_path) == [[name, verdict] for name, verdict in zip(three, verdicts, strict=True)]


def test_one_wrong_option_is_said_before_the_first_run(play: PlayIt) -> None:
    ended, asked = play([], "--scenario", "smoky")
    assert (ended.exit_code, asked) == (2, [])
    assert ended.error_line.startswith("unknown scenario 'smoky': expected one of smoke, baseline, ")


def test_no_runs_at_all_are_no_pass() -> None:
    assert exit_code_of([]) == 2


def test_why_a_run_did_not_pass_is_below_the_table() -> None:
    lines = [RunLine.of(failed()), RunLine.not_run("spike", "no workers")]
    assert as_markdown(lines).splitlines()[-2:] == [
        "- smoke: latency p95 120 ms, limit 200 ms, over it from 00:56 to 00:56",
        "- spike: no workers",
    ]
