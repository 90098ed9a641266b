import subprocess
from pathlib import Path

import pytest
import yaml

from swarmscope.project.places import DEFAULT_RULES, PROMETHEUS_DIR
from swarmscope.prometheus.names import JOBS
from swarmscope.prometheus.rule_files import read_rules
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.stack.programs.prometheus import PrometheusBinaries
from swarmscope.stack.prometheus_server import PrometheusServer

CONFIG = yaml.safe_load((PROMETHEUS_DIR / "prometheus.yml").read_text())


def test_scrapes_and_evaluations_come_every_two_seconds() -> None:
    assert CONFIG["global"] == {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
    assert CONFIG["rule_files"] == ["rules/*.yml", "rules/reference/*.yml"]


def test_every_job_has_its_target_file_and_the_committed_ones_name_docker_services() -> None:
    assert tuple(job["job_name"] for job in CONFIG["scrape_configs"]) == JOBS
    targets = {}
    for job in CONFIG["scrape_configs"]:
        [discovery] = job["file_sd_configs"]
        assert discovery["files"] == [f"targets/{job['job_name']}.yml"]
        [group] = yaml.safe_load((PROMETHEUS_DIR / discovery["files"][0]).read_text())
        targets[job["job_name"]] = group["targets"]
    assert targets == {
        "loadtest": ["locust-master:9646"],
        "api": ["api:8000"],
        "postgres": ["postgres-exporter:9187"],
        "redis": ["redis-exporter:9121"],
        "prometheus": ["localhost:9090"],
    }


def test_an_embedded_configuration_is_the_committed_one_with_other_targets(tmp_path: Path) -> None:
    server = PrometheusServer(Path("prometheus"), tmp_path)
    server.write_config({"loadtest": ["127.0.0.1:1"], "api": []})
    config_dir = server.config_file.parent
    committed = (PROMETHEUS_DIR / "prometheus.yml").read_text()
    reference = "  - rules/reference/*.yml # of the reference workloads, in a checkout\n"
    assert reference in committed
    assert server.config_file.read_text() == committed.replace(reference, "")
    written = sorted((rule.group, rule.name, rule.expr) for rule in read_rules(config_dir / "rules"))
    assert written == sorted((rule.group, rule.name, rule.expr) for rule in rule_set(DEFAULT_RULES).rules)
    targets = {job: yaml.safe_load((config_dir / "targets" / f"{job}.yml").read_text()) for job in JOBS}
    assert targets.pop("loadtest") == [{"targets": ["127.0.0.1:1"]}]
    assert targets == {"api": [], "postgres": [], "redis": [], "prometheus": []}


def test_rules_of_ones_own_are_read_where_they_are_without_those_of_the_project(tmp_path: Path) -> None:
    server = PrometheusServer(Path("prometheus"), tmp_path / "server", tmp_path / "rules")
    server.write_config({})
    assert (server.config_file.parent / "rules").resolve() == tmp_path / "rules"


@pytest.mark.parametrize(("given", "is_used"), [(None, "200"), ("off", "off")])
def test_it_collects_garbage_less_often_unless_the_environment_says_how_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, is_used: str
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    if given is not None:
        monkeypatch.setenv("GOGC", given)
    process = PrometheusServer(Path("prometheus"), tmp_path).process(9090, tmp_path / "log")
    assert process.env is not None
    assert process.env["GOGC"] == is_used


def test_writing_the_configuration_again_leaves_nothing_of_the_last_one(tmp_path: Path) -> None:
    server = PrometheusServer(Path("prometheus"), tmp_path)
    server.write_config({"api": ["127.0.0.1:1"]})
    server.write_config({})
    assert (server.config_file.parent / "targets" / "api.yml").read_text() == "[]\n"


@pytest.mark.real
def test_promtool_accepts_the_committed_configuration(prometheus: PrometheusBinaries) -> None:
    check(prometheus, PROMETHEUS_DIR / "prometheus.yml")


@pytest.mark.real
def test_promtool_accepts_an_embedded_configuration(prometheus: PrometheusBinaries, tmp_path: Path) -> None:
    rules_dir = tmp_path / "my-rules"
    rules_dir.mkdir()
    (rules_dir / "one.yml").write_text("groups: [{name: g, rules: [{record: a:b, expr: vector(1)}]}]")
    server = PrometheusServer(prometheus.prometheus, tmp_path / "prometheus", rules_dir)
    server.write_config({"loadtest": ["127.0.0.1:9646"], "api": ["127.0.0.1:8000"]})
    assert "SUCCESS: 1 rules found" in check(prometheus, server.config_file)


def check(prometheus: PrometheusBinaries, config_file: Path) -> str:
    result = subprocess.run(
        [prometheus.promtool, "check", "config", config_file], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
