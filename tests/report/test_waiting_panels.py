"""A panel of a run under way says what it waits for, and never that it has no data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.report.html.dashboards import read_dashboards
from swarmscope.report.html.empty_panels import Surroundings
from swarmscope.report.html.query_cache import Asker
from swarmscope.report.html.rendered import shown_panel
from swarmscope.report.html.waiting_panels import waits_for
from swarmscope.report.html.window import Window
from tests.report.builders import board, document
from tests.report.fake_prometheus import BEGIN, FakePrometheus

PREPARE = frozenset({"prepare"})
RAMP = PREPARE | {"ramp"}
STEADY = RAMP | {"steady"}
EARLY = Surroundings(frozenset({"loadtest", "api"}), RAMP, {"run_id": "one", "scenario": "smoke"}, is_over=False)
LIVE = 'loadtest:objective{run_id="one", window="live", objective="error_ratio"}'
OVER_THE_RUN = 'max(last_over_time(loadtest:run_objective{run_id="one", objective="error_ratio"}[9s]))'


@pytest.mark.parametrize(
    ("asked", "phases", "sentence"),
    [
        ("sum(rate(loadtest_requests_total[9s]))", PREPARE, "Begins with the load."),
        (OVER_THE_RUN, PREPARE, "Begins with the steady phase."),
        (OVER_THE_RUN, RAMP, "Begins with the steady phase."),
        (OVER_THE_RUN, STEADY, "Begins a few seconds into the steady phase."),
        ("sum(rate(loadtest_requests_total[9s]))", STEADY, "Begins with the first measurement."),
        (LIVE, RAMP, "Begins one minute into the steady phase."),
        (LIVE, STEADY, "Begins after a whole minute of the steady phase."),
        (
            'loadtest:objective{window="recovery"}',
            STEADY,
            "Begins with the recovery phase, in a scenario that has one.",
        ),
        (
            'loadtest:objective{objective="latency_drift_ratio"}',
            STEADY,
            "Begins after the first sixth of the run, at most ten minutes: that is the reference.",
        ),
        (
            "sum(rate(loadtest_arrivals_scheduled_total[9s]))",
            RAMP,
            "Begins with the load, in a scenario that has arrivals.",
        ),
        ("sum(loadtest_users)", PREPARE, "Begins with the next scrape."),
        ("rate(loadtest_transaction_duration_seconds_bucket[9s])", STEADY, "Begins with the first timed transaction."),
        ("sum(rate(loadtest_rate_limited_total[9s])) > 0", STEADY, "Nothing of this kind has happened so far."),
    ],
)
def test_the_sentence_names_what_has_to_begin(asked: str, phases: frozenset[str], sentence: str) -> None:
    assert waits_for(asked, phases) == sentence


def test_a_figure_that_has_words_of_its_own_keeps_them() -> None:
    [panel] = board(document("stat", (OVER_THE_RUN, "x"), instant=True, no_value="no breach")).panels
    shown = shown_panel(panel, EARLY, Asker(FakePrometheus({}), Window(BEGIN, BEGIN + 20)))
    assert shown.figure is not None
    assert shown.figure.text == "no breach"


def test_in_the_first_seconds_an_api_is_not_said_to_be_without_metrics() -> None:
    [panel] = board(document("timeseries", ("loadtest:target_memory_bytes", "x"))).panels
    around = replace(EARLY, jobs=frozenset())
    early, later = (
        shown_panel(panel, around, Asker(FakePrometheus({}), Window(BEGIN, BEGIN + length))).why_empty
        for length in (4, 20)
    )
    assert early == "Begins with the first scrape."
    assert later.startswith("No API was scraped")


@pytest.mark.parametrize("phases", [frozenset[str](), PREPARE, RAMP, STEADY])
def test_no_panel_of_any_dashboard_says_no_data_while_the_run_is_under_way(phases: frozenset[str]) -> None:
    around = replace(EARLY, phases=phases, jobs=frozenset({"loadtest", "api", "postgres", "redis"}))
    for made in read_dashboards():
        for panel in made.panels:
            shown = shown_panel(panel, around, Asker(FakePrometheus({}), Window(BEGIN, BEGIN + 20)))
            text = shown.why_empty or (shown.figure.text if shown.figure is not None else "")
            assert text, panel.title
            assert "no data" not in text.lower(), panel.title
            assert "holds no series" not in text, panel.title
