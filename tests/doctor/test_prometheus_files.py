"""What doctor --write writes: rules that any Prometheus evaluates every 2 s, and what it has to scrape."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.doctor.prometheus_files import SelfScrape, write_files
from swarmscope.doctor.scrape_probe import ExporterAddress
from swarmscope.errors import CommandError
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.rule_files import FileRule, read_rules

RULES = """\
groups:
  - name: shop
    rules:
      - record: shop:threshold
        labels: {scenario: shop}
        expr: vector(0.3)
      - alert: TooLong
        expr: |
          max(queue)
            > 100
        for: 10s
        annotations: {description: 'at {{ $value }}: "long"'}
  - name: slow
    interval: 1s
    rules:
      - {record: a:b, expr: 1}
"""
EXPORTER = ExporterAddress(9700)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "shop.yml").write_text(RULES)
    return folder


def compared(folder: Path) -> list[tuple[str, str, str, float]]:
    def row(rule: FileRule) -> tuple[str, str, str, float]:
        return rule.group, rule.name, rule.expr, rule.for_seconds

    return [row(rule) for rule in read_rules(folder)]


def test_the_rules_are_the_same_with_an_interval_for_groups_that_have_none(rules: Path, tmp_path: Path) -> None:
    written = write_files(tmp_path / "out", rules, None, EXPORTER, None)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "rules/shop.yml",
        "rules/swarmscope-thresholds.yml",
        "scrape.yml",
        "prometheus.yml",
    ]
    assert [row for row in compared(tmp_path / "out" / "rules") if row[0] in {"shop", "slow"}] == compared(rules)
    shop, slow = load_yaml(written[0].read_text())["groups"]
    assert (shop["interval"], shop["query_offset"], slow["interval"]) == ("2s", "0s", "1s")
    assert shop["rules"][1]["annotations"] == {"description": 'at {{ $value }}: "long"'}


def test_thresholds_are_among_the_rules(rules: Path, tmp_path: Path) -> None:
    thresholds = tmp_path / "shop.yml"
    thresholds.write_text(
        "groups: [{name: more, rules: [{record: 'loadtest:threshold', expr: vector(0.1), labels: {scenario: shop, "
        "objective: error_ratio, bound: max, severity: critical}}]}]\n"
    )
    written = write_files(tmp_path / "out", rules, thresholds, EXPORTER, None)
    rules_written = ["extra-shop.yml", "shop.yml", "swarmscope-thresholds.yml"]
    assert [path.name for path in written] == [*rules_written, "scrape.yml", "prometheus.yml"]


def test_the_scrape_configuration_has_the_exporter_and_prometheus_itself(rules: Path, tmp_path: Path) -> None:
    *_, scrape, configuration = write_files(tmp_path, rules, None, EXPORTER, SelfScrape("localhost:9091", "/p/metrics"))
    every = {"scrape_interval": "2s", "scrape_timeout": "2s"}
    assert load_yaml(scrape.read_text()) == {
        "scrape_configs": [
            {"job_name": "loadtest", **every, "static_configs": [{"targets": ["127.0.0.1:9700"]}]},
            {
                "job_name": "prometheus",
                **every,
                "static_configs": [{"targets": ["localhost:9091"]}],
                "metrics_path": "/p/metrics",
            },
        ]
    }
    assert load_yaml(configuration.read_text()) == {
        "rule_files": ["rules/*.yml"],
        "scrape_config_files": ["scrape.yml"],
    }


def test_the_commented_job_is_one_when_the_marks_are_taken_away(rules: Path, tmp_path: Path) -> None:
    *_, scrape, _ = write_files(tmp_path, rules, None, EXPORTER, None)
    lines = scrape.read_text().splitlines()[1:]
    text = "\n".join(line.removeprefix("#") for line in lines if not line.startswith("# "))
    jobs = load_yaml(text)["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["loadtest", "api"]


def test_a_second_call_keeps_the_job_by_which_prometheus_scrapes_itself(rules: Path, tmp_path: Path) -> None:
    write_files(tmp_path, rules, None, EXPORTER, SelfScrape())
    *_, scrape, _ = write_files(tmp_path, rules, None, EXPORTER, None)  # it does so now, by that file
    assert [job["job_name"] for job in load_yaml(scrape.read_text())["scrape_configs"]] == ["loadtest", "prometheus"]


def test_a_rule_file_that_is_no_longer_needed_goes_and_one_of_others_is_refused(rules: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_files(folder, rules, None, EXPORTER, None)
    (rules / "shop.yml").rename(rules / "store.yml")
    write_files(folder, rules, None, EXPORTER, None)
    assert sorted(path.name for path in (folder / "rules").iterdir()) == ["store.yml", "swarmscope-thresholds.yml"]
    (folder / "rules" / "node.yml").write_text("groups: []\n")
    with pytest.raises(CommandError) as error:
        write_files(folder, rules, None, EXPORTER, None)
    assert str(error.value) == (
        f"{folder / 'rules' / 'node.yml'} was not written by `swarmscope doctor --write`: give --write a folder of its"
        " own, or move the file"
    )
    assert (folder / "rules" / "store.yml").is_file()


def test_a_prometheus_yml_of_the_users_own_is_never_replaced(rules: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "prometheus.yml"
    theirs.write_text("global: {}\n")
    with pytest.raises(CommandError, match=r"prometheus\.yml was not written by `swarmscope doctor --write`"):
        write_files(tmp_path, rules, None, EXPORTER, None)
    assert theirs.read_text() == "global: {}\n"
    assert [path.name for path in tmp_path.iterdir() if path != rules] == ["prometheus.yml"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, SelfScrape("localhost:9090", "/metrics")),
        ({"web.listen-address": "0.0.0.0:9091", "web.route-prefix": "/"}, SelfScrape("localhost:9091", "/metrics")),
        ({"web.listen-address": "[::]:9092", "web.route-prefix": "/p"}, SelfScrape("localhost:9092", "/p/metrics")),
    ],
)
def test_where_prometheus_reaches_itself_is_in_its_options(flags: dict[str, str], expected: SelfScrape) -> None:
    assert SelfScrape.of(flags) == expected
