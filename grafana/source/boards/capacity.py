"""How much load it takes: the steps of a search, live and afterwards. Each step is a run of its own."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builders

from grafana.source import colors
from grafana.source.frame import FIRST, Board, Line, Section, annotation, query_variable
from grafana.source.limits import limit_of
from grafana.source.panels import (
    CORES,
    COUNT,
    NO_UNIT,
    PER_SECOND,
    RATIO,
    SECONDS,
    TIMESTAMP,
    Builder,
    Column,
    Label,
    against_load,
    figure,
    figures_table,
    latency_over_time,
    linked,
    named,
    over_time,
    rates,
)
from grafana.source.queries import Query, judged_latency, last, of_run, outcomes, rate, selector, series
from grafana.source.verdict import VERDICT_STATES, WAITING, verdicts_so_far

#: The id of a step's run: that of the search, and its number.
OF_ANY_SEARCH, OF_SEARCH = "run_id=~.+-step[0-9]+", "run_id=~${search}-step[0-9]+"
OF_SCENARIO = "scenario=~$scenario"
STARTS, ENDS = "loadtest_run_start_timestamp_seconds", "loadtest_run_end_timestamp_seconds"
BY_STEP = "max by (run_id, step)"
STEP = Label("step", "Step", 60)
#: Alerts over the whole run fire after its end.
JUDGEMENT_SECONDS = 15
TO_RUN = (
    "/d/run-overview?var-datasource=${datasource}&var-run_id=${__data.fields.Run}"
    "&from=${__data.fields.Began.numeric}&to=${__data.fields.Judged.numeric}"
)
LOAD = "Arrivals a second or, in scenarios without arrivals, users."


def board() -> Board:
    """Return all steps of one search, whatever the time range; what is drawn over time is that of the range."""
    return Board(
        uid="capacity",
        title="Capacity",
        purpose="A search for the capacity: the step under way, and what each load did to latency, answers and errors.",
        sections=(
            Section("Now", (Line(4, _now()),)),
            Section("What each load did", (Line(10, (_latency_against_load(), _answers_against_load())),)),
            Section("Steps", (Line(9, (_steps(),)),)),
            Section(
                "Over time",
                (
                    Line(8, (_load_over_time(), _users_over_time())),
                    Line(8, (_latency_over_time(),)),
                    Line(8, (_target_cpu(), _pool(), _generator_cpu())),
                ),
            ),
        ),
        variables=(_search(),),
        annotations=(_step_notes(),),
        time_from="now-1h",
    )


def _search() -> builders.QueryVariable:
    within = last(STARTS, OF_SCENARIO, run=OF_ANY_SEARCH)
    starts = f"({within} + {FIRST} or {of_run(STARTS, OF_SCENARIO, run=OF_ANY_SEARCH)})"
    named_by = f'label_replace({starts}, "search", "$1", "run_id", "(.+)-step[0-9]+")'
    query = f"query_result(sort_desc(max by (search) ({named_by})))"
    description = "Searches within the time range, then all others, each newest first."
    return query_variable("search", "Search", query, description).regex('/search="([^"]+)"/')


def _step_notes() -> builders.AnnotationQuery:
    """Return one note for each step, at the moment from which it is judged."""
    began = series("loadtest_phase_start_timestamp_seconds", "phase=steady", run=OF_SEARCH)
    note = annotation("Steps", colors.NOTHING).expr(f"{_with_step(began)} * 1000").step("10s")
    return note.title_format("step {{step}}").text_format("{{run_id}}").use_value_for_time(use_value_for_time=True)


def _with_step(values: str) -> str:
    return f'label_replace({values}, "step", "$1", "run_id", ".+-step([0-9]+)")'


def _by_step(values: str) -> str:
    return f"{BY_STEP} ({_with_step(values)})"


def _objective(name: str) -> str:
    """Return an objective of each step, over all of it so far."""
    return _by_step(of_run("loadtest:run_objective", f"objective={name}", run=OF_SEARCH))


def _load() -> str:
    """Return the load of each step: arrivals a second since it is judged, before that of the last moments, or users."""

    def counted(what: str) -> str:
        return f"max by (run_id) ({of_run('loadtest:counted', f'of={what}', 'window=run', run=OF_SEARCH)})"

    scheduled = "loadtest_arrivals_scheduled_total"
    judged = f"{counted('arrivals_scheduled')} / ({counted('clock_seconds')} > 0)"
    arriving = f"sum by (run_id) ({rate(scheduled, run=OF_SEARCH)})"
    users = f"sum by (run_id) ({of_run('loadtest_users_target', over='max', run=OF_SEARCH)})"
    return _by_step(f"({judged} or {arriving} or {users} unless on (run_id) {of_run(scheduled, run=OF_SEARCH)})")


def _of_the_latest(values: str) -> str:
    """Return of values of steps that of the latest one."""
    return f"({values}) and on (run_id) topk(1, max by (run_id) ({of_run(STARTS, run=OF_SEARCH)}))"


def _now() -> tuple[Builder | tuple[Builder, int], ...]:
    phase = f"{last('loadtest_phase', run=OF_SEARCH)} == 1"
    so_far = "Of the latest step, from the end of its ramp until now or until its end: what is judged."
    verdict = f"max({_of_the_latest(verdicts_so_far(OF_SEARCH))}) or vector({WAITING})"
    step = Query(_of_the_latest(_by_step(of_run(STARTS, run=OF_SEARCH))), "{{step}}")
    return (
        (
            figure(
                "Verdict of the latest step",
                "What the runner said of it, in capitals; until then what its alerts say so far.",
                NO_UNIT,
                Query(verdict),
                states=VERDICT_STATES,
            ),
            6,
        ),
        named(figure("Latest step", "Its number in the search.", NO_UNIT, step, empty="no search")),
        named(
            figure(
                "Phase",
                "Where the latest step is, or was last.",
                NO_UNIT,
                Query(f"max by (phase) ({_of_the_latest(phase)})", "{{phase}}"),
                empty="no step",
            )
        ),
        figure("Load", f"Of the latest step. {LOAD}", COUNT, Query(f"max({_of_the_latest(_load())})")),
        *(
            figure(title, so_far, unit, Query(f"max({_of_the_latest(_objective(objective))})"))
            for title, unit, objective in (
                ("p95 latency", SECONDS, "latency_p95_seconds"),
                ("Throughput", PER_SECOND, "throughput_requests_per_second"),
                ("Error ratio", RATIO, "error_ratio"),
            )
        ),
    )


def _measured_load() -> Query:
    """Return the load of the steps of which something was measured: without that, a point would lie at 0."""
    return Query(f"{_load()} and on (run_id) {_objective('throughput_requests_per_second')}", "Load")


def _latency_against_load() -> Builder:
    shown = {"p50": colors.P50, "p95": colors.P95, "p99": colors.P99}
    threshold = of_run("loadtest:run_threshold", "objective=latency_p95_seconds", "severity=critical", run=OF_SEARCH)
    return against_load(
        "Latency against load",
        f"A point for each step: p50, p95 and p99 of all of its requests, and the threshold of its p95. {LOAD}",
        SECONDS,
        _measured_load(),
        STEP,
        *(Query(_objective(f"latency_{level}_seconds"), level, color=color) for level, color in shown.items()),
        Query(_by_step(threshold), "p95 threshold (critical)"),
    )


def _answers_against_load() -> Builder:
    ended, failed = _objective("throughput_requests_per_second"), _objective("error_ratio")
    return against_load(
        "Throughput against load",
        "Two points for each step: requests a second that succeeded, and that failed. An arrival may be several"
        f" requests. {LOAD}",
        PER_SECOND,
        _measured_load(),
        STEP,
        Query(f"{ended} * (1 - {failed})", "success", color=colors.GOOD),
        Query(f"{ended} * {failed}", "failure", color=colors.BAD),
    )


def _steps() -> Builder:
    began, ended = of_run(STARTS, run=OF_SEARCH), of_run(ENDS, run=OF_SEARCH)
    until = f"({_by_step(ended)} or {_by_step(began)} * 0 + time()) + {JUDGEMENT_SECONDS}"
    table = figures_table(
        "Steps of the search",
        f"In the order in which they were tried. {LOAD} A run's name leads to its overview in its own time.",
        (
            STEP,
            Column("Verdict", _by_step(f"({verdicts_so_far(OF_SEARCH)})"), NO_UNIT, 180, VERDICT_STATES),
            Column("Load", _load(), COUNT, 90),
            Column("p95", _objective("latency_p95_seconds"), SECONDS, 90),
            Column("Errors", _objective("error_ratio"), RATIO, 90),
            Column("Throughput", _objective("throughput_requests_per_second"), PER_SECOND, 110),
            Column("Began", f"round({_by_step(began)} * 1000)", TIMESTAMP, 170),
            Column("Judged", f"round(({until}) * 1000)", TIMESTAMP, 170),
            Label("run_id", "Run", 350),
        ),
        sort_by="Step",
        ascending=True,
    )
    return linked(table, "Overview of this step", TO_RUN, "Run")


def _load_over_time() -> Builder:
    arriving = f"sum({rate('loadtest_arrivals_scheduled_total', run=OF_SEARCH)})"
    return rates(
        over_time(
            "Load over time",
            "Arrivals that were due, of which each may be several requests, and requests that ended, by outcome.",
            PER_SECOND,
            Query(arriving, "arrivals", color=colors.REFERENCE),
            *outcomes(OF_SEARCH),
        )
    )


def _users_over_time() -> Builder:
    return over_time(
        "Users over time",
        "Virtual users running, and how many there should be.",
        COUNT,
        Query(f"sum({series('loadtest_users_target', run=OF_SEARCH)})", "target", color=colors.REFERENCE),
        Query(f"sum({series('loadtest_users', run=OF_SEARCH)})", "running", color=colors.JUDGED),
    )


def _latency_over_time() -> Builder:
    of_each = _with_step(judged_latency(0.95, OF_SEARCH, by="run_id, le"))
    threshold = series("loadtest:run_threshold", "objective=latency_p95_seconds", run=OF_SEARCH)
    return rates(
        latency_over_time(
            "p95 over time",
            "p95 of all requests over the last moments, a line for each step, and its threshold.",
            Query(of_each, "step {{step}}", color=colors.MEASURED, of_many=True),
            Query(f"min by (severity) ({threshold})", "threshold ({{severity}})"),
        )
    )


def _target_cpu() -> Builder:
    return rates(
        over_time(
            "CPU of the target",
            "Of each process that publishes it; 100 % is one core.",
            CORES,
            Query(
                f"sum by (instance) (rate(process_cpu_seconds_total{selector('job=api')}[$__rate_interval]))",
                "{{instance}}",
            ),
        )
    )


def _pool() -> Builder:
    return over_time(
        "Connection pool of the target",
        "Database connections in use, of those that a process may open: of the process with the fewest left.",
        RATIO,
        Query("max(loadtest:target_pool_in_use_ratio)", "in use"),
    )


def _generator_cpu() -> Builder:
    return over_time(
        "CPU of the load generator",
        "Of the busiest Locust process; 100 % is the one core that it can use. Beyond the limit it measures itself.",
        CORES,
        Query(f"max({series('loadtest_generator_cpu_ratio', run=OF_SEARCH)})", "busiest process"),
        limit_of("GeneratorCpuSaturated"),
    )
