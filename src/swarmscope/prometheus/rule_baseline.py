"""``--baseline``: what a run is compared with as series, so that Grafana shows it beside the run; nothing decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from swarmscope.prometheus.rule_files import parse_rules
from swarmscope.prometheus.rule_sets import RuleFile, RuleSet

#: What the file is called beside the others of a run.
_FILE, _GROUP = "swarmscope-baseline.yml", "loadtest-baseline"
BASELINE_RECORD, REGRESSION_RECORD = "loadtest:baseline", "loadtest:regression_ratio"
_P95 = "latency_p95_seconds"
_UNSAFE = re.compile(r'[\\"\n]')


def with_baseline(found: RuleSet, scenario: str, p95_seconds: Mapping[str, float]) -> RuleSet:
    """Return rules that record the p95 of each run of a baseline, by its id, and by how much the run exceeds it.

    The same without any.
    """
    if not p95_seconds:
        return found
    rules = list(_rules(scenario, p95_seconds))
    text = yaml.safe_dump({"groups": [{"name": _GROUP, "rules": rules}]}, sort_keys=False)
    return replace(found, files=(*found.files, RuleFile(_FILE, text, parse_rules(text, Path(_FILE)))))


def _rules(scenario: str, p95_seconds: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    about = {"scenario": scenario, "objective": _P95}
    for run_id, seconds in p95_seconds.items():
        yield {
            "record": BASELINE_RECORD,
            "labels": {**about, "baseline_run": run_id},
            "expr": f"vector({seconds:.9g})",
        }
    middle = f'quantile by (scenario) (0.5, {BASELINE_RECORD}{{scenario="{_UNSAFE.sub("", scenario)}"}})'
    yield {
        "record": REGRESSION_RECORD,
        "labels": {"objective": _P95},
        "expr": f'loadtest:run_objective{{objective="{_P95}"}} / on (scenario) group_left () {middle} - 1',
    }
