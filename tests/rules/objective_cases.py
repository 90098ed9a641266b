"""The cases that prove ObjectiveMissed for each objective, and the promtool test made of each.

An objective has the figures of its unit, or a row with others that the alert could get wrong.

A run's id says which case it is, as in prometheus/tests: "over" is beyond the threshold and has to fire; "at" is on it,
"at-rounded" on it but for a rounding, "under" within it, "nan" has no value, "missing" lacks the series: these have to
be silent. The runs last from 10 s to 60 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from swarmscope.prometheus.thresholds import bound_of
from tests.rules.rule_files import live_objectives

RUN_BEGINS_SECONDS, RUN_ENDS_SECONDS, INTERVAL_SECONDS = 10, 62, 2
#: Within the tolerance of the rules, on the missed side.
ROUNDING = 2e-13
SILENT_KINDS = ("at", "at-rounded", "under", "nan", "missing")
CHAT = ("POST", "/api/chat")


@dataclass(frozen=True)
class ObjectiveCase:
    """A threshold, a value beyond it (``over``) and one within it (``under``); ``shown`` is how the alert says them."""

    objective: str
    bound: str
    threshold: float
    over: float
    under: float
    shown: tuple[str, str]
    method: str = ""
    name: str = ""

    @property
    def labels(self) -> dict[str, str]:
        given = {"objective": self.objective, "method": self.method, "name": self.name}
        return {label: value for label, value in given.items() if value}

    @property
    def description(self) -> str:
        subject, (value, threshold) = " ".join(self.labels.values()), self.shown
        side = "above" if self.bound == "max" else "below"
        return f"{subject} is {value} over the last minute, {side} the threshold of {threshold}."

    def value(self, kind: str) -> float | None:
        """Return what is measured in a case; None where nothing is."""
        beyond = 1 if self.bound == "max" else -1
        rounded = self.threshold * (1 + beyond * ROUNDING)
        values = {"over": self.over, "at": self.threshold, "at-rounded": rounded, "under": self.under}
        return float("nan") if kind == "nan" else values.get(kind)


#: By the end of the name: a threshold, a value above it and one below, each with how the alert says it.
_FIGURES = {
    "_seconds": ((0.2, "200ms"), (0.25, "250ms"), (0.15, "150ms")),
    "_ratio": ((0.1, "10%"), (0.11, "11%"), (0.09, "9%")),
    "": ((500, "500"), (501, "501"), (499, "499")),
}
_ROWS = (
    ObjectiveCase("latency_p50_seconds", "max", 0.2, 0.200001, 0.19, ("200ms", "200ms")),
    ObjectiveCase("latency_p99_seconds", "max", 1, 1.2, 0.999, ("1.2s", "1s")),
    ObjectiveCase("availability_ratio", "min", 0.999, 0.998, 1, ("99.8%", "99.9%")),
    ObjectiveCase("throughput_requests_per_second", "min", 500, 499.5, 600, ("499.5", "500")),
    ObjectiveCase("auth_failure_ratio", "max", 0.01, 0.02, 0, ("2%", "1%")),
    ObjectiveCase("latency_drift_ratio", "max", 0.5, 0.6, -0.1, ("60%", "50%")),
    ObjectiveCase("target_pool_in_use_ratio", "max", 0.9, 1, 0.5, ("100%", "90%")),
)


def cases() -> tuple[ObjectiveCase, ...]:
    """Return one for each objective that the rules measure live."""
    rows = {row.objective: row for row in _ROWS}
    return tuple(rows.get(objective) or _by_unit(objective) for objective in sorted(live_objectives()))


def _by_unit(objective: str) -> ObjectiveCase:
    bound = bound_of(objective) or "max"
    figures = next(figures for suffix, figures in _FIGURES.items() if objective.endswith(suffix))
    (threshold, threshold_shown), above, below = figures
    (over, shown), (under, _) = (above, below) if bound == "max" else (below, above)
    of_endpoint, of_transaction = objective.startswith("endpoint_"), objective.startswith("transaction_")
    method, name = CHAT if of_endpoint else ("", "user-journey: register" if of_transaction else "")
    return ObjectiveCase(objective, bound, threshold, over, under, (shown, threshold_shown), method, name)


def promtool_test(case: ObjectiveCase, wait_seconds: int) -> dict[str, Any]:
    """Return the test of one objective over a rule that waits ``wait_seconds`` before it fires."""
    fires_at = RUN_BEGINS_SECONDS + wait_seconds
    silent = (RUN_BEGINS_SECONDS - INTERVAL_SECONDS, fires_at - INTERVAL_SECONDS, RUN_ENDS_SECONDS + INTERVAL_SECONDS)
    return {
        "name": case.objective,
        "interval": f"{INTERVAL_SECONDS}s",
        "input_series": [one for kind in ("over", *SILENT_KINDS) for one in _series(case, kind)],
        "alert_rule_test": [*(_check(at, []) for at in silent), _check(fires_at, [_alert(case)])],
    }


def _series(case: ObjectiveCase, kind: str) -> list[dict[str, str]]:
    run = {"run_id": kind, "scenario": "s", **case.labels}
    threshold = {**run, "bound": case.bound, "severity": "critical"}
    value = case.value(kind)
    measured = [] if value is None else [_constant("loadtest:objective", {**run, "window": "live"}, value)]
    records = ("loadtest:window_threshold", "loadtest:run_threshold")
    return [*(_constant(record, threshold, case.threshold) for record in records), *measured]


def _constant(metric: str, labels: dict[str, str], value: float) -> dict[str, str]:
    """Return a value for as long as the run lasts. Each sample is spelled out: promtool cannot repeat NaN."""
    inside = ", ".join(f'{name}="{text}"' for name, text in labels.items())
    samples = (RUN_ENDS_SECONDS - RUN_BEGINS_SECONDS) // INTERVAL_SECONDS
    before = RUN_BEGINS_SECONDS // INTERVAL_SECONDS
    words = ["_"] * before + ["NaN" if value != value else repr(value)] * samples + ["stale"]  # noqa: PLR0124
    return {"series": f"{metric}{{{inside}}}", "values": " ".join(words)}


def _check(at_seconds: int, alerts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"alertname": "ObjectiveMissed", "eval_time": f"{at_seconds}s", "exp_alerts": alerts}


def _alert(case: ObjectiveCase) -> dict[str, Any]:
    labels = {"run_id": "over", "scenario": "s", **case.labels, "bound": case.bound}
    return {
        "exp_labels": {**labels, "severity": "critical", "gate": "objective"},
        "exp_annotations": {
            "summary": "An objective was missed over the last minute",
            "description": case.description,
            "runbook_url": f"docs/objectives.md#objective-{case.objective}",
        },
    }
