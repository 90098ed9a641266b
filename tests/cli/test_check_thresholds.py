"""check_thresholds: a CSV of Locust's statistics against thresholds; what cannot be judged is never a pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from swarmscope.cli.thresholds import app
from swarmscope.project.settings import project
from tests.cli.command import Ended, call
from tests.cli.locust_csv import HEADER, row, stats, write

THRESHOLD = (
    "- {{record: loadtest:threshold, labels: {{scenario: shop, bound: max, severity: {}, objective: {}}}, expr: {}}}"
)


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    return stats(tmp_path / "run_stats.csv")


def judged_by(tmp_path: Path, csv_file: Path, *lines: str) -> Ended:
    path = tmp_path / "own.yml"
    path.write_text("groups:\n - name: own\n   rules:\n" + "".join(f"    {line}\n" for line in lines))
    return call(app, str(csv_file), "--scenario", "shop", "--thresholds", str(path))


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("--p95", "180"), 0),
        (("--p95", "179"), 1),
        (("--average", "42.5"), 0),
        (("--average", "42"), 1),
        (("--errors", "0.4"), 0),
        (("--errors", "0.3"), 1),
        (("--min-rps", "250.5"), 0),
        (("--min-rps", "251"), 1),
        (("--p50", "30", "--p99", "400"), 0),
        (("--p50", "30", "--p99", "399"), 1),
    ],
)
def test_a_figure_on_its_limit_passes_and_one_beyond_it_fails(
    csv_file: Path, arguments: tuple[str, ...], exit_code: int
) -> None:
    assert call(app, str(csv_file), *arguments).exit_code == exit_code


def test_each_objective_is_printed_with_its_threshold_and_result(csv_file: Path) -> None:
    ended = call(app, str(csv_file), "--p95", "100", "--errors", "1")
    assert "latency p95 ≤ 100 ms 180 ms" in ended.words
    assert "error ratio ≤ 1 % 0.4 %" in ended.words
    assert ended.words.endswith("1,000 requests: FAIL")


def test_the_thresholds_of_a_scenario_judge_and_what_a_csv_does_not_hold_is_named(csv_file: Path) -> None:
    ended = call(app, str(csv_file), "--scenario", "dashboard")
    assert ended.exit_code == 0
    assert "latency mean ≤ 200 ms 42.5 ms" in ended.words
    assert "Not in such a file, so not judged here: cache hit ratio, availability ratio" in ended.words


def test_an_endpoint_is_judged_by_its_own_row(tmp_path: Path, csv_file: Path) -> None:
    endpoint = "endpoint_latency_p95_seconds, method: POST, name: {}"
    over = judged_by(tmp_path, csv_file, THRESHOLD.format("critical", endpoint.format("/orders"), "vector(0.3)"))
    assert (over.exit_code, "POST /orders ≤ 300 ms 350 ms" in over.words) == (1, True)
    never_called = judged_by(tmp_path, csv_file, THRESHOLD.format("critical", endpoint.format("/carts"), "vector(0.3)"))
    assert (never_called.exit_code, "NO DATA" in never_called.words) == (2, True)
    assert never_called.words.endswith("INCONCLUSIVE")


@pytest.mark.parametrize(
    ("failures", "requests", "exit_code"), [(6, 10, 1), (5, 10, 0), (9, 9, 0)], ids=["over", "on it", "too few"]
)
def test_an_endpoint_that_is_broken_fails_though_the_total_is_within_its_limit(
    tmp_path: Path, failures: int, requests: int, exit_code: int
) -> None:
    broken = row("POST", "/checkout", requests=requests, failures=failures)
    path = write(
        tmp_path / "s.csv",
        row(failures=0, requests=9990),
        broken,
        row("", "Aggregated", 9990 + requests, failures, 42.5, 180),
    )
    line = THRESHOLD.format("critical", "error_ratio", "vector(0.01)")
    ended = judged_by(tmp_path, path, line)
    assert ended.exit_code == exit_code
    assert "endpoint error ratio ≤ 50 %" in ended.words


def test_a_missed_warning_is_printed_and_passes(tmp_path: Path, csv_file: Path) -> None:
    ended = judged_by(tmp_path, csv_file, THRESHOLD.format("warning", "latency_p95_seconds", "vector(0.1)"))
    assert (ended.exit_code, "WARNING" in ended.words) == (0, True)


def test_a_figure_on_the_command_line_replaces_the_scenarios_threshold(csv_file: Path) -> None:
    assert call(app, str(csv_file), "--scenario", "smoke", "--p95", "100").exit_code == 1


def test_only_thresholds_that_a_csv_cannot_answer_are_not_judged(
    tmp_path: Path, csv_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_set = replace(project(), thresholds=(), judged_apart=())
    monkeypatch.setattr("swarmscope.prometheus.rule_sets.project", lambda: nothing_set)
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "rules.yml").write_text(
        "groups:\n - name: own\n   rules:\n"
        "    - {record: loadtest:objective, labels: {objective: recovery_seconds}, expr: '1'}\n"
        f"    {THRESHOLD.format('critical', 'recovery_seconds', 'vector(60)')}\n"
    )
    ended = call(app, str(csv_file), "--scenario", "shop", "--rules", str(rules))
    assert ended.exit_code == 2
    assert ended.error_line == "None of the 1 thresholds can be judged by a CSV of Locust's statistics"


def test_with_nothing_to_judge_by_it_says_what_there_is(csv_file: Path) -> None:
    ended = call(app, str(csv_file))
    assert ended.exit_code == 2
    assert ended.error_line == "Say what to judge by: --scenario NAME, or figures such as --p95 500 --errors 1"


def test_an_unknown_scenario_is_answered_with_the_known_ones(csv_file: Path) -> None:
    ended = call(app, str(csv_file), "--scenario", "smoky")
    assert ended.exit_code == 2
    assert ended.error_line.startswith("unknown scenario 'smoky': expected one of smoke, baseline, stress, ")


@pytest.mark.parametrize(
    ("rows", "header", "complaint"),
    [
        ((), HEADER, "has no row 'Aggregated': it is cut off, or not Locust's statistics"),
        ((row(),), HEADER, "has no row 'Aggregated': it is cut off, or not Locust's statistics"),
        (
            (row("", "Aggregated", requests=0, failures=0, p95_ms="N/A"),),
            HEADER,
            "holds no requests: there is nothing to judge",
        ),
        (
            (row("", "Aggregated"),),
            HEADER.replace("95%", "94%").replace("Failure Count", "Failures"),
            "lacks the columns Failure Count, 95%: expected Locust's statistics, NAME_stats.csv",
        ),
        ((row("", "Aggregated", p95_ms="fast"),), HEADER, "line 2: 95% is 'fast': expected a number"),
        (
            (row("", "Aggregated", average_ms=float("nan")),),
            HEADER,
            "line 2: Average Response Time is 'nan': expected a",
        ),
        (
            (row("", "Aggregated", requests=3, failures=4),),
            HEADER,
            "line 2: 4 failures of 3 requests make no sense",
        ),
        (
            (row(), row("", "Aggregated"), row("", "Aggregated", failures=0)),
            HEADER,
            "has 2 rows 'Aggregated': expected the statistics of one run",
        ),
        (
            (row("GET", "Aggregated"), row("", "Aggregated")),
            HEADER,
            "has an endpoint GET Aggregated, which is what Locust calls the sum: give it another name",
        ),
        (
            (row(requests=900), row("POST", "/orders", requests=99, failures=0), row("", "Aggregated")),
            HEADER,
            "contradicts itself: its endpoints have 999 requests and the row 'Aggregated' has 1000",
        ),
        (
            (row(failures=900), row("", "Aggregated", failures=4)),
            HEADER,
            "contradicts itself: its endpoints have 900 failures and the row 'Aggregated' has 4",
        ),
        (
            (row(requests=500, failures=2), row(requests=500, failures=2), row("", "Aggregated")),
            HEADER,
            "has more than one row of GET /items: expected one for each endpoint",
        ),
        (
            (row("", "Aggregated"),),
            f"{HEADER},95%",
            "has the column 95% more than once: expected Locust's statistics",
        ),
        ((row("GET", "/a,b"), row("", "Aggregated")), HEADER, "line 2 has more cells than there are columns"),
        ((row("", "Aggregated", p95_ms='"180,5"'),), HEADER, "line 2: 95% is '180,5': expected a number"),
        ((row("", "Aggregated", p95_ms="1_8"),), HEADER, "line 2: 95% is '1_8': expected a number"),
        ((row("", "Aggregated", p95_ms="-180"),), HEADER, "line 2: 95% is '-180': expected a number"),
        ((row("", "Aggregated", p95_ms="inf"),), HEADER, "line 2: 95% is 'inf': expected a number"),
        ((row("", "Aggregated", p95_ms="1e999"),), HEADER, "line 2: 95% is '1e999': expected a number"),
        (
            (row("", "Aggregated", requests=1.234),),  # type: ignore[arg-type]  # a thousand, elsewhere
            HEADER,
            "line 2: Request Count is '1.234': expected a whole number",
        ),
    ],
)
def test_a_file_that_holds_no_judgeable_statistics_is_one_line_and_exit_code_2(
    tmp_path: Path, rows: tuple[str, ...], header: str, complaint: str
) -> None:
    path = write(tmp_path / "x.csv", *rows, header=header)
    ended = call(app, str(path), "--p95", "500")
    assert ended.exit_code == 2
    assert complaint in ended.error_line
    assert ended.error_line.startswith(str(path))


def test_an_empty_file_and_none_at_all_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    ended = call(app, str(path), "--p95", "500")
    assert (ended.exit_code, ended.error_line) == (2, f"{path} cannot be read: No such file or directory")
    path.touch()
    ended = call(app, str(path), "--p95", "500")
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"{path} is empty: expected Locust's statistics, with the columns Type, Name, ")


def test_a_total_without_percentiles_is_not_judged_by_them(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", row("", "Aggregated", p95_ms="N/A"))
    assert call(app, str(path), "--p95", "500").exit_code == 2


def test_a_row_that_ends_in_the_middle_is_no_row(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", ",".join(row("", "Aggregated").split(",")[:14]))
    ended = call(app, str(path), "--p95", "500")
    assert (ended.exit_code, ended.error_line) == (2, f"{path}, line 2: 80% is None: expected a number")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_accepted_and_text_without_one_is_utf_8(csv_file: Path, encoding: str) -> None:
    csv_file.write_text(csv_file.read_text(), encoding=encoding)
    ended = call(app, str(csv_file), "--p95", "180")
    if encoding == "utf-16-le":  # which has no mark
        assert (ended.exit_code, len(ended.error.splitlines())) == (2, 1)
    else:
        assert ended.exit_code == 0


def test_bytes_that_are_no_text_are_one_line_and_exit_code_2(csv_file: Path) -> None:
    csv_file.write_bytes(csv_file.read_bytes() + b"\xff\xfe\x80")
    ended = call(app, str(csv_file), "--p95", "180")
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"{csv_file} cannot be read: 'utf-8' codec can't decode byte 0xff")


def test_an_endpoint_without_a_name_or_a_type_or_any_requests_is_judged_with_the_rest(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        row("", "", requests=1, failures=0),
        row("", "/without-type", requests=9, failures=0),
        row("GET", "", requests=990, failures=4),
        row("GET", "/never", requests=0, failures=0).replace(",30,30,40,50,60,90,180,220,400,800,900,900", ",N/A" * 11),
        row("", "Aggregated"),
    )
    assert call(app, str(path), "--p95", "180").exit_code == 0
