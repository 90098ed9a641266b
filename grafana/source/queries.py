"""PromQL that several panels share. ``$run_id``, ``$__range`` and ``$__rate_interval`` are filled in by Grafana.

What is drawn over time is asked for plainly; a single figure is the last one within the time range, so that it is still
there when the run is over and its series have vanished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

THIS_RUN = "run_id=$run_id"
REQUEST_SECONDS = "loadtest_request_duration_seconds"


@dataclass(frozen=True)
class Query:
    """An expression and the name of its series; ``instant`` asks for the figures at the end of the time range only.

    ``exemplars`` draws the traced requests that fell into the expression's buckets, each a dot that opens its trace.
    """

    expr: str
    legend: str = ""
    instant: bool = False
    heatmap: bool = False
    exemplars: bool = False


def series(metric: str, *matchers: str, run: str = THIS_RUN) -> str:
    """Return a selector of the run's own series.

    A matcher is ``label=value``, with any of PromQL's operators, unquoted.
    """
    return f"{metric}{selector(run, *matchers)}"


def selector(*matchers: str) -> str:
    """Return the matchers in braces, their values quoted: ``job=api`` is ``{job="api"}``."""
    return "{" + ", ".join(re.sub(r"(=~|!~|!=|=)(.*)", r'\1"\2"', matcher, count=1) for matcher in matchers) + "}"


def last(metric: str, *matchers: str, run: str = THIS_RUN, window: str = "$__range") -> str:
    """Return the last value within the time range, of a run that may be over."""
    return f"last_over_time({series(metric, *matchers, run=run)}[{window}])"


def rate(metric: str, *matchers: str) -> str:
    """Per second, of a counter of the run."""
    return f"rate({series(metric, *matchers)}[$__rate_interval])"


def judged_latency(quantile: float, run: str = THIS_RUN, offset: str = "") -> str:
    """Return a quantile of the latency that objectives speak of (all HTTP requests), in seconds, over the last moments.

    delta() and not rate(), because the counts are recorded under a name that no counter has; they never fall.
    """
    counts = series("loadtest:count", "of=latency_bucket", run=run)
    return f"histogram_quantile({quantile:g}, sum by (le) (delta({counts}[$__rate_interval]{offset})))"


def quantile(level: float, histogram: str, by: str = "", *matchers: str) -> str:
    """Return a quantile of one of the run's histograms over the last moments, for each of the labels ``by``."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({level:g}, sum by ({labels}) ({rate(f'{histogram}_bucket', *matchers)}))"


def slowest(*matchers: str) -> Query:
    """Return the upper edge of the bucket of the slowest request, with the traced requests below it.

    Recorded counts, which objectives are judged by, carry no exemplars: the exporter's own buckets do.
    """
    return Query(quantile(1, REQUEST_SECONDS, "", *matchers), "slowest", exemplars=True)


def last_minute(objective: str, run: str = THIS_RUN) -> str:
    """Return an objective over the last minute, as the live alert judges it."""
    return series("loadtest:objective", "window=live", f"objective={objective}", run=run)


def run_objective(objective: str) -> Query:
    """Return an objective of the scenario over the whole run so far, as the verdict takes it."""
    return Query(f"max({last('loadtest:run_objective', f'objective={objective}')})")


def threshold(objective: str, legend: str = "threshold ({{severity}})", *matchers: str) -> Query:
    """Return the lines of the table of thresholds that judge this run, as series."""
    return Query(series("loadtest:run_threshold", f"objective={objective}", *matchers), legend)


def limit(value: float, severity: str, what: str) -> Query:
    """Return a limit that an alert rule holds itself, see `grafana.source.limits`."""
    return Query(f"vector({value:g})", f"{what} ({severity})")
