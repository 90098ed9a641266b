"""Each request name by itself: who is slow, who fails, who makes up the load."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section, many, query_variable
from grafana.source.panels import (
    BYTES_PER_SECOND,
    COUNT,
    PER_SECOND,
    RATIO,
    SECONDS,
    Builder,
    Column,
    Label,
    buckets_over_time,
    figures_table,
    latency_over_time,
    over_time,
    rates,
)
from grafana.source.queries import (
    ONE_NAME,
    REQUEST_SECONDS,
    RESPONSE_SECONDS,
    Query,
    joined,
    last,
    limit,
    quantile,
    rate,
    series,
    strictest,
)

CHOSEN = "name=~$endpoint"
BY = "method, name"
LEGEND = "{{method}} {{name}}"
TOTALS = f"sum by ({BY}) ({last('loadtest_requests_total', CHOSEN)})"
LOAD_SECONDS = (
    f"scalar(max({last('loadtest_worker_last_report_timestamp_seconds')}) - "
    f"max({last('loadtest_phase_start_timestamp_seconds', 'phase=ramp')}))"
)
LATENCY_OBJECTIVE = "objective=endpoint_latency_p95_seconds"


def board() -> Board:
    """Return the endpoints of one run."""
    endpoint = many(
        query_variable(
            "endpoint",
            "Endpoint",
            'label_values(loadtest_requests_total{run_id="$run_id"}, name)',
            "The request names that are shown.",
        )
    )
    return Board(
        uid="endpoints",
        title="Endpoints",
        purpose="Each endpoint of a run: its rate, errors and latency against its own threshold.",
        sections=(
            Section("Since the run began", (Line(11, (_table(),)),)),
            Section(
                "Over time",
                (
                    Line(9, (_latency(), _against_threshold())),
                    Line(9, (_error_ratio(), _errors())),
                    Line(9, (_rate(), _heatmap())),
                ),
            ),
            Section("Statuses and sizes", (Line(9, (_statuses(), _limited(), _bytes())),)),
        ),
        variables=(endpoint,),
    )


def _table() -> Builder:
    failed = f"sum by ({BY}) ({last('loadtest_requests_total', CHOSEN, 'outcome=failure')})"
    p95, limits = _since_begin(0.95), _thresholds()
    return figures_table(
        "Endpoints since the run began",
        "Totals and quantiles since the run began, ramp included: of the response time, where an endpoint has one. An "
        "endpoint without a request has no quantile; headroom is what is left of a threshold of its own for the p95.",
        (
            Label("endpoint", "Endpoint", 320),
            Column("Requests", _row(TOTALS), COUNT, 95),
            Column("Rate", _row(f"{TOTALS} / {LOAD_SECONDS}"), PER_SECOND, 105),
            Column("Failed", _row(f"({failed} or {TOTALS} * 0) / {TOTALS}"), RATIO, 85),
            Column("p50", _row(_since_begin(0.5)), SECONDS, 85),
            Column("p95", _row(p95), SECONDS, 85),
            Column("p99", _row(_since_begin(0.99)), SECONDS, 85),
            Column("p95 limit", _row(limits), SECONDS, 90),
            Column("Headroom", _row(f"1 - {p95} / on ({BY}) ({limits} > 0)"), RATIO, 95),
            Column("Share", _row(f"{TOTALS} / scalar(sum({last('loadtest_requests_total')}))"), RATIO, 85),
        ),
        sort_by="Requests",
    )


def _row(values: str) -> str:
    return f"max by (endpoint) ({joined(values, 'endpoint', 'method', 'name')})"


def _since_begin(level: float) -> str:
    def of(histogram: str, *matchers: str) -> str:
        buckets = last(f"{histogram}_bucket", CHOSEN, *matchers)
        return f"histogram_quantile({level:g}, sum by ({BY}, le) ({buckets}))"

    return f"({of(RESPONSE_SECONDS, ONE_NAME)} or {of(REQUEST_SECONDS)})"


def _p95() -> str:
    """Return the p95 that thresholds judge: of the response time, where the endpoint has one."""
    response_time = quantile(0.95, RESPONSE_SECONDS, BY, CHOSEN, ONE_NAME)
    return f"({response_time} or {quantile(0.95, REQUEST_SECONDS, BY, CHOSEN)})"


def _thresholds() -> str:
    return f"min by ({BY}) ({last('loadtest:run_threshold', LATENCY_OBJECTIVE, CHOSEN)})"


def _latency() -> Builder:
    return rates(
        latency_over_time(
            "p95 latency by endpoint",
            "p95 over the last moments, whatever the outcome: of the response time, where an endpoint has one. "
            "Dots are traced requests.",
            Query(_p95(), LEGEND, exemplars=True),
        )
    )


def _against_threshold() -> Builder:
    limits = f"min by ({BY}) ({series('loadtest:run_threshold', LATENCY_OBJECTIVE, CHOSEN)})"
    return rates(
        over_time(
            "p95 against its own threshold",
            "p95 over the last moments as a share of the endpoint's own threshold: beyond 100 % it is over it. "
            "Endpoints without one are left out.",
            RATIO,
            Query(f"{_p95()} / on ({BY}) ({limits} > 0)", LEGEND),
            limit(1, "critical", "its threshold"),
        )
    )


def _rate() -> Builder:
    return rates(
        over_time(
            "Throughput by endpoint",
            "Requests that ended.",
            PER_SECOND,
            Query(f"sum by ({BY}) ({rate('loadtest_requests_total', CHOSEN)})", LEGEND),
            stacked=True,
        )
    )


def _error_ratio() -> Builder:
    failed = f"sum by ({BY}) ({rate('loadtest_requests_total', CHOSEN, 'outcome=failure')})"
    everything = f"sum by ({BY}) ({rate('loadtest_requests_total', CHOSEN)})"
    return rates(
        over_time(
            "Error ratio by endpoint",
            "Failed requests of those to the endpoint, and the strictest threshold that one has.",
            RATIO,
            Query(f"({failed} or {everything} * 0) / {everything}", LEGEND, color=colors.BAD, of_many=True),
            strictest("endpoint_error_ratio"),
        )
    )


def _errors() -> Builder:
    errors = f"sum by (method, name, error) ({rate('loadtest_request_errors_total', CHOSEN)}) > 0"
    return rates(
        over_time(
            "Errors by kind",
            "Failed requests by what went wrong; kinds that do not occur are left out.",
            PER_SECOND,
            Query(errors, f"{LEGEND}: {{{{error}}}}", color=colors.BAD, of_many=True),
        )
    )


def _heatmap() -> Builder:
    buckets = series(f"{REQUEST_SECONDS}_bucket", CHOSEN)
    return rates(
        buckets_over_time(
            "Service times",
            "How many requests took how long, of the endpoints chosen: two bands are two kinds of answer.",
            SECONDS,
            Query(f"sum by (le) (increase({buckets}[$__rate_interval]))", "{{le}}"),
        )
    )


def _statuses() -> Builder:
    def requests(*matchers: str) -> str:
        return f"sum by (status) ({rate('loadtest_requests_total', CHOSEN, *matchers)})"

    return rates(
        over_time(
            "Statuses",
            "Requests by status and outcome. Without a status are those of other protocols, and those that got no "
            "answer.",
            PER_SECOND,
            Query(requests("outcome=success", "status!=0"), "{{status}}", color=colors.GOOD, of_many=True),
            Query(requests("outcome=success", "status=0"), "no status", color=colors.NOTHING),
            Query(
                f"{requests('outcome=failure', 'status!=0')} > 0", "{{status}} failed", color=colors.BAD, of_many=True
            ),
            Query(f"{requests('outcome=failure', 'status=0')} > 0", "failed without a status", color="dark-red"),
            stacked=True,
        )
    )


def _bytes() -> Builder:
    return rates(
        over_time(
            "Bytes received",
            "Sizes of response bodies, by endpoint.",
            BYTES_PER_SECOND,
            Query(f"sum by ({BY}) ({rate('loadtest_response_bytes_total', CHOSEN)})", LEGEND),
        )
    )


def _limited() -> Builder:
    return rates(
        over_time(
            "Rate-limited requests",
            "Answers with status 429, by endpoint, whatever the task made of them.",
            PER_SECOND,
            Query(
                f"sum by ({BY}) ({rate('loadtest_rate_limited_total', CHOSEN)}) > 0",
                LEGEND,
                color=colors.BAD,
                of_many=True,
            ),
        )
    )
