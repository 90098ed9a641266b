"""The critical objectives that a run under way misses at the moment: it would fail now."""

from __future__ import annotations

from swarmscope.prometheus.names import LIVE_ALERT
from swarmscope.prometheus.series import Series
from swarmscope.verdict.alert_spans import subject_of
from swarmscope.verdict.verdict import HARMLESS, alert_title
from swarmscope_exporter.run_ids import series_of

#: The first moments of what is judged are few requests.
SETTLED_SECONDS = 10


def missed_so_far_query(run_id: str) -> str:
    """Ask for what the rules record as missed over the run so far."""
    missed, begun = series_of(run_id, "loadtest:run_missed"), series_of(run_id, "loadtest:begun_seconds")
    return f"{missed} and on (run_id) (time() - {begun} > {SETTLED_SECONDS})"


def titles_of(answer: tuple[Series, ...]) -> tuple[str, ...]:
    """Return the words of each, such as ``latency p95 POST /chat``, from the answer to that query."""
    critical = (each.labels for each in answer if each.labels.get("severity") not in HARMLESS)
    return tuple(dict.fromkeys(alert_title(LIVE_ALERT, subject_of(labels)) for labels in critical))
