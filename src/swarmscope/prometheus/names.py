"""Names that rules, the scrape configuration and the readers of a run share."""

from __future__ import annotations

EXPORTER_JOB = "loadtest"
TARGET_JOB = "api"
#: Prometheus itself: failed and missed rule evaluations are part of a verdict.
SELF_JOB = "prometheus"
#: All jobs of prometheus/prometheus.yml.
JOBS = (EXPORTER_JOB, TARGET_JOB, "postgres", "redis", SELF_JOB)
#: Between two scrapes, and two evaluations: as prometheus/prometheus.yml and the datasource of Grafana have it.
INTERVAL_SECONDS = 2.0

RUN_THRESHOLD = "loadtest:run_threshold"
TARGET_COUNTER = "loadtest:target_requests_total"

#: Fires in each group of rules while a run exists: its samples prove that the group was evaluated.
WATCH_ALERT = "RunWatched"
#: Fires once the objectives were judged on the final totals.
JUDGED_ALERT = "RunJudged"
#: Of every objective: it was missed over the last minute, and over the whole run.
LIVE_ALERT, RUN_ALERT = "ObjectiveMissed", "ObjectiveMissedOverRun"
#: An objective that is met over the whole run as far as was measured, which may be chance.
UNDECIDED_ALERT = "ObjectiveUndecided"
#: Alerts that say that the rules do their work, and nothing of the run.
WATCH_GATE = "watch"
#: What an alert may speak of: the system under test, the measurement, or that the rules do their work.
GATES = ("objective", "validity", WATCH_GATE)
