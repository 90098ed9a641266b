"""Is it the generator? Whether the measurement itself can be trusted."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section, many, query_variable
from grafana.source.limits import limit_of
from grafana.source.panels import (
    CORES,
    COUNT,
    EVENTS_PER_SECOND,
    NO_UNIT,
    RATIO,
    SECONDS,
    Builder,
    State,
    figure,
    latency_over_time,
    over_time,
    rates,
    states_over_time,
)
from grafana.source.queries import Query, last, quantile, rate, series

CHOSEN = "worker=~$worker"


def board() -> Board:
    """Locust's processes, the exporter, and the Prometheus that judges."""
    worker = many(
        query_variable(
            "worker",
            "Worker",
            'label_values(loadtest_generator_cpu_ratio{run_id="$run_id"}, worker)',
            "The Locust processes that are shown: of more than 100 workers those that come nearest to a limit.",
        )
    )
    return Board(
        uid="generator-health",
        title="Generator health",
        purpose="Whether the load generator and Prometheus kept up: what fires here makes a run inconclusive.",
        sections=(
            Section("Ledger", (Line(4, _ledger()),)),
            Section(
                "Locust's processes", (Line(8, (_cpu(), _lag(), _blocked())), Line(8, (_report_age(), _requests())))
            ),
            Section(
                "Workers and users",
                (Line(8, (_workers(), _users(), _silent())), Line(8, (_task_exceptions(), _unhandled_exceptions()))),
            ),
            Section("What observing the run costs", (Line(8, (_own_cost(),)),)),
            Section("Prometheus", (Line(8, (_up(), _scrapes())), Line(8, (_evaluation(), _rule_failures())))),
            Section(
                "Arrivals and missed starts: needs a scenario with arrivals, or users with constant_pacing or "
                "constant_throughput",
                (Line(8, (_arrivals(), _waiting())), Line(8, (_lateness(), _missed_starts()))),
                folded=True,
            ),
        ),
        variables=(worker,),
    )


def _ledger() -> tuple[Builder, ...]:
    def total(title: str, metric: str, description: str) -> Builder:
        return figure(title, description, NO_UNIT, Query(f"sum({last(metric)})"))

    return (
        total("Locust", "loadtest_locust_requests_total", "Requests by Locust's own count."),
        total("Exporter", "loadtest_requests_total", "Requests that the exporter published; as many as Locust's."),
        total(
            "Cut off", "loadtest_inflight_at_stop_total", "Requests that the stop interrupted: they have no outcome."
        ),
        total(
            "Dropped",
            "loadtest_observations_dropped_total",
            "Impossible response times, and requests that could not be recorded.",
        ),
        total("Overflow", "loadtest_series_overflow_total", "Requests folded into (overflow): too many names."),
        total("Without event", "loadtest_requests_without_event_total", "Begun, and Locust reported nothing."),
        total("In tasks", "loadtest_task_exceptions_total", "Exceptions in tasks, on_start, on_stop and wait_time."),
        total(
            "Elsewhere",
            "loadtest_unhandled_exceptions_total",
            "Exceptions in listeners and greenlets, which Locust only logs.",
        ),
    )


def _cpu() -> Builder:
    return over_time(
        "CPU of each Locust process",
        "100 % is the one core that a process can use; beyond the limit it measures itself.",
        CORES,
        Query(series("loadtest_generator_cpu_ratio", CHOSEN), "{{worker}}"),
        limit_of("GeneratorCpuSaturated"),
    )


def _lag() -> Builder:
    return over_time(
        "Event-loop lag",
        "How late a process's event loop was at worst since its last report: its latencies are off by as much.",
        SECONDS,
        Query(series("loadtest_generator_loop_lag_seconds", CHOSEN), "{{worker}}"),
        limit_of("GeneratorLoopLagHigh"),
    )


def _blocked() -> Builder:
    return over_time(
        "Event loop late",
        "The share of the time in which a process's event loop was late, by however much.",
        RATIO,
        Query(series("loadtest_generator_loop_late_ratio", CHOSEN), "{{worker}}"),
        limit_of("GeneratorLoopBlocked"),
    )


def _report_age() -> Builder:
    return over_time(
        "Age of the last report",
        "Workers report every 3 s; what a silent one saw is missing.",
        SECONDS,
        Query(f"time() - {series('loadtest_worker_last_report_timestamp_seconds', CHOSEN)}", "{{worker}}"),
        limit_of("WorkerReportStale"),
    )


def _requests() -> Builder:
    return rates(
        over_time(
            "Requests by worker",
            "Requests that each worker recorded: they should share the load evenly. Beyond 100, the rest is one.",
            EVENTS_PER_SECOND,
            Query(f"sum by (worker) ({rate('loadtest_worker_requests_total', CHOSEN)})", "{{worker}}"),
        )
    )


def _workers() -> Builder:
    return over_time(
        "Workers by state",
        "Locust workers, and how many the run began with or was told to expect.",
        COUNT,
        Query(f"sum by (state) ({series('loadtest_workers')})", "{{state}}"),
        Query(f"max({series('loadtest:workers_expected')})", "expected", color=colors.REFERENCE),
    )


def _users() -> Builder:
    running, target = (f"sum({series(metric)})" for metric in ("loadtest_users", "loadtest_users_target"))
    return over_time(
        "Users against the target",
        "Share of the users that should run.",
        RATIO,
        Query(f"{running} / ({target} > 0)", "running"),
        limit_of("UsersBelowTarget"),
    )


