"""Is it passing, what breaks first, and is it the system or the generator."""

from __future__ import annotations

from grafana.source.frame import Board, Line, Section
from grafana.source.panels import (
    COUNT,
    NO_UNIT,
    PER_SECOND,
    RATIO,
    SECONDS,
    Builder,
    Column,
    State,
    figure,
    figures_table,
    named,
    over_time,
    rates,
    states_over_time,
)
from grafana.source.queries import (
    Query,
    judged_latency,
    last,
    last_minute,
    rate,
    run_objective,
    series,
    slowest,
    threshold,
)

FIRING = "alertstate=firing"
VERDICT_STATES = (
    State(0, "Passing so far", "green"),
    State(1, "Inconclusive", "orange"),
    State(2, "Failing", "red"),
)
ALERT_STATES = (State(1, "pending", "yellow"), State(2, "firing", "red"))
MET_STATES = (State(0, "met", "green"), State(1, "missed", "red"))

# NaN, which is nothing observed, is greater than nothing: no value, and neither met nor missed.
OBJECTIVES = f"({last('loadtest:run_objective')} > -Inf)"
LIVE_OBJECTIVES = f"(sum without (window) ({last('loadtest:objective', 'window=live')}) > -Inf)"
ONTO_THRESHOLDS = "on (run_id, objective, method, name) group_right ()"


def board() -> Board:
    """Return the home dashboard."""
    return Board(
        uid="run-overview",
        title="Run overview",
        purpose="One run at a glance: whether it passes, what breaks first, and what the users saw.",
        sections=(
            Section("Is it passing?", (Line(4, (_verdict(), _phase(), _first_breach(), *_figures())),)),
            Section("Objectives and alerts", (Line(10, ((_objectives(), 14), _alerts())),)),
            Section(
                "What the users saw",
                (Line(9, (_latency(), _errors())), Line(9, (_throughput(), _users())), Line(5, (_phases(),))),
            ),
            Section("What was run?", (Line(4, (_details(),)),)),
        ),
    )


def _verdict() -> Builder:
    expr = (
        "max("
        f"max_over_time({series('ALERTS', FIRING, 'gate=objective', 'severity=critical')}[$__range]) * 2 or "
        f"max_over_time({series('ALERTS', FIRING, 'gate=validity', 'severity=critical')}[$__range]) or "
        f"{last('loadtest_run_info')} * 0)"
    )
    return figure(
        "Verdict so far",
        "Failing: a critical alert of an objective fired. Inconclusive: one of the measurement itself did. "
        "The verdict proper also asks whether everything was measured and evaluated.",
        NO_UNIT,
        Query(expr),
        states=VERDICT_STATES,
        empty="no run",
    )


def _phase() -> Builder:
    query = Query(f"max by (phase) ({last('loadtest_phase')}) == 1", "{{phase}}")
    return named(figure("Phase", "Where the run is, or was last.", NO_UNIT, query, empty="no run"))


def _first_breach() -> Builder:
    breaches = f"timestamp({series('ALERTS', FIRING, 'gate=objective')})"
    # [$__range:] steps by the evaluation interval: an alert that fired for one evaluation is not stepped over.
    begin = f"max({last('loadtest_phase_start_timestamp_seconds', 'phase=ramp')})"
    return figure(
        "Time to first breach",
        "From the beginning of the load to the first alert of an objective that fired, within the time range.",
        SECONDS,
        Query(f"min(min_over_time({breaches}[$__range:])) - {begin}"),
        empty="no breach",
    )


def _figures() -> tuple[Builder, ...]:
    so_far = "From the end of the ramp until now or until the recovery: what the verdict judges."
    return (
        figure("Users now", "Virtual users running.", COUNT, Query(f"sum({last('loadtest_users')})")),
        figure("Throughput so far", so_far, PER_SECOND, run_objective("throughput_requests_per_second")),
        figure("Error ratio so far", so_far, RATIO, run_objective("error_ratio")),
        figure("p95 latency so far", so_far, SECONDS, run_objective("latency_p95_seconds")),
    )


