"""Is it passing, what breaks first, and is it the system or the generator."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section
from grafana.source.objectives import objectives_table
from grafana.source.panels import (
    COUNT,
    NO_UNIT,
    PER_SECOND,
    RATIO,
    SECONDS,
    Builder,
    Column,
    Label,
    State,
    figure,
    figures_table,
    latency_over_time,
    named,
    over_time,
    phases_over_time,
    rates,
    states_over_time,
)
from grafana.source.queries import (
    ALL_NAMES,
    REQUEST_SECONDS,
    RESPONSE_SECONDS,
    ROW,
    Query,
    judged,
    last,
    of_run,
    outcomes,
    quantile,
    quantiles,
    rate,
    run_objective,
    series,
    slowest,
    threshold,
    with_row,
)
from grafana.source.verdict import VERDICT_STATES, first_breach_of, verdict_of

ALERT_STATES = (
    State(0, "no alert", colors.NOTHING),
    State(1, "pending", colors.PENDING),
    State(2, "firing", colors.BAD),
)


def board() -> Board:
    """Return the home dashboard."""
    return Board(
        uid="run-overview",
        title="Run overview",
        purpose="One run at a glance: whether it passes, what breaks first, and what the users saw.",
        sections=(
            Section(
                "Is it passing?",
                (Line(4, ((_verdict(), 5), (_first_breach(), 4), _phase(), *_figures())), Line(8, (_objectives(),))),
            ),
            Section("Which alert came first?", (Line(7, (_alerts(),)),)),
            Section(
                "What the users saw",
                (
                    Line(9, (_latency(), _two_times())),
                    Line(9, (_errors(), _throughput(), _users())),
                    Line(4, (_phases(),)),
                ),
            ),
            Section("What was run?", (Line(4, (_details(),)),)),
        ),
    )


def _verdict() -> Builder:
    return figure(
        "Verdict",
        "Of the run, whatever the time range. Failing: a critical alert of an objective fired, though it may be over. "
        "Inconclusive: one of the measurement itself did. Failing now: a critical objective is over its threshold, and "
        "no alert has spoken yet. In capitals: the verdict proper, which also asks whether everything was measured. "
        "Ended, verdict unknown: ask the runner, which Prometheus did not hear from.",
        NO_UNIT,
        Query(verdict_of()),
        states=VERDICT_STATES,
    )


def _phase() -> Builder:
    query = Query(f"max by (phase) ({last('loadtest_phase')}) == 1", "{{phase}}")
    return named(figure("Phase", "Where the run is, or was last.", NO_UNIT, query, empty="no run"))


def _first_breach() -> Builder:
    begin = f"max({of_run('loadtest_phase_start_timestamp_seconds', 'phase=ramp')})"
    return figure(
        "First breach",
        "From the beginning of the load to when a critical objective that the run misses was first over its threshold: "
        "an alert waits before it speaks. Of the run, whatever the time range.",
        SECONDS,
        Query(f"{first_breach_of()} - {begin}"),
        empty="none",
    )


def _figures() -> tuple[Builder, ...]:
    so_far = "From the end of the ramp until now or until the recovery: what the verdict judges."
    return (
        figure("Users", "Virtual users running now.", NO_UNIT, Query(f"sum({series('loadtest_users')})"), empty="none"),
        figure("Throughput", so_far, PER_SECOND, run_objective("throughput_requests_per_second")),
        figure("Error ratio", so_far, RATIO, run_objective("error_ratio")),
        figure("p95 latency", so_far, SECONDS, run_objective("latency_p95_seconds")),
    )


def _objectives() -> Builder:
    return objectives_table(
        "Objectives",
        "Each objective of the scenario, the least headroom first: over the run so far, its threshold, what of it was "
        "left, and the last minute. Of the run, whatever the time range. An empty cell: nothing was observed.",
    )


def _alerts() -> Builder:
    def alerts(state: str) -> str:
        # Not stepped over, however wide the steps are.
        return f"max_over_time({series('ALERTS', f'alertstate={state}', 'gate!=watch')}[$__interval])"

    by = "max by (alertname, objective, method, name, worker)"
    active = f"{by} ({alerts('firing')} * 2 or {alerts('pending')})"
    none = f'label_replace(vector(0), "{ROW}", "no alert", "", "")'
    return states_over_time(
        "Alerts",
        "Alerts that were pending or firing, by what they speak of: an objective, or the measurement.",
        Query(f"max by ({ROW}) ({with_row(active)}) or {none}", f"{{{{{ROW}}}}}"),
        states=ALERT_STATES,
    )


def _latency() -> Builder:
    lines = [
        threshold(f"latency_{level}_seconds", f"{level} threshold ({{{{severity}}}})")
        for level in ("p50", "p95", "p99")
    ]
    return rates(
        latency_over_time(
            "Latency",
            "All requests over the last moments; the p95 that alerts judge, over a minute; thresholds. "
            "Dots are traced requests.",
            *quantiles(),
            slowest(),
            judged("latency_p95_seconds", "p95 of the last minute, as judged"),
            *lines,
        )
    )


def _two_times() -> Builder:
    return rates(
        latency_over_time(
            "Response time and service time",
            "p95 of all requests over the last moments. Response time counts from when a request should have begun, "
            "service time from when it did; they part where users or arrivals had to wait.",
            Query(quantile(0.95, RESPONSE_SECONDS, "", ALL_NAMES), "response time"),
            Query(quantile(0.95, REQUEST_SECONDS), "service time"),
        )
    )


def _errors() -> Builder:
    failed = rate("loadtest_requests_total", "outcome=failure")
    everything = rate("loadtest_requests_total")
    return rates(
        over_time(
            "Error ratio over time",
            "Failed requests of all, over the last moments and over the minute that alerts judge.",
            RATIO,
            Query(f"(sum({failed}) or sum({everything}) * 0) / sum({everything})", "failed", color=colors.BAD),
            judged("error_ratio"),
            threshold("error_ratio"),
        )
    )


def _throughput() -> Builder:
    return rates(
        over_time(
            "Throughput over time",
            "Requests that ended, by outcome; the throughput that alerts judge, over a minute.",
            PER_SECOND,
            *outcomes(),
            judged("throughput_requests_per_second"),
            threshold("throughput_requests_per_second"),
        )
    )


def _users() -> Builder:
    return over_time(
        "Users over time",
        "Virtual users running, by class, and how many there should be.",
        COUNT,
        Query(f"sum({series('loadtest_users_target')})", "target", color=colors.REFERENCE),
        Query(f"sum({series('loadtest_users')})", "running", color=colors.JUDGED),
        Query(f"sum by (user_class) ({series('loadtest_users')})", "{{user_class}}"),
    )


def _phases() -> Builder:
    return phases_over_time("Steady and spike are judged, ramp and recovery are not.")


def _details() -> Builder:
    # Without those that the scrape adds: what is left beside the named ones are the run's free labels.
    info = f"max without (job, instance, workers_expected) ({last('loadtest_run_info')})"
    workers = f"max by (run_id) ({last('loadtest_workers_expected')})"
    return figures_table(
        "Details",
        "What was tested, where, and at which commit of the project; the other columns are labels of the run.",
        (
            Label("host", "Host", 330),
            Label("environment", "Environment", 140),
            Label("commit", "Commit", 140),
            Column("Workers", f"{info} * on (run_id) group_left () {workers}", NO_UNIT, 90),
            Label("version", "Locust", 120),
        ),
    )
