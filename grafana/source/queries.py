"""PromQL that several panels share. ``$run_id``, ``$__range`` and ``$__rate_interval`` are filled in by Grafana.

What is drawn over time is asked for plainly; a single figure is the last one within the time range, so that it is still
there when the run is over and its series have vanished. Whether the run passes is asked of the run, wherever the time
range begins and ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from grafana.source import colors
from swarmscope.verdict.verdict import HARMLESS

THIS_RUN = "run_id=$run_id"
#: The service time, and in runs in which requests have intended starts the response time.
REQUEST_SECONDS, RESPONSE_SECONDS = "loadtest_request_duration_seconds", "loadtest_response_time_seconds"
#: The response time has a child for all names together, and others for single names: they are never added up.
ALL_NAMES, ONE_NAME = "name=(all)", "name!=(all)"
#: All of a run that the end of the time range is not further away from than 15 days, on either side.
WHOLE_RUN = "[30d] offset -15d"
FIRING = "alertstate=firing"
#: As the verdict has it: an alert of an unknown severity is not a reason to pass.
CONDEMNS = f"severity!~{'|'.join(sorted(HARMLESS))}"
#: One label for all that an alert speaks of; a label that it does not have would be written as its name.
ROW = "row"
#: The words of an objective's name, of which there are up to eight, without the unit that its figures show.
_WORDS = f"([^_]+?){'(?:_([^_]+?)' * 7}{')??' * 7}(?:_seconds|_bytes)?"


@dataclass(frozen=True)
class Query:
    """An expression and the name of its series; ``instant`` asks for the figures at the end of the time range only.

    ``exemplars`` draws the traced requests that fell into the expression's buckets, each a dot that opens its trace.
    ``color`` is that of its line, or of the shades of its lines where they are ``of_many``.
    """

    expr: str
    legend: str = ""
    instant: bool = False
    heatmap: bool = False
    exemplars: bool = False
    color: str = ""
    of_many: bool = False


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


def of_run(metric: str, *matchers: str, over: str = "last", run: str = THIS_RUN) -> str:
    """Return the last value of the run, or its ``max`` or ``min``, whatever the time range."""
    return f"{over}_over_time({series(metric, *matchers, run=run)}{WHOLE_RUN})"


def rate(metric: str, *matchers: str, run: str = THIS_RUN) -> str:
    """Per second, of a counter of the run."""
    return f"rate({series(metric, *matchers, run=run)}[$__rate_interval])"


def judged_latency(quantile: float, run: str = THIS_RUN, offset: str = "", by: str = "le") -> str:
    """Return a quantile of the latency that objectives speak of (all HTTP requests), in seconds, over the last moments.

    delta() and not rate(), because the counts are recorded under a name that no counter has; they never fall.
    """
    counts = series("loadtest:count", "of=latency_bucket", run=run)
    return f"histogram_quantile({quantile:g}, sum by ({by}) (delta({counts}[$__rate_interval]{offset})))"


def quantiles() -> tuple[Query, ...]:
    """Return p50, p95 and p99 of the latency that objectives speak of."""
    shown = {0.5: colors.P50, 0.95: colors.P95, 0.99: colors.P99}
    return tuple(Query(judged_latency(level), f"p{level * 100:g}", color=color) for level, color in shown.items())


def quantile(level: float, histogram: str, by: str = "", *matchers: str) -> str:
    """Return a quantile of one of the run's histograms over the last moments, for each of the labels ``by``."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({level:g}, sum by ({labels}) ({rate(f'{histogram}_bucket', *matchers)}))"


def slowest() -> Query:
    """Return the upper edge of the bucket of the slowest request, with the traced requests below it.

    Recorded counts, which objectives are judged by, carry no exemplars: the exporter's own buckets do.
    """
    latency = f"{quantile(1, RESPONSE_SECONDS, '', ALL_NAMES)} or {quantile(1, REQUEST_SECONDS)}"
    return Query(latency, "slowest", exemplars=True, color=colors.REFERENCE)


def outcomes(run: str = THIS_RUN) -> tuple[Query, ...]:
    """Return requests per second that succeeded, and that failed."""
    shown = {"success": colors.GOOD, "failure": colors.BAD}
    return tuple(
        Query(f"sum({rate('loadtest_requests_total', f'outcome={outcome}', run=run)})", outcome, color=color)
        for outcome, color in shown.items()
    )


def last_minute(objective: str, run: str = THIS_RUN) -> str:
    """Return an objective over the last minute, as the live alert judges it."""
    return series("loadtest:objective", "window=live", f"objective={objective}", run=run)


def judged(objective: str, legend: str = "last minute, as judged") -> Query:
    """Return the line of an objective over the last minute."""
    return Query(last_minute(objective), legend, color=colors.JUDGED)


def run_objective(objective: str) -> Query:
    """Return an objective of the scenario over the whole run so far, as the verdict takes it."""
    return Query(f"max({last('loadtest:run_objective', f'objective={objective}')})")


def threshold(objective: str, legend: str = "threshold ({{severity}})", *matchers: str) -> Query:
    """Return the lines of the table of thresholds that judge this run, as series."""
    return Query(series("loadtest:run_threshold", f"objective={objective}", *matchers), legend)


def strictest(objective: str, *matchers: str) -> Query:
    """Return one line for many thresholds of one objective: the lowest of each severity."""
    lines = threshold(objective, "strictest threshold ({{severity}})", *matchers)
    return replace(lines, expr=f"min by (severity) ({lines.expr})")


def limit(value: float, severity: str, what: str) -> Query:
    """Return a limit that an alert rule holds itself, see `grafana.source.limits`."""
    return Query(f"vector({value:g})", f"{what} ({severity})")


def with_words(values: str, label: str) -> str:
    """Give values of objectives a ``label`` with the words of their name: latency p95."""
    words = " ".join(f"${place}" for place in range(1, 9))
    return _trimmed(f'label_replace({values}, "{label}", "{words}", "objective", "{_WORDS}")', label)


def with_row(alerts: str) -> str:
    """Give alerts the label ``row``: the symptom in words, then what of, as in ``latency p95 POST /chat``."""
    named = f'label_replace({alerts}, "{ROW}", "$1", "alertname", "(.*)")'
    return joined(with_words(named, ROW), ROW, ROW, "method", "name", "worker")


def joined(values: str, label: str, *parts: str) -> str:
    """Give values a ``label`` with those of ``parts`` that they have, a blank between two."""
    names = ", ".join(f'"{part}"' for part in parts)
    return _trimmed(f'label_join({values}, "{label}", " ", {names})', label)


def _trimmed(values: str, label: str) -> str:
    return f'label_replace({values}, "{label}", "$1", "{label}", " *(.*?) *")'


def phases() -> Query:
    """Return 1 for the phase that the run is in; without a run, 0 for what says so."""
    none = f'label_replace(vector(0), "phase", "no run", "", "") unless on () {series("loadtest_phase")}'
    return Query(f"max by (phase) ({series('loadtest_phase')}) == 1 or {none}", "{{phase}}")
