"""The objectives of a run as a table: value, threshold and state of each, made of one answer of Prometheus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swarmscope_exporter.run_ids import of_run

_EVER = "ever"  # a label that we add: of alerts that fired at any time of the run
_THRESHOLD, _RUN, _WINDOW, _ALERTS = "loadtest:run_threshold", "loadtest:run_objective", "loadtest:objective", "ALERTS"
_SUBJECT = ("objective", "method", "name")
_NOTHING = "-"
FIRING, FIRED, PENDING = "firing", "fired", "pending"
MISSED, MET, NO_DATA = "missed so far", "met so far", "no data yet"
_TOLERANCE = 1e-12  # as in the alert rules: on the threshold is met

Labels = Mapping[str, str]


@dataclass(frozen=True)
class ObjectiveRow:
    """One line of the table, each field as it is shown."""

    objective: str
    endpoint: str = ""
    threshold: str = ""
    last_minute: str = ""
    run_so_far: str = ""
    severity: str = ""
    state: str = ""


@dataclass(frozen=True)
class _Alert:
    labels: Labels
    state: str

    @property
    def condemns(self) -> bool:
        is_critical = self.labels.get("severity", "critical") == "critical"
        return self.state in {FIRING, FIRED} and is_critical and bool(self.labels.get("gate"))


def query_of(run_id: str, elapsed_seconds: float) -> str:
    """Asks for thresholds, values and alerts of a run that began so long ago."""
    run = of_run(run_id)
    fired = f'ALERTS{{{run}, alertstate="firing", gate!="watch"}}[{math.ceil(elapsed_seconds) + 1}s]'
    return (
        f'{{__name__=~"{_THRESHOLD}|{_RUN}", {run}}}'
        f' or {_WINDOW}{{{run}, window="live"}}'
        f' or {_ALERTS}{{{run}, gate!="watch"}}'
        f' or label_replace(last_over_time({fired}), "{_EVER}", "yes", "", "")'
    )


def rows_of(result: Iterable[Mapping[str, Any]]) -> list[ObjectiveRow]:
    """The result of the query, an instant vector as Prometheus writes it in JSON; the first row is of the whole run."""
    samples = [(dict(sample["metric"]), float(sample["value"][1])) for sample in result]
    alerts = _alerts(labels for labels, _ in samples if labels.get("__name__", _ALERTS) == _ALERTS)
    run, window = (
        {_subject(labels): value for labels, value in samples if labels.get("__name__") == metric}
        for metric in (_RUN, _WINDOW)
    )
    thresholds = sorted(
        ((labels, value) for labels, value in samples if labels.get("__name__") == _THRESHOLD),
        key=lambda item: (item[0].get("severity", ""), _subject(item[0])),
    )
    rows = [
        _row(labels, value, run.get(_subject(labels)), window.get(_subject(labels)), alerts)
        for labels, value in thresholds
    ]
    others = [alert for alert in alerts if not any(_speaks_of(alert, labels) for labels, _ in thresholds)]
    return [_of_run(rows, alerts), *rows, *map(_other, others)] if rows or others else []


def _alerts(labels: Iterable[Labels]) -> list[_Alert]:
    """Each alert once, in the gravest of its states."""
    found: dict[tuple[tuple[str, str], ...], _Alert] = {}
    for each in labels:
        identity = {key: value for key, value in each.items() if key not in {"__name__", "alertstate", _EVER}}
        state = FIRED if _EVER in each else each.get("alertstate", "")
        known = found.get(key := tuple(sorted(identity.items())))
        if known is None or _gravity(state) > _gravity(known.state):
            found[key] = _Alert(identity, state)
    return list(found.values())


def _gravity(state: str) -> int:
    return (PENDING, FIRED, FIRING).index(state) if state in {PENDING, FIRED, FIRING} else -1


def _subject(labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in _SUBJECT)


def _speaks_of(alert: _Alert, threshold: Labels) -> bool:
    return (
        alert.labels.get("gate") == "objective"
        and _subject(alert.labels) == _subject(threshold)
        and alert.labels.get("severity") == threshold.get("severity")
    )


def _row(
    labels: Labels, limit: float, run: float | None, window: float | None, alerts: Sequence[_Alert]
) -> ObjectiveRow:
    name, is_highest = labels.get("objective", ""), labels.get("bound") == "max"
    states = [alert.state for alert in alerts if _speaks_of(alert, labels)]
    return ObjectiveRow(
        objective=_words(name),
        endpoint=" ".join(filter(None, (labels.get("method"), labels.get("name")))),
        threshold=f"{'≤' if is_highest else '≥'} {_figure(name, limit)}",
        last_minute=_figure(name, window),
        run_so_far=_figure(name, run),
        severity=labels.get("severity", ""),
        state=max(states, key=_gravity) if states else _measured_state(run, limit, is_highest=is_highest),
    )


def _measured_state(value: float | None, limit: float, *, is_highest: bool) -> str:
    if value is None or math.isnan(value):
        return NO_DATA
    beyond = value > limit * (1 + _TOLERANCE) if is_highest else value < limit * (1 - _TOLERANCE)
    return MISSED if beyond else MET


def _other(alert: _Alert) -> ObjectiveRow:
    """An alert that has no threshold of the table: of the measurement, or that nothing ends any more."""
    labels = alert.labels
    of_what = (labels.get(name) for name in (*_SUBJECT, "worker"))
    return ObjectiveRow(
        objective=labels.get("alertname", ""),
        endpoint=" ".join(filter(None, of_what)),
        severity=labels.get("severity", ""),
        state=alert.state,
    )


def _of_run(rows: Sequence[ObjectiveRow], alerts: Sequence[_Alert]) -> ObjectiveRow:
    """What the verdict would be now; the verdict proper also asks whether all was measured and evaluated."""
    gates = {alert.labels["gate"] for alert in alerts if alert.condemns}
    if "objective" in gates:
        state = "failing"
    elif gates:
        state = "inconclusive"
    else:
        missed = any(row.state == MISSED and row.severity == "critical" for row in rows)
        state = "would fail now" if missed else "passing so far"
    return ObjectiveRow(objective="The whole run", state=state)


def _words(objective: str) -> str:
    for unit in ("_seconds", "_requests_per_second"):
        objective = objective.removesuffix(unit)
    return objective.replace("_", " ")


def _figure(objective: str, value: float | None) -> str:
    """In the unit that the objective's name ends in."""
    if value is None or math.isnan(value):
        return _NOTHING
    if objective.endswith("_per_second"):
        return f"{value:.1f}/s"
    if objective.endswith("_seconds"):
        return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
    if objective.endswith("_ratio"):
        return f"{value * 100:.3g} %"
    return f"{value:g}"
