"""Evidence made by hand, for tests of the pure core."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from swarmscope.objectives import Objective
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.evidence import Evidence, Ledger, RunFacts, UserSeconds
from swarmscope.verdict.user_facts import UserFacts

START, LOAD_START, END = 1000.0, 1004.0, 1124.0
INTERVAL = 2.0
GROUPS = ("loadtest-sli", "loadtest-run")
RUN_ID = "20260131-120000-smoke"


def every_two_seconds(start: float = START, end: float = END + 8) -> tuple[Sample, ...]:
    return tuple(Sample(start + INTERVAL * step, 1.0) for step in range(int((end - start) / INTERVAL) + 1))


def watched(group: str, samples: tuple[Sample, ...] | None = None) -> Series:
    labels = {"alertname": "RunWatched", "alertstate": "firing", "gate": "watch", "group": group, "run_id": RUN_ID}
    return Series(labels, every_two_seconds() if samples is None else samples)


def judged(at: float = END + 3) -> Series:
    labels = {"alertname": "RunJudged", "alertstate": "firing", "gate": "watch", "run_id": RUN_ID}
    return Series(labels, (Sample(at, 1.0),))


def alert(name: str = "ObjectiveMissed", state: str = "firing", at: float = 1060.0, **labels: str) -> Series:
    described = {"severity": "critical", "gate": "objective", "objective": "latency_p95_seconds", **labels}
    return Series({"alertname": name, "alertstate": state, "run_id": RUN_ID, **described}, (Sample(at, 1.0),))


def threshold(name: str, value: float, samples: tuple[Sample, ...] | None = None) -> Series:
    labels = {"objective": name, "bound": "max", "severity": "critical", "run_id": RUN_ID}
    return Series(labels, tuple(replace(s, value=value) for s in (every_two_seconds() if samples is None else samples)))


def objective(**changed: Any) -> Objective:
    fields: dict[str, Any] = {
        "objective": "latency_p95_seconds",
        "bound": "max",
        "severity": "critical",
        "threshold": 0.2,
        "measured": 0.12,
        "samples": 5000.0,
    }
    return Objective(**(fields | changed))


def ledger(**changed: Any) -> Ledger:
    fields: dict[str, Any] = {
        "workers": {"0": 600, "1": 400},
        "locust": 1000,
        "exporter": 1000,
        "prometheus": 1000,
        "http_answered": 980,
        "unanswered": 0,
        "cut_off": 0,
        "target": 980,
        "target_expected": True,
        "timed": 997,
        "untimed": 3,
    }
    return Ledger(**(fields | changed))


def users(**changed: Any) -> UserFacts:
    fields: dict[str, Any] = {"begun": 990, "iterations": 500, "silent": 0, "cut_off": 0}
    return UserFacts(**(fields | changed))


def evidence(**changed: Any) -> Evidence:
    """Return a run that passes, with some of its fields changed."""
    whole = Evidence(
        run=RunFacts(
            RUN_ID, "smoke", START, LOAD_START, END, end_seen_seconds=END + 1, ending="planned", planned_seconds=120.0
        ),
        evaluation_interval_seconds=INTERVAL,
        scrape_interval_seconds=INTERVAL,
        objectives=(objective(), objective(objective="error_ratio", threshold=0.05, measured=0.0)),
        alerts=(*(watched(group) for group in GROUPS), judged()),
        watched_groups=GROUPS,
        exporter_up=every_two_seconds(),
        rule_failures=0.0,
        rule_misses=0.0,
        ledger=ledger(),
        peak_users=10.0,
        user_seconds=UserSeconds(1180.0, 0.0),
        thresholds=(threshold("latency_p95_seconds", 0.2), threshold("error_ratio", 0.05)),
        reloads=0,
        unhandled_exceptions=0,
        publishers=("loadtest 127.0.0.1:9646",),
        users=users(),
    )
    return replace(whole, **changed)
