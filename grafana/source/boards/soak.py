"""Does it stay well? Drift, growth and exhaustion over hours."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section
from grafana.source.panels import (
    BYTES,
    COUNT,
    RATIO,
    SECONDS,
    Builder,
    figure,
    latency_over_time,
    over_time,
    rates,
    signed_over_time,
)
from grafana.source.queries import Query, judged, judged_latency, last_minute, run_objective, series, threshold

REFERENCE = series("loadtest:objective", "objective=latency_p95_seconds", "window=reference")


def board() -> Board:
    """Against the reference: the first sixth of the run, at most ten minutes."""
    return Board(
        uid="soak",
        title="Soak",
        purpose="A long run against its own beginning: latency that drifts, memory that grows, pools that empty.",
        sections=(
            Section("Over the whole run", (Line(4, _figures()),)),
            Section("Drift of the latency", (Line(9, (_latency(), _drift())),)),
            Section("Memory and connections", (Line(9, (_memory(), _growth())), Line(9, (_pool(), _connections())))),
            Section("Steadiness", (Line(8, (_throughput(), _errors(), _files())),)),
        ),
        time_from="now-2h",
    )


def _figures() -> tuple[Builder, ...]:
    def of(title: str, description: str, objective: str, unit: str = RATIO) -> Builder:
        return figure(title, description, unit, run_objective(objective), empty="not yet")

    return (
        of("p95 latency", "Over the whole run so far.", "latency_p95_seconds", SECONDS),
        of("Latency drift", "After the reference against the reference.", "latency_drift_ratio"),
        of("Memory growth", "Now against the end of the reference.", "target_memory_growth_ratio"),
        of("Worst pool use", "Database connections in use, in the worst minute.", "target_pool_in_use_ratio"),
    )


def _latency() -> Builder:
    return rates(
        latency_over_time(
            "p95 latency and its reference",
            "The p95 of all HTTP requests, that of the reference, and the threshold.",
            Query(judged_latency(0.95), "p95"),
            judged("latency_p95_seconds"),
            Query(REFERENCE, "reference", color=colors.REFERENCE),
            threshold("latency_p95_seconds"),
        )
    )


def _drift() -> Builder:
    return signed_over_time(
        "Drift of the p95",
        "Rise of the last minute's p95 against the reference, relative to 0.1 s at least.",
        RATIO,
        Query(last_minute("latency_drift_ratio"), "drift"),
        threshold("latency_drift_ratio"),
    )


def _memory() -> Builder:
    return over_time(
        "Memory of the target",
        "Resident memory of each of its processes.",
        BYTES,
        Query("loadtest:target_memory_bytes", "{{instance}}"),
    )


def _growth() -> Builder:
    return signed_over_time(
        "Growth of the target's memory",
        "Against the end of the reference.",
        RATIO,
        Query(last_minute("target_memory_growth_ratio"), "growth"),
        threshold("target_memory_growth_ratio"),
    )


def _pool() -> Builder:
    return over_time(
        "Connection pool in use",
        "Mean of the last minute, of the process with the fewest connections left.",
        RATIO,
        Query(last_minute("target_pool_in_use_ratio"), "in use"),
        threshold("target_pool_in_use_ratio"),
    )


def _connections() -> Builder:
    return over_time(
        "Database connections of the API",
        "By state: connections that leak stay in use.",
        COUNT,
        Query('sum by (state) (api_db_pool_connections{job="api"})', "{{state}}"),
    )


def _throughput() -> Builder:
    return over_time(
        "Throughput",
        "Requests that ended, over the last minute.",
        "reqps",
        Query(last_minute("throughput_requests_per_second"), "throughput"),
        threshold("throughput_requests_per_second"),
    )


def _errors() -> Builder:
    return over_time(
        "Error ratio",
        "Failed requests of all, over the last minute.",
        RATIO,
        Query(last_minute("error_ratio"), "failed", color=colors.BAD),
        threshold("error_ratio"),
    )


def _files() -> Builder:
    return over_time(
        "Open files of the API",
        "Sockets included: they should not grow.",
        COUNT,
        Query('max by (instance) (process_open_fds{job="api"})', "{{instance}}"),
    )
