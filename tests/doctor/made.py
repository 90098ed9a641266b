"""A Prometheus made up: what it answers to each path is data, so that a test changes one thing."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_files import FileRule

RULES = (
    FileRule("shop", "loadtest:threshold", "vector(1)", {"scenario": "shop"}),
    FileRule("shop", "Slow", "up == 0", {"gate": "objective"}, is_alert=True, for_seconds=30.0),
    FileRule("watch", "Watched", "up == 1", {"gate": "watch"}, is_alert=True),
)


def target(job: str, address: str, **changed: Any) -> dict[str, Any]:
    fields = {
        "labels": {"job": job, "instance": address},
        "scrapePool": f"pool of {job}",
        "scrapeUrl": f"http://{address}/metrics",
        "health": "up",
        "lastError": "",
        "scrapeInterval": "2s",
    }
    return fields | changed


def loaded(rule: FileRule, **changed: Any) -> dict[str, Any]:
    fields = {
        "name": rule.name,
        "query": rule.expr,
        "labels": rule.labels,
        "health": "ok",
        "type": "alerting" if rule.is_alert else "recording",
        "duration": rule.for_seconds,
    }
    return fields | changed


def group(name: str, *rules: dict[str, Any], interval: float = 2.0) -> dict[str, Any]:
    return {"name": name, "interval": interval, "rules": list(rules)}


FIT: dict[str, Any] = {
    "/api/v1/status/buildinfo": {"version": "3.5.3"},
    "/api/v1/status/runtimeinfo": {"reloadConfigSuccess": True, "lastConfigTime": "2026-01-01T12:00:00Z"},
    "/api/v1/status/flags": {
        "query.lookback-delta": "6s",
        "enable-feature": "exemplar-storage",
        "web.enable-lifecycle": "false",
        "web.listen-address": "0.0.0.0:9091",
    },
    "/api/v1/status/config": {"yaml": "global: {evaluation_interval: 2s}"},
    "/api/v1/rules": {
        "groups": [group("shop", loaded(RULES[0]), loaded(RULES[1])), group("watch", loaded(RULES[2]))],
    },
    "/api/v1/targets": {
        "activeTargets": [
            target("loadtest", "127.0.0.1:9646"),
            target("prometheus", "localhost:9090"),
            target("api", "api:8080"),
        ]
    },
}


class MadePrometheus(PrometheusApi):
    """Answers from ``answers``, with a clock that is ``ahead_seconds``; what is None there is refused."""

    def __init__(self, ahead_seconds: float = 0.0) -> None:
        super().__init__("http://prometheus.test")
        self.answers = deepcopy(FIT)
        self._ahead_seconds = ahead_seconds

    def _get(self, path: str, **parameters: str | list[str]) -> Any:
        if path == "/api/v1/query":
            return {"resultType": "scalar", "result": [0, str(time.time() + self._ahead_seconds)]}
        if path == "/api/v1/format_query":
            return parameters["query"]
        if self.answers[path] is None:
            raise PrometheusUnavailableError(f"Prometheus at {self.url} refused a query: no {path}")
        return self.answers[path]

    @property
    def targets_made(self) -> list[dict[str, Any]]:
        return list(self.answers["/api/v1/targets"]["activeTargets"])

    def scrape(self, *targets: dict[str, Any]) -> None:
        self.answers["/api/v1/targets"] = {"activeTargets": list(targets)}
