"""A hand-made run in a real Prometheus, archived, and loaded again: every digit comes back, and so does the verdict."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from swarmscope.cli.report import app as report
from swarmscope.cli.verdict import app as verdict
from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_files import read_rules
from swarmscope.prometheus.rule_sets import lay_out
from swarmscope.run.judging_runs import EndedRun, RunJudge
from swarmscope.run.locust_api import LocustUnavailableError
from swarmscope.run.run_source import in_folder, in_prometheus
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope.verdict.integrity import digest_of, sums_of
from tests.cli.command import call
from tests.rules.hand_made_run import Exporter, HandMadeRun
from tests.web_page import Page

pytestmark = pytest.mark.real

RUN_ID = "20260131-120000-unit"
ODD = r"""
odd{text="a \"quoted\"\nline \\ ü"} 1
odd{text="a|b.*"} NaN
odd_infinite{sign="+"} +Inf
odd_infinite{sign="-"} -Inf
odd_minus_zero -0.0
odd_small 5e-324
odd_large 1.7976931348623157e308
odd_whole 123456789012345678
{"odd.name","odd.label"="x"} 2
odd_total %d
odd_random %r
"""

Everything = dict[tuple[tuple[str, str], ...], tuple[tuple[int, ...], tuple[str, ...]]]


class NoLocust:
    def reports(self) -> dict[str, bytes]:
        raise LocustUnavailableError("it is made by hand")


@dataclass(frozen=True)
class Archived:
    """The folder of a run, its verdict.json, and what its Prometheus held, which is gone."""

    folder: Path
    document: dict[str, Any]
    held: Everything
    begin_seconds: float
    end_seconds: float


def everything(prometheus: PrometheusApi, begin_seconds: float, end_seconds: float) -> Everything:
    found = prometheus.stored('{__name__=~".+"}', begin_seconds, end_seconds)
    return {tuple(sorted(each.labels.items())): (each.times_ms, each.values) for each in found}


def odd_page() -> bytes:
    odd_page.scrapes += 1  # type: ignore[attr-defined]
    return (ODD % (odd_page.scrapes, random.random())).encode()  # type: ignore[attr-defined]


odd_page.scrapes = 0  # type: ignore[attr-defined]


def until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < deadline, f"not within 40 s: {what}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    base = tmp_path_factory.mktemp("prometheus")
    folder = tmp_path_factory.mktemp("results") / RUN_ID
    rules = lay_out(DEFAULT_RULES, None, folder / "rules")
    exporter, page, port = Exporter(), Page(odd_page), PortPicker(print).pick("Prometheus")
    server = PrometheusServer(find_prometheus().prometheus, base, rules_dir=rules)
    server.write_config({"loadtest": [exporter.address], "api": [page.address], "prometheus": [f"127.0.0.1:{port}"]})
    server.config_file.write_text(server.config_file.read_text().replace("2s", "500ms"))
    process = server.process(port, base / "prometheus.log")
    process.start()
    try:
        process.wait_ready(http_ok(port, "/-/ready"), 30)
        prometheus = PrometheusApi(f"http://127.0.0.1:{port}")
        play(exporter, prometheus)
        said: list[str] = []
        judge = RunJudge(prometheus, NoLocust(), read_rules(rules), said.append, warnings=("told before",))
        judge.judge(EndedRun(RUN_ID, "unit", folder, exporter_count=1100))
        assert any(line.startswith("evidence 0.") and line.endswith(f" MB: {folder}/evidence") for line in said), said
        manifest = json.loads((folder / "evidence" / "manifest.json").read_text())
        begin, end = manifest["begin_seconds"], manifest["end_seconds"] - 3  # a scrape may have been under way
        held = everything(prometheus, begin, end)
    finally:
        process.stop()
        exporter.close()
        page.close()
    return Archived(folder, json.loads((folder / "verdict.json").read_text()), held, begin, end)


def play(exporter: Exporter, prometheus: PrometheusApi) -> None:
    run = HandMadeRun(RUN_ID, "unit")
    run.enter("prepare")
    exporter.run = run
    until(lambda: prometheus.instant(f'loadtest:run_threshold{{run_id="{RUN_ID}"}}'), "thresholds")
    run.enter("ramp")
    run.add({0.1: 100})
    until(lambda: prometheus.value('loadtest:count{of="requests"}') == 100, "the requests of the ramp")
    run.enter("steady")
    until(lambda: prometheus.instant("loadtest:begun_seconds"), "the judged phase")
    run.add({0.1: 900, 0.9: 100}, failures=3)
    time.sleep(3)
    run.enter("stopping")
    run.enter("done")
    until(lambda: prometheus.instant('ALERTS{alertname="RunJudged", alertstate="firing"}'), "the judgement")


@pytest.fixture
def copy(archived: Archived, tmp_path: Path) -> Path:
    """Return the run's folder elsewhere, as a CI job's artefact."""
    return Path(shutil.copytree(archived.folder, tmp_path / "artefact" / "results" / RUN_ID))


def leftovers() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob("swarmscope-evidence-*"))


def test_every_label_time_and_value_comes_back(archived: Archived) -> None:
    with ExitStack() as stack:
        source = in_folder(stack, archived.folder, None)
        assert source.prometheus is not None
        loaded = everything(source.prometheus, archived.begin_seconds, archived.end_seconds)
        assert source.prometheus.flags()["query.lookback-delta"] == "6s"
    whole = {key: found for key, found in loaded.items() if dict(key)["__name__"] != "loadtest:counted"}
    assert {key: archived.held[key] for key in whole} == whole
    kept = {dict(key)["__name__"] for key in loaded}
    scraped = {dict(key)["__name__"] for key in archived.held if dict(key).get("job") in {"loadtest", "api"}}
    assert kept >= scraped | {"odd", "odd.name", "ALERTS", "loadtest:run_threshold", "loadtest:threshold"}
    assert kept >= {"prometheus_rule_evaluation_failures_total", "loadtest:count", "loadtest:objective"}
    (counted,) = {
        values[-1] for key, (_, values) in loaded.items() if {("of", "requests"), ("window", "run")} <= set(key)
    }
    assert counted == "1000"
    whole_number = loaded[tuple(sorted({"__name__": "odd_whole", "job": "api", **instance(loaded)}.items()))]
    assert set(whole_number[1]) == {"123456789012345680"}


def instance(loaded: Everything) -> dict[str, str]:
    return {"instance": next(dict(key)["instance"] for key in loaded if dict(key)["__name__"] == "odd_small")}


def test_the_verdict_is_the_same_without_its_prometheus(archived: Archived, copy: Path) -> None:
    ended = call(verdict, "--from", str(copy.parents[1]))
    again = json.loads((copy / "judged-again" / "verdict.json").read_text())
    changed = {key for key in again if again[key] != archived.document[key]}
    assert changed == {"context", "evidence", "digest"}
    assert ended.exit_code == archived.document["exit_code"]
    assert again["warnings"][0] == "told before"
    assert call(report, "--from", str(copy)).exit_code == 0
    page = (copy / "report.html").read_text()
    assert len(page) > 0.9 * len((archived.folder / "report.html").read_text())
    assert leftovers() == []


def test_a_run_that_prometheus_holds_no_more_is_read_from_its_evidence_which_is_said(copy: Path) -> None:
    said: list[str] = []
    with ExitStack() as stack:
        source = in_prometheus(stack, copy, "http://127.0.0.1:9", copy, said.append)
        assert source.is_evidence
        assert source.problems == ()
    assert said == [
        f"Prometheus at http://127.0.0.1:9 did not answer (connection refused): read from the evidence in {copy}"
    ]


def test_an_edited_verdict_and_a_series_that_is_missing_are_inconclusive(archived: Archived, copy: Path) -> None:
    path = copy / "verdict.json"
    document = json.loads(path.read_text())
    document["evidence"]["series"] += 1
    path.write_text(json.dumps(document))
    ended = call(verdict, "--from", str(copy))
    assert ended.exit_code == 2
    assert "verdict.json was edited after it was written, as its digest tells" in ended.words
    series = archived.document["evidence"]["series"]
    assert f"evidence: it holds {series} series with " in ended.words
    assert f"and verdict.json says {series + 1} with " in ended.words


@pytest.mark.parametrize(
    "content",
    [b"garbage", gzip.compress(b"[1, 2]\n"), gzip.compress(b"x" * 5000)[:40], b""],
    ids=["not compressed", "other lines", "cut off", "empty"],
)
def test_a_file_that_is_none_of_series_is_one_line(copy: Path, content: bytes) -> None:
    (copy / "evidence" / "series.gz").write_bytes(content)
    document = json.loads((copy / "verdict.json").read_text())
    document["evidence"]["files"] = sums_of(copy / "evidence")  # by somebody who knows how
    (copy / "verdict.json").write_text(json.dumps(document | {"digest": digest_of(document)}))
    ended = call(verdict, "--from", str(copy))
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"{copy / 'evidence' / 'series.gz'} cannot be read")
    assert leftovers() == []
