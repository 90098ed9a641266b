"""Each request name by itself: who is slow, who fails, who makes up the load."""

from __future__ import annotations

from grafana.source.frame import Board, Line, Section, many, query_variable
from grafana.source.panels import (
    BYTES_PER_SECOND,
    COUNT,
    PER_SECOND,
    RATIO,
    SECONDS,
    Builder,
    Column,
    buckets_over_time,
    figures_table,
    over_time,
    rates,
)
from grafana.source.queries import REQUEST_SECONDS, Query, last, quantile, rate, series, threshold

CHOSEN = "name=~$endpoint"
BY = "method, name"
LEGEND = "{{method}} {{name}}"
DURATION = REQUEST_SECONDS
TOTALS = f"sum by ({BY}) ({last('loadtest_requests_total', CHOSEN)})"
LOAD_SECONDS = (
    f"scalar(max({last('loadtest_worker_last_report_timestamp_seconds')}) - "
    f"max({last('loadtest_phase_start_timestamp_seconds', 'phase=ramp')}))"
)


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
            Section("Over time", (Line(9, (_latency(), _rate())), Line(9, (_error_ratio(), _errors())))),
            Section("Distribution", (Line(10, (_heatmap(), _statuses())), Line(8, (_bytes(), _limited())))),
        ),
        variables=(endpoint,),
    )


def _table() -> Builder:
    failed = f"sum by ({BY}) ({last('loadtest_requests_total', CHOSEN, 'outcome=failure')})"
    return figures_table(
        "Endpoints since the run began",
        "Totals and quantiles since the run began, ramp included. An endpoint without a request has no quantile.",
        {"method": "Method", "name": "Name"},
        (
            Column("Requests", TOTALS, COUNT),
            Column("Rate", f"{TOTALS} / {LOAD_SECONDS}", PER_SECOND),
            Column("Share", f"{TOTALS} / scalar(sum({last('loadtest_requests_total')}))", RATIO),
            Column("Error ratio", f"({failed} or {TOTALS} * 0) / {TOTALS}", RATIO),
            Column("p50", _since_begin(0.5), SECONDS),
            Column("p95", _since_begin(0.95), SECONDS),
            Column("p99", _since_begin(0.99), SECONDS),
            Column("p95 threshold", _thresholds(), SECONDS),
        ),
        sort_by="Requests",
    )


def _since_begin(level: float) -> str:
    return f"histogram_quantile({level:g}, sum by ({BY}, le) ({last(f'{DURATION}_bucket', CHOSEN)}))"


def _thresholds() -> str:
    return f"max by ({BY}) ({last('loadtest:run_threshold', 'objective=endpoint_latency_p95_seconds', CHOSEN)})"


def _latency() -> Builder:
    return rates(
        over_time(
            "p95 latency by endpoint",
            "p95 over the last moments, whatever the outcome, and the thresholds of single endpoints. "
            "Dots are traced requests.",
            SECONDS,
            Query(quantile(0.95, DURATION, BY, CHOSEN), LEGEND, exemplars=True),
            threshold("endpoint_latency_p95_seconds", f"{LEGEND} threshold ({{{{severity}}}})", CHOSEN),
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
            "Failed requests of those to the endpoint, and the thresholds of single endpoints.",
            RATIO,
            Query(f"({failed} or {everything} * 0) / {everything}", LEGEND),
            threshold("endpoint_error_ratio", f"{LEGEND} threshold ({{{{severity}}}})", CHOSEN),
        )
    )


def _errors() -> Builder:
    errors = f"sum by (method, name, error) ({rate('loadtest_request_errors_total', CHOSEN)}) > 0"
    return rates(
        over_time(
            "Errors by kind",
            "Failed requests by what went wrong; kinds that do not occur are left out.",
            PER_SECOND,
            Query(errors, f"{LEGEND}: {{{{error}}}}"),
        )
    )


def _heatmap() -> Builder:
    buckets = series(f"{DURATION}_bucket", CHOSEN)
    return rates(
        buckets_over_time(
            "Response times",
            "How many requests took how long, of the endpoints chosen: two bands are two kinds of answer.",
            SECONDS,
            Query(f"sum by (le) (increase({buckets}[$__rate_interval]))", "{{le}}"),
        )
    )


def _statuses() -> Builder:
    return rates(
        over_time(
            "Statuses",
            "Requests by HTTP status; 0 is not answer at all.",
            PER_SECOND,
            Query(f"sum by (status) ({rate('loadtest_requests_total', CHOSEN)})", "{{status}}"),
            stacked=True,
        )
    )


def _bytes() -> Builder:
    return rates(
        over_time(
            "Bytes received by endpoint",
            "Sizes of response bodies.",
            BYTES_PER_SECOND,
            Query(f"sum by ({BY}) ({rate('loadtest_response_bytes_total', CHOSEN)})", LEGEND),
        )
    )


def _limited() -> Builder:
    return rates(
        over_time(
            "Rate-limited requests by endpoint",
            "Answers with status 429, whatever the task made of them.",
            PER_SECOND,
            Query(f"sum by ({BY}) ({rate('loadtest_rate_limited_total', CHOSEN)}) > 0", LEGEND),
        )
    )