def _objectives() -> Builder:
    highest, lowest = (last("loadtest:run_threshold", f"bound={bound}") for bound in ("max", "min"))
    missed = (
        f"{OBJECTIVES} > bool {ONTO_THRESHOLDS} ({highest} * (1 + 1e-12)) or "
        f"{OBJECTIVES} < bool {ONTO_THRESHOLDS} ({lowest} * (1 - 1e-12))"
    )
    any_threshold = f"({last('loadtest:run_threshold')} ^ 0)"
    return figures_table(
        "Objectives",
        "Each objective of the scenario: over the run so far, over the last minute, and its threshold. "
        "Seconds are seconds, ratios are 0 to 1. An empty cell: nothing was observed.",
        {"objective": "Objective", "method": "Method", "name": "Name", "bound": "Bound", "severity": "Severity"},
        (
            # Times 1: without the metric's name, a label that the other columns do not have.
            Column("Threshold", f"{last('loadtest:run_threshold')} * 1", COUNT),
            Column("Run so far", f"{OBJECTIVES} * {ONTO_THRESHOLDS} {any_threshold}", COUNT),
            Column("Last minute", f"{LIVE_OBJECTIVES} * {ONTO_THRESHOLDS} {any_threshold}", COUNT),
            Column("State", missed, NO_UNIT, MET_STATES),
        ),
    )


def _alerts() -> Builder:
    def alerts(state: str) -> str:
        # Not stepped over, however wide the steps are.
        return f"max_over_time({series('ALERTS', f'alertstate={state}', 'gate!=watch')}[$__interval])"

    expr = f"max by (alertname, objective, method, name, worker) ({alerts('firing')} * 2 or {alerts('pending')})"
    return states_over_time(
        "Alerts",
        "Alerts that were pending or firing: which came first, and whether they speak of the system or of the "
        "measurement.",
        Query(expr, "{{alertname}} {{objective}} {{method}} {{name}} {{worker}}"),
        states=ALERT_STATES,
        empty="no alert was pending or firing",
    )


def _latency() -> Builder:
    now = [Query(judged_latency(level), f"p{level * 100:g}") for level in (0.5, 0.95, 0.99)]
    lines = [
        threshold(f"latency_{level}_seconds", f"{level} threshold ({{{{severity}}}})")
        for level in ("p50", "p95", "p99")
    ]
    judged = Query(last_minute("latency_p95_seconds"), "p95 of the last minute, as judged")
    return rates(
        over_time(
            "Latency",
            "All requests over the last moments; the p95 that alerts judge, over a minute; thresholds. "
            "Dots are traced requests.",
            SECONDS,
            *now,
            slowest(),
            judged,
            *lines,
        )
    )


def _errors() -> Builder:
    failed = rate("loadtest_requests_total", "outcome=failure")
    everything = rate("loadtest_requests_total")
    return rates(
        over_time(
            "Error ratio",
            "Failed requests of all, over the last moments and over the minute that alerts judge.",
            RATIO,
            Query(f"(sum({failed}) or sum({everything}) * 0) / sum({everything})", "failed"),
            Query(last_minute("error_ratio"), "last minute, as judged"),
            threshold("error_ratio"),
        )
    )


def _throughput() -> Builder:
    return rates(
        over_time(
            "Throughput",
            "Requests that ended, by outcome; the throughput that alerts judge, over a minute.",
            PER_SECOND,
            Query(f"sum by (outcome) ({rate('loadtest_requests_total')})", "{{outcome}}"),
            Query(last_minute("throughput_requests_per_second"), "last minute, as judged"),
            threshold("throughput_requests_per_second"),
        )
    )


def _users() -> Builder:
    return over_time(
        "Users",
        "Virtual users running, by class, and how many there should be.",
        COUNT,
        Query(f"sum({series('loadtest_users_target')})", "target"),
        Query(f"sum({series('loadtest_users')})", "running"),
        Query(f"sum by (user_class) ({series('loadtest_users')})", "{{user_class}}"),
    )


def _phases() -> Builder:
    return states_over_time(
        "Phases",
        "Steady and spike are judged, ramp and recovery are not.",
        Query(f"max by (phase) ({series('loadtest_phase')}) == 1", "{{phase}}"),
        states=(State(1, "active", "blue"),),
    )


def _details() -> Builder:
    # Without those that the scrape adds: what is left beside the named ones are the run's free labels.
    info = f"max without (job, instance, workers_expected) ({last('loadtest_run_info')})"
    workers = f"max by (run_id) ({last('loadtest_workers_expected')})"
    return figures_table(
        "Details",
        "What was tested, where, and at which commit of the project; the other columns are labels of the run.",
        {"host": "Host", "environment": "Environment", "commit": "Commit", "version": "Locust"},
        (Column("Workers", f"{info} * on (run_id) group_left () {workers}", COUNT),),
    )
