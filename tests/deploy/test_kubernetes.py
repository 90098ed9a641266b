"""What `python -m deploy.kubernetes` prints is what a cluster takes, and says the same as the sources."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.kubernetes.__main__ import app
from deploy.kubernetes.manifests import FOLDER
from swarmscope.project.places import PROMETHEUS_DIR
from swarmscope.prometheus.names import EXPORTER_JOB
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.stack.programs.prometheus import find_prometheus
from tests.cli.command import call
from tests.deploy.schemas import BY_KIND
from tests.grafana.dashboard_files import DASHBOARDS_DIR
from tests.places import ROOT

KUBERNETES = "1.33"
CONFIG_MAP_BYTES_MAX = 1024 * 1024
GIVEN = ("--image", "registry.example.com/swarmscope-locust:7", "--host", "http://api.shop:8000", "--workers", "50")

Manifest = dict[str, Any]


def printed(*arguments: str) -> list[Manifest]:
    ended = call(app, *GIVEN, *arguments)
    assert ended.exit_code == 0, ended.error
    return list(yaml.safe_load_all(ended.output))


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    return printed()


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def test_there_is_all_that_a_run_needs(manifests: list[Manifest]) -> None:
    dashboards = [("ConfigMap", f"swarmscope-{path.stem}") for path in sorted(DASHBOARDS_DIR.glob("*.json"))]
    assert [(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests] == [
        ("PrometheusRule", "swarmscope"),
        *dashboards,
        ("Service", "load-test-exporter"),
        ("ServiceMonitor", "load-test-exporter"),
        ("LocustTest", "load-test"),
    ]


def test_each_resource_has_the_fields_of_its_kind_and_no_others(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        if schema := BY_KIND.get(manifest["kind"]):
            jsonschema.validate(manifest, schema)
        else:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_misspelt_field_would_be_found() -> None:
    (manifest,) = of_kind(printed(), "LocustTest")
    manifest["spec"]["worker"]["resource"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, BY_KIND["LocustTest"])


def test_the_locust_test_is_the_file_with_what_was_given() -> None:
    (manifest,) = of_kind(printed("--name", "shop"), "LocustTest")
    assert manifest["metadata"]["name"] == "shop"
    spec = manifest["spec"]
    assert (spec["image"], spec["workers"]) == ("registry.example.com/swarmscope-locust:7", 50)
    assert spec["args"] == ("--host=http://api.shop:8000 --exporter-host=0.0.0.0 --stop-timeout=10 --expect-workers=50")
    file = yaml.safe_load((FOLDER / "locusttest.yaml").read_text())["spec"]
    assert (spec["master"], spec["worker"]) == (file["master"], file["worker"])


# In a process of its own: importing Locust patches the standard library.
PARSE = """
import sys
from locust.argument_parser import get_parser
from swarmscope_exporter.arguments import add_arguments
parser = get_parser()
add_arguments(parser, None)
print(sorted(vars(parser.parse_args(sys.argv[1:])).items()))
"""


@pytest.mark.real
def test_locust_takes_the_arguments(manifests: list[Manifest]) -> None:
    (manifest,) = of_kind(manifests, "LocustTest")
    command = [sys.executable, "-c", PARSE, "--master", *manifest["spec"]["args"].split()]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    for name, value in {
        "loadtest_exporter_host": "'0.0.0.0'",
        "expect_workers": "50",
        "host": "'http://api.shop:8000'",
    }.items():
        assert f"('{name}', {value})" in result.stdout


def test_prometheus_finds_the_exporter_of_the_master_under_the_job_that_the_verdict_asks_for() -> None:
    manifests = printed("--name", "shop")
    (service,), (monitor,) = of_kind(manifests, "Service"), of_kind(manifests, "ServiceMonitor")
    # The labels that the operator gives the master's pod.
    assert service["spec"]["selector"] == {"locust.io/test-run": "shop", "locust.io/component": "master"}
    [port], [endpoint] = service["spec"]["ports"], monitor["spec"]["endpoints"]
    assert (port["targetPort"], port["name"]) == (9646, endpoint["port"])
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    scrape = yaml.safe_load((PROMETHEUS_DIR / "prometheus.yml").read_text())["global"]
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == (scrape["scrape_interval"], scrape["scrape_timeout"])
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": EXPORTER_JOB}]


def test_the_rules_are_those_of_the_rule_files_evaluated_as_often(manifests: list[Manifest]) -> None:
    interval = yaml.safe_load((PROMETHEUS_DIR / "prometheus.yml").read_text())["global"]["evaluation_interval"]
    (rule,) = of_kind(manifests, "PrometheusRule")
    files = [yaml.safe_load(file.text) for file in rule_set(PROMETHEUS_DIR / "rules").files]
    groups = [group for file in files for group in file["groups"]]
    assert [(group["name"], group["interval"]) for group in rule["spec"]["groups"]] == [
        (group["name"], interval) for group in groups
    ]
    pairs = [
        (ours, theirs)
        for group, published in zip(groups, rule["spec"]["groups"], strict=True)
        for ours, theirs in zip(group["rules"], published["rules"], strict=True)
    ]
    changed = [ours["alert"] for ours, theirs in pairs if ours != theirs]
    assert changed == ["RuleEvaluationFailed", "RuleEvaluationMissed", "PrometheusRestarted"]


def test_in_a_shared_prometheus_only_our_groups_can_spoil_a_run(manifests: list[Manifest]) -> None:
    (rule,) = of_kind(manifests, "PrometheusRule")
    expressions = {
        entry["alert"]: entry["expr"]
        for group in rule["spec"]["groups"]
        for entry in group["rules"]
        if "alert" in entry
    }
    for alert in ("RuleEvaluationFailed", "RuleEvaluationMissed"):
        assert expressions[alert].count('_total{rule_group=~".+;loadtest-.+"}') == 2
    assert '{job=~"(.+-)?prometheus"}' in expressions["PrometheusRestarted"]
    assert '{job="prometheus"}' not in "".join(expressions.values())


@pytest.mark.real
def test_promtool_takes_the_groups(manifests: list[Manifest], tmp_path: Path) -> None:
    (rule,) = of_kind(manifests, "PrometheusRule")
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump(rule["spec"]))
    command = [str(find_prometheus().promtool), "check", "rules", "--lint=all", "--lint-fatal", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_dashboard_is_a_config_map_that_the_sidecar_finds_and_kubernetes_stores(manifests: list[Manifest]) -> None:
    for path, manifest in zip(sorted(DASHBOARDS_DIR.glob("*.json")), of_kind(manifests, "ConfigMap"), strict=True):
        assert manifest["metadata"]["labels"]["grafana_dashboard"] == "1"
        [(name, text)] = manifest["data"].items()
        assert name == f"swarmscope-{path.name}"
        assert json.loads(text) == json.loads(path.read_text())
        assert len(yaml.safe_dump(manifest).encode()) < CONFIG_MAP_BYTES_MAX


def test_rules_and_monitor_carry_the_release_by_which_prometheus_selects_them() -> None:
    selected = [*of_kind(printed(), "PrometheusRule"), *of_kind(printed(), "ServiceMonitor")]
    assert {manifest["metadata"]["labels"]["release"] for manifest in selected} == {"kube-prometheus-stack"}
    free = printed("--release", "")
    assert [manifest for manifest in free if "release" in manifest["metadata"].get("labels", {})] == []


@pytest.mark.parametrize("name", ["LOADTEST_USER_PASSWORD", "API_TEST_USER_PASSWORD"])
def test_settings_of_the_users_travel_and_no_other_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "of-test-users")
    monkeypatch.setenv("API_JWT_SECRET", "of-nobody-else")
    ended = call(app, *GIVEN)
    (manifest,) = of_kind(list(yaml.safe_load_all(ended.output)), "LocustTest")
    assert {"name": name, "value": "of-test-users"} in manifest["spec"]["env"]
    assert "of-nobody-else" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--image", "x", "--host", "api"), "Invalid --host 'api': expected an address such as http://127.0.0.1:8000"),
        ((*GIVEN, "--workers", "0"), "Invalid --workers 0: expected 1 or more"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], complaint: str) -> None:
    ended = call(app, *arguments)
    assert (ended.exit_code, ended.error_line, ended.output) == (2, complaint, "")


def test_nothing_that_is_generated_lies_in_the_repository() -> None:
    assert {path.name for path in FOLDER.glob("*.y*ml")} == {"locusttest.yaml", "exporter.yaml"}
