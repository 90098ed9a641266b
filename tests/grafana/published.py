"""Every metric that there is to ask for, taken from what publishes it."""

from __future__ import annotations

from functools import cache

from swarmscope.prometheus.rule_baseline import BASELINE_RECORD, REGRESSION_RECORD
from swarmscope_exporter.phases import Phase
from tests.grafana.api_on_stage import StagedApi
from tests.grafana.run_on_stage import StagedRun
from tests.grafana.third_party import POSTGRES_PAGE, PROMETHEUS_ITSELF, REDIS_PAGE, names_of
from tests.rules.rule_files import rules

#: Of rules that only a run with --baseline has.
OF_A_BASELINE = {BASELINE_RECORD, REGRESSION_RECORD}


@cache
def published() -> frozenset[str]:
    """Return the sample names of the exporter, the API, PostgreSQL, Redis, Prometheus, and our rules."""
    run = StagedRun("published", "smoke", ["journey"])
    run.tick()
    run.enter(Phase.DONE)
    run.judge("PASS")
    pages = (run.page().decode(), StagedApi().page().decode(), POSTGRES_PAGE, REDIS_PAGE)
    recorded = {rule["record"] for rule in rules("record")} | OF_A_BASELINE
    return frozenset(PROMETHEUS_ITSELF | recorded).union(*map(names_of, pages))