def _silent() -> Builder:
    silent, running = (f"sum({series(metric)})" for metric in ("loadtest_users_silent", "loadtest_users"))
    return over_time(
        "Silent users",
        "Share of the users that have long waited without an event: they hang, or what they do is not recorded.",
        RATIO,
        Query(f"{silent} / ({running} > 0)", "silent"),
        limit_of("UsersSilent"),
    )


def _task_exceptions() -> Builder:
    by = "sum by (user_class, exception)"
    return rates(
        over_time(
            "Exceptions in tasks",
            "What tasks, on_start, on_stop and wait_time raised: their remaining requests were never made.",
            EVENTS_PER_SECOND,
            Query(
                f"{by} ({rate('loadtest_task_exceptions_total')})",
                "{{user_class}} {{exception}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _unhandled_exceptions() -> Builder:
    return rates(
        over_time(
            "Exceptions only logged",
            "What the locustfile's listeners and greenlets raised.",
            EVENTS_PER_SECOND,
            Query(
                f"sum by (worker) ({rate('loadtest_unhandled_exceptions_total', CHOSEN)})",
                "{{worker}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _own_cost() -> Builder:
    spent = f"sum by (worker, part) ({rate('loadtest_generator_overhead_seconds_total', CHOSEN)})"
    everything = f"sum by (worker) ({rate('loadtest_generator_cpu_seconds_total', CHOSEN)})"
    return rates(
        over_time(
            "CPU spent on observing",
            "Share of a Locust process's CPU that goes into recording requests (estimated: calls times the cost of "
            "one), reports, and answering scrapes.",
            RATIO,
            Query(f"{spent} / on (worker) group_left () ({everything} > 0)", "{{worker}} {{part}}"),
        )
    )


def _arrivals() -> Builder:
    dropped = rate("loadtest_arrivals_total", "outcome=dropped")
    return rates(
        over_time(
            "Arrivals",
            "Arrivals that were due, those that began, and those dropped: they waited too long for a free user.",
            EVENTS_PER_SECOND,
            Query(f"sum({rate('loadtest_arrivals_scheduled_total')})", "scheduled", color=colors.REFERENCE),
            Query(f"sum({rate('loadtest_arrivals_total', 'outcome=started')})", "started", color=colors.GOOD),
            Query(f"sum({dropped})", "dropped", color=colors.BAD),
        )
    )


def _waiting() -> Builder:
    return over_time(
        "Arrivals that wait",
        "Arrivals that are due and have no free user: more users begin them sooner.",
        COUNT,
        Query(f"sum({series('loadtest_arrivals_waiting')})", "waiting"),
    )


def _lateness() -> Builder:
    shown = {0.5: colors.P50, 0.99: colors.P99}
    return rates(
        latency_over_time(
            "Lateness of arrivals",
            "From when an arrival was due to when it began: it waited for a free user, or the generator was busy.",
            *(
                Query(quantile(level, "loadtest_arrival_lateness_seconds"), f"p{level * 100:g}", color=color)
                for level, color in shown.items()
            ),
        )
    )


def _missed_starts() -> Builder:
    return rates(
        over_time(
            "Missed starts",
            "Starts that users with a pace did not make in time, as they were busy with the request before.",
            EVENTS_PER_SECOND,
            Query(
                f"sum by (user_class) ({rate('loadtest_missed_starts_total')})",
                "{{user_class}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _up() -> Builder:
    nothing = 'label_replace(vector(-1), "job", "Prometheus", "", "")'
    return states_over_time(
        "Scrapes that succeeded",
        "One band for each target of Prometheus; a gap of the exporter makes a run inconclusive.",
        Query(f"min by (job, instance) (up) or {nothing} unless on () up", "{{job}} {{instance}}"),
        states=(
            State(-1, "nothing is scraped", colors.NOTHING),
            State(0, "down", colors.BAD),
            State(1, "up", colors.GOOD),
        ),
    )


def _scrapes() -> Builder:
    return over_time(
        "Scrape duration",
        "How long a target takes to answer Prometheus, which waits 2 s at most.",
        SECONDS,
        Query("max by (job, instance) (scrape_duration_seconds)", "{{job}} {{instance}}"),
    )


def _evaluation() -> Builder:
    # The label is a path and the name of the group: the path says nothing here.
    group = 'label_replace({}, "group", "$1", "rule_group", ".*;(.*)")'
    lasted = group.format("prometheus_rule_group_last_duration_seconds")
    interval = "min(prometheus_rule_group_interval_seconds)"
    return over_time(
        "Rule evaluation",
        "How long each group of rules takes; longer than the interval, and evaluations are skipped.",
        SECONDS,
        Query(f"max by (group) ({lasted})", "{{group}}"),
        Query(interval, "interval (critical)"),
    )


def _rule_failures() -> Builder:
    failed, missed = (
        f"sum(rate({metric}[$__rate_interval]))"
        for metric in (
            "prometheus_rule_evaluation_failures_total",
            "prometheus_rule_group_iterations_missed_total",
        )
    )
    return over_time(
        "Rule evaluations lost",
        "Evaluations that failed or were skipped; each one makes a run inconclusive.",
        EVENTS_PER_SECOND,
        Query(failed, "failed", color=colors.BAD),
        Query(missed, "skipped", color=colors.DOUBTFUL),
    )
