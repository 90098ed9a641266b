"""Does it survive a surge, and does it come back."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section
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
    over_time,
    phases_over_time,
    rates,
    states_over_time,
)
from grafana.source.queries import (
    Query,
    last,
    outcomes,
    quantiles,
    rate,
    run_objective,
    series,
    slowest,
    threshold,
)

#: What was counted until the spike, in it, and since: copies of the counts are kept at its boundaries.
PARTS = {
    "1 before": "loadtest:count_begin",
    "2 during": "loadtest:count_end - loadtest:count_begin",
    "3 after": "loadtest:count - loadtest:count_end",
}


def board() -> Board:
    """Before, during and after a spike."""
    return Board(
        uid="spike",
        title="Spike",
        purpose="A surge: how far latency and errors go, and how long until all is as before.",
        sections=(
            Section("Recovery", (Line(5, ((_recovery(), 5), (_recovering(), 5), _parts())),)),
            Section("Surge", (Line(9, (_users(), _throughput())), Line(9, (_latency(), _errors())))),
            Section("Phases and recovery", (Line(6, (_phases(), _state())), Line(8, (_window(),)))),
        ),
    )


def _recovery() -> Builder:
    return figure(
        "Recovery time",
        "From the end of the spike to the end of the last 10 s with p95 or errors above the scenario's thresholds.",
        SECONDS,
        run_objective("recovery_seconds"),
        empty="not yet",
    )


def _recovering() -> Builder:
    return figure(
        "Recovered",
        "Whether the last 10 s are back within the scenario's thresholds.",
        NO_UNIT,
        Query(f"max({last('loadtest:recovering')})"),
        states=(State(0, "yes", colors.GOOD), State(1, "not yet", colors.BAD)),
        empty="not yet",
    )


def _parts() -> Builder:
    return figures_table(
        "Before, during, after",
        "The same figures until the spike began (ramp included), in the spike, and since it ended.",
        (
            Label("part", "Part", 120, tuple((part, part[2:]) for part in PARTS)),
            Column("Requests", _by_part("sum({requests})"), COUNT, 110),
            Column("Failed", _by_part("sum({failures}) / sum({requests})"), RATIO, 100),
            Column("p50", _by_part("histogram_quantile(0.5, sum by (le) ({latency_bucket}))"), SECONDS, 100),
            Column("p95", _by_part("histogram_quantile(0.95, sum by (le) ({latency_bucket}))"), SECONDS, 100),
        ),
    )


def _by_part(template: str) -> str:
    return " or ".join(
        f'label_replace({template.format(**_counts(counts))}, "part", "{part}", "", "")'
        for part, counts in PARTS.items()
    )


def _counts(difference: str) -> dict[str, str]:
    return {
        of: " - ".join(last(metric, f"of={of}") for metric in difference.split(" - "))
        for of in ("requests", "failures", "latency_bucket")
    }


def _users() -> Builder:
    return over_time(
        "Users",
        "Virtual users running, and how many there should be.",
        COUNT,
        Query(f"sum({series('loadtest_users')})", "running"),
        Query(f"sum({series('loadtest_users_target')})", "target", color=colors.REFERENCE),
    )


def _throughput() -> Builder:
    return rates(
        over_time(
            "Throughput",
            "Requests that ended, by outcome.",
            PER_SECOND,
            *outcomes(),
        )
    )


def _latency() -> Builder:
    return rates(
        latency_over_time(
            "Latency",
            "Quantiles of all HTTP requests, and the thresholds that the spike is judged by.",
            *quantiles(),
            slowest(),
            threshold("latency_p95_seconds", "p95 threshold ({{severity}})"),
            threshold("latency_p99_seconds", "p99 threshold ({{severity}})"),
        )
    )


def _errors() -> Builder:
    return rates(
        over_time(
            "Errors by kind",
            "Failed requests by what went wrong; kinds that do not occur are left out.",
            PER_SECOND,
            Query(
                f"sum by (error) ({rate('loadtest_request_errors_total')}) > 0",
                "{{error}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _phases() -> Builder:
    return phases_over_time("The spike is judged; the recovery is timed.")


def _state() -> Builder:
    return states_over_time(
        "Within thresholds again",
        "In the recovery phase: whether the last 10 s hold the scenario's p95 and error thresholds.",
        Query(f"max({series('loadtest:recovering')}) or vector(-1)", "recovery"),
        states=(
            State(-1, "not in the recovery phase", colors.NOTHING),
            State(0, "back", colors.GOOD),
            State(1, "not yet", colors.BAD),
        ),
    )


def _window() -> Builder:
    return latency_over_time(
        "p95 of the recovery phase",
        "Over the last 10 s, and the threshold that it has to come back below.",
        Query(series("loadtest:objective", "objective=latency_p95_seconds", "window=recovery"), "last 10 s"),
        threshold("latency_p95_seconds"),
    )
