"""All resources of a run, from the files beside this one, the rules of prometheus/ and the dashboards of grafana/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from swarmscope.project.places import PROMETHEUS_DIR
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.rule_sets import rule_set

ROOT = Path(__file__).resolve().parents[2]

FOLDER = Path(__file__).parent
DASHBOARDS_DIR = ROOT / "grafana" / "dashboards"
RULES_DIR = PROMETHEUS_DIR / "rules"
#: As prometheus.yml has it for every group; the cluster's own interval is half a minute or longer.
EVALUATION_INTERVAL = "2s"
#: The label that the Grafana sidecar of kube-prometheus-stack looks for.
DASHBOARD_LABEL = {"grafana_dashboard": "1"}
#: What the rules ask of a Prometheus that is theirs alone, and what they ask of a shared one: how its evaluation of our
#: groups went, and when the process itself started, whose job is named for the release there.
_OF_A_SHARED_PROMETHEUS = {
    f"prometheus_rule_{figure}_total": f'prometheus_rule_{figure}_total{{rule_group=~".+;loadtest-.+"}}'
    for figure in ("evaluation_failures", "group_iterations_missed")
} | {'{job="prometheus"}': '{job=~"(.+-)?prometheus"}'}

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """``release`` is the label by which the cluster's Prometheus selects rules and monitors; empty: it takes all."""

    name: str = "load-test"
    image: str = "registry.example.com/swarmscope-locust:latest"
    host: str = "http://api:8000"
    workers: int = 10
    release: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


def manifests(settings: Settings) -> Iterator[Manifest]:
    """Return each resource as kubectl takes it, in the order in which they are needed."""
    yield prometheus_rule(settings)
    yield from dashboards(settings)
    yield from exporter(settings)
    yield locust_test(settings)


def locust_test(settings: Settings) -> Manifest:
    (manifest,) = _read("locusttest.yaml")
    manifest["metadata"]["name"] = settings.name
    spec = manifest["spec"]
    spec["image"] = settings.image
    spec["workers"] = settings.workers
    spec["args"] = _with_option(_with_option(spec["args"], "host", settings.host), "expect-workers", settings.workers)
    spec["env"] = [{"name": name, "value": value} for name, value in settings.environment.items()]
    return manifest


def exporter(settings: Settings) -> Iterator[Manifest]:
    """Yield the Service in front of the master's exporter, and the ServiceMonitor that makes Prometheus scrape it."""
    service, monitor = _read("exporter.yaml")
    for manifest in (service, monitor):
        manifest["metadata"]["name"] = f"{settings.name}-exporter"
    service["spec"]["selector"]["locust.io/test-run"] = settings.name
    yield service
    yield _released(monitor, settings)


def prometheus_rule(settings: Settings) -> Manifest:
    """Return the rule files as one PrometheusRule: the same groups, evaluated as often as everywhere else."""
    groups = []
    for file in rule_set(RULES_DIR).files:
        for group in load_yaml(file.text)["groups"]:
            rules = [{**rule, "expr": _for_a_shared_prometheus(rule["expr"])} for rule in group["rules"]]
            groups.append({"name": group["name"], "interval": EVALUATION_INTERVAL, "rules": rules})
    manifest = _manifest("monitoring.coreos.com/v1", "PrometheusRule", "swarmscope", {"spec": {"groups": groups}})
    return _released(manifest, settings)


def dashboards(settings: Settings) -> Iterator[Manifest]:
    """Yield a ConfigMap for each dashboard: all in one would come near to the limit of what Kubernetes stores."""
    del settings  # a dashboard is of all runs
    for path in sorted(DASHBOARDS_DIR.glob("*.json")):
        compact = json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"))
        name = f"swarmscope-{path.stem}"
        yield _manifest("v1", "ConfigMap", name, {"data": {f"swarmscope-{path.name}": compact}}, DASHBOARD_LABEL)


def _manifest(
    version: str, kind: str, name: str, content: Mapping[str, Any], labels: Mapping[str, str] | None = None
) -> Manifest:
    metadata = {"name": name, "labels": {"app.kubernetes.io/name": "swarmscope", **(labels or {})}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def _released(manifest: Manifest, settings: Settings) -> Manifest:
    if settings.release:
        manifest["metadata"]["labels"]["release"] = settings.release
    return manifest


def _read(name: str) -> list[Manifest]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def _with_option(arguments: str, name: str, value: object) -> str:
    return re.sub(rf"--{name}=\S+", f"--{name}={value}", arguments)


def _for_a_shared_prometheus(expr: str) -> str:
    for own, shared in _OF_A_SHARED_PROMETHEUS.items():
        expr = expr.replace(own, shared)
    return expr
