"""Runs side by side, on one time axis from the beginning of their load."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard

from grafana.source import colors
from grafana.source.frame import FIRST, RUN_ID_OF_RESULT, Board, Line, Section, query_variable
from grafana.source.objectives import ENDPOINT, OBJECTIVE, UNIT, in_units, shown_labels
from grafana.source.panels import (
    COUNT,
    NO_UNIT,
    PER_SECOND,
    RATIO,
    SECONDS,
    TIMESTAMP,
    Builder,
    Column,
    Label,
    figures_table,
    latency_over_time,
    linked,
    over_time,
    rates,
)
from grafana.source.queries import (
    THIS_RUN,
    Query,
    judged_latency,
    last,
    last_minute,
    of_run,
    selector,
    series,
    threshold,
)
from grafana.source.verdict import VERDICT_STATES, verdict_by_run

#: How far back runs are looked for: as long as Prometheus keeps samples, unless told otherwise.
HISTORY = "7d"
OTHERS = {"other_run_id": "other_shift", "third_run_id": "third_shift"}
NUMBER_OF_RESULT = r"/ (-?\d+) /"
#: Alerts over the whole run fire after its end.
JUDGEMENT_SECONDS = 15
OF_SCENARIO = "scenario=~$scenario"
COLORS = {"run_id": colors.JUDGED, "other_run_id": "blue", "third_run_id": "super-light-blue"}
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
            Section("Runs", (Line(7, (_runs(),)), Line(9, (_objectives(),)))),
            Section(
                "From the beginning of the load",
                (
                    Line(9, (_latency(0.5), _latency(0.95))),
                    Line(9, (_latency(0.99), _throughput())),
                    Line(9, (_errors(), _users())),
                    Line(7, (_against_the_baseline(),)),
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
    metric = "loadtest_run_start_timestamp_seconds"
    starts = f"last_over_time({metric}{selector(OF_SCENARIO, *excluded)}[{HISTORY}])"
    earlier = f"{starts} < on (scenario) group_left () max by (scenario) ({of_run(metric)})"
    query = f"query_result(sort_desc(max by (run_id) (({earlier}) + {FIRST} or {starts})))"
    description = "Other runs that Prometheus holds: first the earlier ones of the same scenario, each newest first."
    return query_variable(name, label, query, description).regex(RUN_ID_OF_RESULT)


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
    others = [
        Query(expr(f"run_id=${run}", f" offset ${{{shift}}}s"), f"${run}", color=COLORS[run])
        for run, shift in OTHERS.items()
    ]
    return [Query(expr(THIS_RUN, ""), "$run_id", color=COLORS["run_id"]), *others]


def _runs() -> Builder:
    began = last("loadtest_run_start_timestamp_seconds", run=OF_SCENARIO, window=HISTORY)
    ended = last("loadtest_run_end_timestamp_seconds", run=OF_SCENARIO, window=HISTORY)
    by = "max by (run_id, scenario)"
    over = f"{by} ({ended}) or {by} ({began}) * 0 + time()"
    table = figures_table(
        "Runs that Prometheus holds",
        "A run's name leads to its overview in its own time, which is up to its judgement, some seconds after its end. "
        "The verdict is that of the runner; it is unknown where Prometheus did not hear from it.",
        (
            Label("run_id", "Run", 300),
            Label("scenario", "Scenario", 140),
            Column("Verdict", verdict_by_run(OF_SCENARIO), NO_UNIT, 180, VERDICT_STATES),
            Column("Duration", f"({over}) - {by} ({began})", SECONDS, 100),
            Column("Began", f"round({by} ({began}) * 1000)", TIMESTAMP, 180),
            Column("Judged", f"round((({over}) + {JUDGEMENT_SECONDS}) * 1000)", TIMESTAMP, 180),
        ),
        sort_by="Began",
    )
    return linked(table, "Overview of this run", TO_RUN, "Run")


def _objectives() -> Builder:
    def value(run: str) -> str:
        def measured(*matchers: str) -> str:
            return last("loadtest:run_objective", *matchers, run=f"run_id=${run}", window=HISTORY)

        return shown_labels(in_units(measured))

    this, other, third = (value(run) for run in COLORS)
    return figures_table(
        "Objectives of each run",
        "Over the whole run. The change is that from the other run to this one.",
        (
            OBJECTIVE,
            ENDPOINT,
            Column("This run", this, COUNT, 120),
            Column("Other run", other, COUNT, 120),
            UNIT,
            Column("Change", f"{this} / ({other} != 0) - 1", RATIO, 110),
            Column("Third run", third, COUNT, 120),
        ),
    )


def _latency(level: float) -> Builder:
    name = f"p{level * 100:g}"
    return rates(
        latency_over_time(
            f"{name} latency",
            f"{name} of all HTTP requests of each run, and the threshold of this one.",
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


def _against_the_baseline() -> Builder:
    return over_time(
        "p95 against the baseline",
        "By how much the p95 of this run so far exceeds the median of the runs that --baseline names. What decides is"
        " the interval, which the verdict has.",
        RATIO,
        Query(series("loadtest:regression_ratio"), "over the baseline", color=colors.JUDGED),
    )


def _users() -> Builder:
    return over_time(
        "Users",
        "Virtual users running in each run.",
        COUNT,
        *_each_run(lambda run, offset: f"sum({series('loadtest_users', run=run)}{offset})"),
    )
