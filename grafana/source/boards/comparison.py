"""Runs side by side, on one time axis from the beginning of their load."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard

from grafana.source.frame import RUN_ID_OF_RESULT, Board, Line, Section, query_variable
from grafana.source.panels import (
    COUNT,
    PER_SECOND,
    RATIO,
    SECONDS,
    TIMESTAMP,
    Builder,
    Column,
    figures_table,
    linked,
    over_time,
    rates,
)
from grafana.source.queries import THIS_RUN, Query, judged_latency, last, last_minute, selector, series, threshold

#: How far back runs are looked for: as long as Prometheus keeps samples, unless told otherwise.
HISTORY = "7d"
OTHERS = {"other_run_id": "other_shift", "third_run_id": "third_shift"}
NUMBER_OF_RESULT = r"/ (-?\d+) /"
#: Alerts over the whole run fire after its end.
JUDGEMENT_SECONDS = 15
OF_SCENARIO = "scenario=~$scenario"
BY_OBJECTIVE = "sum by (objective, method, name)"
TO_RUN = (
    "/d/run-overview?var-datasource=${datasource}&var-run_id=${__data.fields.Run}"
    "&from=${__data.fields.Began.numeric}&to=${__data.fields.Judged.numeric}"
)


def board() -> Board:
    """Return this run in its own time; the others are moved so that their load begins with this one's."""
    return Board(
        uid="comparison",
        title="Comparison of runs",
        purpose="Up to three runs on the time axis of the first, from the beginning of their load.",
        sections=(
            Section("Runs", (Line(8, (_runs(), _objectives())),)),
            Section(
                "From the beginning of the load",
                (
                    Line(9, (_latency(0.5), _latency(0.95))),
                    Line(9, (_latency(0.99), _throughput())),
                    Line(9, (_errors(), _users())),
                ),
            ),
        ),
        variables=_variables(),
        time_from="now-1h",
    )


def _variables() -> tuple[builders.QueryVariable, ...]:
    other = _other_run("other_run_id", "Compared with", "run_id!=$run_id")
    third = _other_run("third_run_id", "and with", "run_id!=$run_id", "run_id!=$other_run_id")
    return (other, third, *(_shift(run, shift) for run, shift in OTHERS.items()))


def _other_run(name: str, label: str, *excluded: str) -> builders.QueryVariable:
    starts = f"loadtest_run_start_timestamp_seconds{selector(OF_SCENARIO, *excluded)}"
    query = f"query_result(sort_desc(max by (run_id) (last_over_time({starts}[{HISTORY}]))))"
    return query_variable(name, label, query, "Other runs that Prometheus holds, the newest first.").regex(
        RUN_ID_OF_RESULT
    )


def _shift(run: str, name: str) -> builders.QueryVariable:
    """Return seconds from the other run's load to this one's; 0 without another run."""

    def begin(which: str) -> str:
        metric, phase = "loadtest_phase_start_timestamp_seconds", "phase=ramp"
        found = last(metric, phase, run=f"run_id=${which}", window=HISTORY)
        return f"max({found})"

    query = f"query_result(round({begin('run_id')} - {begin(run)}) or vector(0))"
    variable = query_variable(name, name, query, "Seconds between the beginnings of the loads.")
    return variable.regex(NUMBER_OF_RESULT).hide(dashboard.VariableHide.HIDE_VARIABLE)


def _each_run(expr: Callable[[str, str], str]) -> list[Query]:
    """Return one query for each run; ``expr`` makes it from the run's matcher and its move in time."""
    others = [Query(expr(f"run_id=${run}", f" offset ${{{shift}}}s"), f"${run}") for run, shift in OTHERS.items()]
    return [Query(expr(THIS_RUN, ""), "$run_id"), *others]


def _runs() -> Builder:
    began = last("loadtest_run_start_timestamp_seconds", run=OF_SCENARIO, window=HISTORY)
    ended = last("loadtest_run_end_timestamp_seconds", run=OF_SCENARIO, window=HISTORY)
    by = "max by (run_id, scenario)"
    over = f"{by} ({ended}) or {by} ({began}) * 0 + time()"
    table = figures_table(
        "Runs that Prometheus holds",
        "A run's name leads to its overview in its own time, which is up to its judgement, some seconds after its end.",
        {"run_id": "Run", "scenario": "Scenario"},
        (
            Column("Began", f"round({by} ({began}) * 1000)", TIMESTAMP),
            Column("Judged", f"round((({over}) + {JUDGEMENT_SECONDS}) * 1000)", TIMESTAMP),
            Column("Duration", f"({over}) - {by} ({began})", SECONDS),
        ),
        sort_by="Began",
    )
    return linked(table, "Overview of this run", TO_RUN, "Run")


def _objectives() -> Builder:
    this = f"{BY_OBJECTIVE} ({last('loadtest:run_objective')})"
    others = (last("loadtest:run_objective", run=f"run_id=${run}", window=HISTORY) for run in OTHERS)
    other, third = (f"{BY_OBJECTIVE} ({values})" for values in others)
    return figures_table(
        "Objectives of each run",
        "Over the whole run. The change is that from the other run to this one.",
        {"objective": "Objective", "method": "Method", "name": "Name"},
        (
            Column("This run", this, COUNT),
            Column("Other run", other, COUNT),
            Column("Third run", third, COUNT),
            Column("Change", f"{this} / ({other} != 0) - 1", RATIO),
        ),
    )


def _latency(level: float) -> Builder:
    name = f"p{level * 100:g}"
    return rates(
        over_time(
            f"{name} latency",
            f"{name} of all HTTP requests of each run, and the threshold of this one.",
            SECONDS,
            *_each_run(lambda run, offset: judged_latency(level, run, offset)),
            threshold(f"latency_{name}_seconds"),
        )
    )


def _throughput() -> Builder:
    return over_time(
        "Throughput",
        "Requests that ended, over the last minute as judged, and the threshold of this run.",
        PER_SECOND,
        *_each_run(lambda run, offset: last_minute("throughput_requests_per_second", run=run) + offset),
        threshold("throughput_requests_per_second"),
    )


def _errors() -> Builder:
    return over_time(
        "Error ratio",
        "Failed requests of all, over the last minute as judged, and the threshold of this run.",
        RATIO,
        *_each_run(lambda run, offset: last_minute("error_ratio", run=run) + offset),
        threshold("error_ratio"),
    )


def _users() -> Builder:
    return over_time(
        "Users",
        "Virtual users running in each run.",
        COUNT,
        *_each_run(lambda run, offset: f"sum({series('loadtest_users', run=run)}{offset})"),
    )
