"""Who published the series of a run, what it says of itself, and which metrics of the locustfile were not taken."""

from __future__ import annotations

from swarmscope.prometheus.client import PrometheusApi
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.run_ids import series_of

#: Of a histogram one bucket will do.
_OURS = ('__name__=~"loadtest_.+"', 'le=~"|\\\\+Inf"')


def publishers(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> tuple[str, ...]:
    """Return job and instance of each target that published series under the run's id, the exporter among them.

    Raise PrometheusUnavailableError.
    """
    selector = f"{series_of(run_id, '', *_OURS)}[{round(range_seconds)}s]"
    rows = prometheus.instant(f"count by (job, instance) (last_over_time({selector}))")
    places = (f"{row.labels.get('job', '(no job)')} {row.labels.get('instance', '(no instance)')}" for row in rows)
    return tuple(sorted(places))


def run_details(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> RunDetails:
    """Return what the labels of the run's info series say; raise PrometheusUnavailableError."""
    rows = prometheus.instant(f"last_over_time({series_of(run_id, 'loadtest_run_info')}[{round(range_seconds)}s])")
    return RunDetails.of_series(rows[0].labels) if rows else RunDetails()


def refused_metrics(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> tuple[str, ...]:
    """Return the reserved names that metrics of the locustfile have; raise PrometheusUnavailableError."""
    selector = f"{series_of(run_id, 'loadtest_metrics_refused')}[{round(range_seconds)}s]"
    rows = prometheus.instant(f"group by (name) (last_over_time({selector}))")
    return tuple(sorted(row.labels.get("name", "") for row in rows))
