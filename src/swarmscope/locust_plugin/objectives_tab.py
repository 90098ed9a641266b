"""The objectives of a run as a table: value, threshold and state of each, made of one answer of Prometheus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swarmscope.objectives import figure_of, headroom, headroom_of, limit_of, met, words_of
from swarmscope.two_times import two_times
from swarmscope_exporter.run_ids import series_of

_EVER = "ever"  # a label that we add: of alerts that fired at any time of the run
_THRESHOLD, _RUN, _WINDOW, _ALERTS = "loadtest:run_threshold", "loadtest:run_objective", "loadtest:objective", "ALERTS"
_SUBJECT = ("objective", "method", "name")
_NOTHING = "-"
FIRING, FIRED, PENDING = "firing", "fired", "pending"
MISSED, MET, NOT_YET = "missed so far", "met so far", "not measured yet"
FAILING, DOUBTED, WOULD_FAIL, PASSING = "failing", "inconclusive", "would fail now", "passing so far"
NOT_STARTED = "not started"
THE_RUN = "The whole run"
#: What a state means, for its color; those that are not here mean nothing yet. In a row of severity warning, bad is
#: worth a warning only.
MEANINGS = {
    **dict.fromkeys((FIRING, FIRED, MISSED, FAILING, WOULD_FAIL, NOT_STARTED, "FAIL"), "bad"),
    **dict.fromkeys((MET, PASSING, "PASS"), "good"),
    **dict.fromkeys((PENDING, DOUBTED, "INCONCLUSIVE"), "warn"),
}

Labels = Mapping[str, str]


@dataclass(frozen=True)
class ObjectiveRow:
    """One line of the table, each field as it is shown, in the order of the columns.

    ``headroom`` is the share of the threshold that the run so far leaves, and negative where it is missed.
    """

    objective: str
    endpoint: str = ""
    state: str = ""
    run_so_far: str = ""
    threshold: str = ""
    headroom: str = ""
    last_minute: str = ""
    severity: str = ""


@dataclass(frozen=True)
class _Alert:
    labels: Labels
    state: str

    @property
    def condemns(self) -> bool:
        is_critical = self.labels.get("severity", "critical") == "critical"
        return self.state in {FIRING, FIRED} and is_critical and bool(self.labels.get("gate"))


def query_of(run_id: str, elapsed_seconds: float) -> str:
    """Ask for thresholds, values and alerts of a run that began so long ago."""
    values = f'__name__=~"{_THRESHOLD}|{_RUN}"'
    not_watching = 'gate!="watch"'
    fired = series_of(run_id, _ALERTS, not_watching, alertstate="firing")
    return " or ".join(
        (
            series_of(run_id, "", values),
            series_of(run_id, _WINDOW, window="live"),
            series_of(run_id, _ALERTS, not_watching),
            f'label_replace(last_over_time({fired}[{math.ceil(elapsed_seconds) + 1}s]), "{_EVER}", "yes", "", "")',
        )
    )


def rows_of(result: Iterable[Mapping[str, Any]]) -> list[ObjectiveRow]:
    """Return the result of the query, an instant vector as Prometheus writes it in JSON.

    The first row is of the whole run.
    """
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
    waited = two_times({objective: value for (objective, *endpoint), value in run.items() if not any(endpoint)})
    told = [ObjectiveRow(waited)] if waited else []
    return [_of_run(rows, alerts), *rows, *told, *map(_other, others)] if rows or others else []


def _alerts(labels: Iterable[Labels]) -> list[_Alert]:
    """Return each alert once, in the gravest of its states."""
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
    name, bound = labels.get("objective", ""), labels.get("bound", "max")
    states = [alert.state for alert in alerts if _speaks_of(alert, labels)]
    return ObjectiveRow(
        objective=words_of(name),
        endpoint=" ".join(filter(None, (labels.get("method"), labels.get("name")))),
        state=max(states, key=_gravity) if states else _measured_state(run, limit, bound),
        run_so_far=figure_of(name, run, none=_NOTHING),
        threshold=limit_of(name, bound, limit),
        headroom=headroom_of(headroom(run, limit, bound), none=_NOTHING),
        last_minute=figure_of(name, window, none=_NOTHING),
        severity=labels.get("severity", ""),
    )


def _measured_state(value: float | None, limit: float, bound: str) -> str:
    is_met = met(value, limit, bound)
    return NOT_YET if is_met is None else MET if is_met else MISSED


def _other(alert: _Alert) -> ObjectiveRow:
    """Return an alert that has no threshold of the table: of the measurement, or that nothing ends any more."""
    labels = alert.labels
    of_what = (labels.get(name) for name in (*_SUBJECT, "worker"))
    return ObjectiveRow(
        objective=labels.get("alertname", ""),
        endpoint=" ".join(filter(None, of_what)),
        state=alert.state,
        severity=labels.get("severity", ""),
    )


def _of_run(rows: Sequence[ObjectiveRow], alerts: Sequence[_Alert]) -> ObjectiveRow:
    """Return what the verdict would be now; the verdict proper also asks whether all was measured and evaluated."""
    gates = {alert.labels["gate"] for alert in alerts if alert.condemns}
    if "objective" in gates:
        state = FAILING
    elif gates:
        state = DOUBTED
    elif rows and all(row.state == NOT_YET for row in rows):
        state = NOT_YET
    else:
        missed = any(row.state == MISSED and row.severity == "critical" for row in rows)
        state = WOULD_FAIL if missed else PASSING
    return ObjectiveRow(objective=THE_RUN, state=state)
