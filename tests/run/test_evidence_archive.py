"""What is kept of a run, and what a failure to keep it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.run import evidence_archive
from swarmscope.run.evidence_archive import ArchivedRun, archived
from swarmscope.verdict.evidence import RunFacts

RULES = rule_set(DEFAULT_RULES).rules
RUN = ArchivedRun(RunFacts("run", "smoke", 1000.0, 1004.0, 1124.0), RULES, 1130.0)


@pytest.mark.parametrize(
    ("name", "labels", "alone", "shared"),
    [
        ("loadtest_requests_total", {"run_id": "run", "job": "loadtest"}, True, True),
        ("up", {"job": "loadtest"}, True, True),
        ("anything", {"job": "api"}, True, False),
        ("http_requests_total", {"job": "api"}, True, True),  # a dashboard draws it
        ("pg_anything", {"job": "postgres"}, True, False),
        ("go_goroutines", {"job": "prometheus"}, False, False),
        ("prometheus_rule_evaluation_failures_total", {"job": "their-prometheus"}, True, True),
        ("loadtest:threshold", {"scenario": "smoke"}, True, True),
        ("ALERTS", {"alertname": "TargetDown"}, True, True),
        ("loadtest:count", {"run_id": "run", "of": "requests"}, True, True),
        ("loadtest:count", {"run_id": "run", "of": "latency_bucket"}, True, True),
        ("loadtest:count", {"run_id": "run", "of": "observed"}, True, True),
        ("loadtest:count", {"run_id": "run", "of": "endpoint_bucket", "le": "0.5"}, True, True),  # a threshold is there
        ("loadtest:count", {"run_id": "run", "of": "endpoint_bucket", "le": "0.6"}, False, False),
        ("loadtest:count_end", {"run_id": "run", "of": "endpoint_bucket"}, False, False),
        ("loadtest:counted", {"run_id": "run", "of": "endpoint_bucket", "window": "live"}, False, False),
        ("loadtest:counted", {"run_id": "run", "of": "whole_beyond", "window": "run"}, True, True),
    ],
)
def test_what_is_read_after_a_run_is_kept(name: str, labels: dict[str, str], *, alone: bool, shared: bool) -> None:
    found = {"__name__": name, **labels}
    is_kept = [
        evidence_archive._is_read(RULES, frozenset({"0.5", "+Inf"}), is_shared=is_shared)(found)
        for is_shared in (False, True)
    ]
    assert is_kept == [alone, shared]


def test_the_alerts_of_others_are_asked_for_only_where_they_have_a_gate() -> None:
    selectors = [selector for selector in evidence_archive._selectors(RUN) if "ALERTS" in selector]
    assert selectors == ['ALERTS{run_id="",gate!=""}']


def test_a_prometheus_that_is_gone_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    kept, problem = archived(tmp_path, PrometheusApi("http://127.0.0.1:9"), RUN, said.append)
    assert (kept, said) == (None, [problem])
    assert problem == (
        "the evidence was not kept: Prometheus at http://127.0.0.1:9 did not answer (connection refused)"
    )
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_the_series_are_copied_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(evidence_archive, "copy_series", interrupted)
    for name, answer in (
        ("value", 1200.0),
        ("scrape_targets", ()),
        ("flags", {}),
        ("rules", ()),
        ("labels_of_series", ()),
    ):
        monkeypatch.setattr(PrometheusApi, name, lambda *_, answer=answer: answer)
    with pytest.raises(KeyboardInterrupt):
        archived(tmp_path, PrometheusApi("http://127.0.0.1:9"), RUN, print)
    assert list(tmp_path.iterdir()) == []
