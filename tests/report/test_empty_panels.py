"""A panel without data says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.report.html.empty_panels import Surroundings
from swarmscope.report.html.query_cache import Asker
from swarmscope.report.html.rendered import Gap, shown_panel, shown_section
from swarmscope.report.html.window import Window
from tests.report.builders import AROUND, asker, board, document
from tests.report.fake_prometheus import BEGIN, FakePrometheus, Rows


def why(expr: str, held: dict[str, Rows] | None = None, around: Surroundings = AROUND, no_value: str = "") -> str:
    [panel] = board(document("timeseries", (expr, "x"), no_value=no_value)).panels
    return shown_panel(panel, around, asker(FakePrometheus(held or {}))).why_empty


@pytest.mark.parametrize(
    ("expr", "sentence"),
    [
        ("sum(pg_locks_count)", "The exporter of PostgreSQL runs in the Docker stack only."),
        ("redis_connected_clients", "The exporter of Redis runs in the Docker stack only."),
        (
            'rate(loadtest_transaction_duration_seconds_bucket{run_id="$run_id"}[9s])',
            "This scenario has no timed transactions.",
        ),
        ("sum(loadtest_arrivals_waiting)", "This scenario has no arrivals."),
        (
            "rate(loadtest_missed_starts_total[9s])",
            "No user kept a pace with constant_pacing or constant_throughput.",
        ),
        (
            'loadtest:objective{objective="latency_p95_seconds", window="recovery"}',
            "This run had no recovery phase.",
        ),
        (
            'sum(loadtest_users{run_id="$run_id"})',
            "Prometheus holds no series of loadtest_users from the time of this run.",
        ),
        ('x{run_id="$other_run_id"}', "There is no other run to compare with."),
    ],
)
def test_the_reason_names_what_is_not_there(expr: str, sentence: str) -> None:
    assert why(expr) == sentence


def test_an_api_that_nobody_scrapes_has_no_metrics() -> None:
    assert why("loadtest:target_memory_bytes", around=replace(AROUND, jobs=frozenset({"loadtest"}))).startswith(
        "No API was scraped"
    )


def test_series_that_are_all_zero_say_that_nothing_happened() -> None:
    held: dict[str, Rows] = {'count(last_over_time({__name__=~"loadtest_rate_limited_total"}[120s]))': [({}, 4.0)]}
    assert why("sum(rate(loadtest_rate_limited_total[9s])) > 0", held) == (
        "Nothing of this kind happened: every count is 0."
    )


def test_the_panel_s_own_words_win() -> None:
    assert why("ALERTS", no_value="no alert was pending or firing") == "No alert was pending or firing."


def test_a_run_of_less_than_a_minute_has_nothing_that_is_judged_by_the_minute() -> None:
    [panel] = board(
        document("timeseries", ('loadtest:objective{run_id="$run_id", window="live", objective="error_ratio"}', "x"))
    ).panels
    shown = shown_panel(panel, AROUND, Asker(FakePrometheus({}), Window(BEGIN, BEGIN + 40)))
    assert shown.why_empty == "It is judged over whole minutes, and this run was too short for one."


def test_a_prometheus_that_does_not_answer_is_the_reason() -> None:
    prometheus = FakePrometheus({})
    prometheus.silent = True
    [panel] = board(document("timeseries", ("up", "x"))).panels
    assert shown_panel(panel, AROUND, asker(prometheus)).why_empty == (
        "Prometheus at http://unset did not answer (connection refused)."
    )


def test_panels_with_the_same_reason_are_named_together() -> None:
    panels = [document("timeseries", (f"pg_{n}", "x"), title=f"Panel {n}", id=n) for n in "abc"]
    section = shown_section(board(*panels), AROUND, asker(FakePrometheus({"pg_b": [({}, 1.0)]})))
    [row] = section.rows
    assert [shown.panel.title for shown in row.panels] == ["Panel b"]
    assert row.gaps == (Gap("The exporter of PostgreSQL runs in the Docker stack only.", ("Panel a", "Panel c")),)


def test_a_dashboard_that_says_nothing_of_this_run_is_folded_with_its_reason() -> None:
    other = {"name": "other_run_id", "type": "query", "query": {"query": "query_result(x)"}, "regex": ""}
    aside = [
        shown_section(made, AROUND, asker(FakePrometheus({}))).aside
        for made in (board(uid="spike"), board(variables=[other]), board())
    ]
    assert aside == [
        "This run had no spike.",
        "Prometheus holds no other run of scenario smoke to compare this one with.",
        "",
    ]
