"""What a run is compared by, from its folder alone."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from swarmscope.compare.figures import FIGURES, quantile_of
from swarmscope.compare.summary import ALL, RunSummary
from swarmscope.errors import CommandError
from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import SeriesReader
from swarmscope.run.read_summary import read_summary, summary_of_series
from swarmscope.verdict.integrity import sums_of
from tests.run.stored_runs import EDGES, SHARES, Load, rewrite, write_run

CHAT, LOGIN = ("GET", "/chat"), ("GET", "/login")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path)


def figure(summary: RunSummary, name: str, key: tuple[str, str] = ALL) -> float | None:
    return FIGURES[name].value(summary.subjects[key].whole)


def stored(folder: Path) -> tuple[StoredSeries, ...]:
    with gzip.open(folder / "evidence" / "series.gz", "rt", encoding="utf-8") as file:
        return tuple(SeriesReader(file))


def total(folder: Path, name: str, step: int) -> float:
    return sum(float(each.values[step]) for each in stored(folder) if each.labels["__name__"] == name)


def test_the_judged_part_is_counted_without_the_ramp(run: Path) -> None:
    read = read_summary(run)
    whole = read.subjects[ALL].whole
    requests = total(run, "loadtest_requests_total", 32) - total(run, "loadtest_requests_total", 5)
    assert (whole.seconds, whole.requests, whole.failures) == (50.0, requests, 0.0)
    assert figure(read, "throughput_requests_per_second") == requests / 50
    assert whole.latency.mean_seconds == pytest.approx(0.01)
    assert whole.service is None


def test_quantiles_are_those_of_the_buckets(run: Path) -> None:
    shares = dict(zip(EDGES, accumulate(SHARES), strict=True))
    assert shares[0.05] == 97
    p95 = quantile_of(read_summary(run).subjects[ALL].whole.latency, 0.95)
    assert p95 == pytest.approx(0.02 + (0.05 - 0.02) * (95 - shares[0.02]) / 4, rel=0.01)


def test_endpoints_and_windows_add_up(run: Path) -> None:
    read = read_summary(run)
    assert read.endpoints == (CHAT, LOGIN)
    every, parts = read.subjects[ALL], [read.subjects[key] for key in read.endpoints]
    assert every.whole.requests == sum(part.whole.requests for part in parts)
    assert every.whole.latency.count == sum(part.whole.latency.count for part in parts)
    for subject in (every, *parts):
        assert len(subject.windows) == 16
        assert sum(window.requests for window in subject.windows) == subject.whole.requests
        assert sum(window.latency.count for window in subject.windows) == subject.whole.latency.count
        assert sum(window.latency.sum_seconds for window in subject.windows) == pytest.approx(
            subject.whole.latency.sum_seconds
        )
        assert {window.seconds for window in subject.windows} <= {2.0, 4.0}


def test_a_long_run_has_twenty_windows_of_about_the_same_length(tmp_path: Path) -> None:
    read = read_summary(write_run(tmp_path, Load(seconds=310)))
    seconds = [window.seconds for window in read.subjects[ALL].windows]
    assert len(seconds) == 20
    assert set(seconds) <= {14.0, 16.0}


def test_latency_is_since_the_intended_start_where_there_is_one(tmp_path: Path) -> None:
    read = read_summary(write_run(tmp_path, Load(responses={"/chat": 2.0})))
    chat, login, every = (read.subjects[key].whole for key in (CHAT, LOGIN, ALL))
    assert chat.service is not None
    assert chat.latency.mean_seconds == pytest.approx(0.02)
    assert chat.service.mean_seconds == pytest.approx(0.01)
    assert login.service is None
    assert every.service is not None
    assert every.service.count == every.latency.count
    assert (every.latency.mean_seconds or 0) > (every.service.mean_seconds or 0)
    assert read.conditions.arrivals_per_second == 50.0


def test_failures_are_counted(tmp_path: Path) -> None:
    read = read_summary(write_run(tmp_path, Load(failed=0.1)))
    assert figure(read, "error_ratio") == pytest.approx(0.1, rel=0.01)
    assert figure(read, "error_ratio", CHAT) == pytest.approx(0.1, rel=0.01)


def test_an_endpoint_of_the_ramp_alone_is_left_out(tmp_path: Path) -> None:
    def early(made: list[StoredSeries]) -> list[StoredSeries]:
        return [
            replace(each, values=(*each.values[:5], *[each.values[5]] * (len(each.values) - 5)))
            if each.labels.get("name") == "/login"
            else each
            for each in made
        ]

    assert read_summary(write_run(tmp_path, series=early)).endpoints == (CHAT,)


def test_times_that_were_not_measured_are_left_out_of_an_endpoint(tmp_path: Path) -> None:
    def without_time(made: list[StoredSeries]) -> list[StoredSeries]:
        of = {"method": "GET", "name": "/login", "outcome": "success", "why": "no_time"}
        return [*made, replace(made[0], labels={"__name__": "loadtest:left_out_requests", **of})]

    read = read_summary(write_run(tmp_path, series=without_time))
    assert read.subjects[LOGIN].whole.latency.count == 0
    assert read.subjects[LOGIN].whole.requests > 0
    assert read.subjects[CHAT].whole.latency.count > 0


def test_what_the_target_used_is_of_the_judged_part(run: Path) -> None:
    assert read_summary(run).target == {
        "target_cpu_seconds_per_request": pytest.approx(0.002),
        "target_cpu_cores": pytest.approx(0.185, abs=0.001),
        "target_memory_bytes": 1e6 + 1000 * 32,
        "target_pool_in_use_ratio": 0.25,
    }


def test_a_target_that_publishes_nothing_is_not_compared_by_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path, series=lambda made: [each for each in made if "instance" not in each.labels])
    assert read_summary(folder).target == {}


def test_series_in_several_parts_are_read_as_one(tmp_path: Path, run: Path) -> None:
    def in_parts(made: list[StoredSeries]) -> list[StoredSeries]:
        return [
            StoredSeries(each.labels, each.times_ms[part], each.values[part])
            for part in (slice(0, 9), slice(9, None))
            for each in made
            if each.times_ms[part]
        ]

    again = write_run(tmp_path / "again", series=in_parts)
    assert read_summary(again).subjects == read_summary(run).subjects


def test_conditions_and_details_are_those_of_the_verdict(tmp_path: Path) -> None:
    context = {"rate": 50.0, "workers": 2, "locustfile": "shop.py", "think_time_scale": 0.5}
    read = read_summary(write_run(tmp_path, context=context, scenario="sale", host="http://shop.test"))
    known = read.conditions
    assert (known.scenario, known.machine, known.workers, known.users) == ("sale", "Linux x86_64, 2 cores", 2, 10.0)
    assert (known.rate, known.think_time_scale, known.load_seconds, known.locustfile) == (50.0, 0.5, 60.0, "shop.py")
    assert (read.run_id, read.verdict, read.host) == ("20260131-142501-sale", "PASS", "http://shop.test")
    assert read.commit == "1b07124aa0b7e9f1c2d3e4f5a6b7c8d9e0f1a2b3"
    assert read.began_seconds == 1_769_869_501


def check(name: str) -> dict[str, Any]:
    return {"name": name, "ok": False, "figure": "so it is"}


def alert(name: str, gate: str, **changed: Any) -> dict[str, Any]:
    span = {"name": name, "state": "firing", "severity": "critical", "gate": gate, "subject": "worker-1"}
    return span | {"first_seconds": 1.0, "last_seconds": 2.0, "resolved_seconds": None} | changed


def test_doubts_are_what_the_measurement_cannot_be_trusted_for(tmp_path: Path) -> None:
    folder = write_run(
        tmp_path,
        completeness=[check("ledger"), check("confidence"), {"name": "users", "ok": True, "figure": "100 %"}],
        alerts=[
            alert("GeneratorCpuSaturated", "validity"),
            alert("ObjectiveMissed", "objective"),
            alert("ObjectiveUndecided", "validity"),
            alert("WorkerLost", "validity", state="pending"),
        ],
        interrupted="interrupted after 12 s",
    )
    assert read_summary(folder).doubts == (
        "run: interrupted after 12 s",
        "ledger: so it is",
        "GeneratorCpuSaturated (worker-1) fired",
    )


def test_series_of_a_prometheus_come_to_the_same(run: Path) -> None:
    document = json.loads((run / "verdict.json").read_text())
    assert summary_of_series(document, iter(stored(run))) == read_summary(run)


def error_of(folder: Path) -> str:
    with pytest.raises(CommandError) as raised:
        read_summary(folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        pytest.param(
            lambda run: cut(run / "evidence" / "series.gz"),
            "The evidence in {run} cannot be used: evidence/series.gz has ",
            id="series that were cut off",
        ),
        pytest.param(
            lambda run: (run / "evidence" / "series.gz").unlink(),
            "The evidence in {run} cannot be used: evidence/series.gz is missing",
            id="series that are missing",
        ),
        pytest.param(
            lambda run: (run / "verdict.json").write_text((run / "verdict.json").read_text().replace("PASS", "FAIL")),
            "The evidence in {run} cannot be used: verdict.json was edited after it was written, as its digest tells",
            id="an edited verdict",
        ),
        pytest.param(
            lambda run: (run / "verdict.json").write_text(""),
            "{run}/verdict.json cannot be read: expected the verdict of a run, as JSON",
            id="an empty verdict",
        ),
        pytest.param(
            lambda run: (run / "verdict.json").write_text('{"verdict": "guilty", "schema": 7}'),
            "{run}/verdict.json is not a verdict of swarmscope: expected schema 1 with a run, not schema 7",
            id="a verdict of another product",
        ),
        pytest.param(
            lambda run: (run / "verdict.json").unlink(),
            "{run} has no verdict.json: the run in it was not judged; expected the folder of a run",
            id="no verdict",
        ),
        pytest.param(
            lambda run: shutil.rmtree(run / "evidence"),
            "The evidence in {run} cannot be used: evidence/manifest.json is missing",
            id="no evidence any more",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line(run: Path, breaks: Callable[[Path], object], told: str) -> None:
    breaks(run)
    assert error_of(run).startswith(told.format(run=run))


def test_a_run_of_an_older_version_says_what_it_lacks(run: Path) -> None:
    shutil.rmtree(run / "evidence")
    document = json.loads((run / "verdict.json").read_text())
    rewrite(run, document | {"evidence": None})
    assert error_of(run) == (
        f"{run}: run {run.name} has no evidence/, which a comparison reads: it was made by an older version, or its"
        " evidence was not kept; run it again"
    )


def test_a_verdict_that_lacks_something_is_one_line(run: Path) -> None:
    document = json.loads((run / "verdict.json").read_text())
    del document["ledger"]
    rewrite(run, document)
    assert error_of(run) == f"The verdict.json of run {run.name} is not a verdict: it lacks 'ledger'"
    rewrite(run, document | {"ledger": 7})
    assert error_of(run).startswith(f"The verdict.json of run {run.name} is not a verdict: ledger: ")


def test_series_that_are_cut_off_by_somebody_who_knows_how_are_one_line(run: Path) -> None:
    cut(run / "evidence" / "series.gz")
    document = json.loads((run / "verdict.json").read_text())
    document["evidence"]["files"] = sums_of(run / "evidence")
    rewrite(run, document)
    assert error_of(run).startswith(f"{run}/evidence/series.gz cannot be read: ")


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        pytest.param("loadtest:begun_seconds", "its load ended before the judged part began", id="a ramp alone"),
        pytest.param("loadtest:count", "nothing was counted in its judged part", id="without counts"),
    ],
)
def test_a_run_without_a_judged_part_cannot_be_compared(tmp_path: Path, left_out: str, told: str) -> None:
    folder = write_run(tmp_path, series=lambda made: [each for each in made if each.labels["__name__"] != left_out])
    assert error_of(folder) == f"{folder}: run {folder.name} cannot be compared: {told}"
