"""The summary at the end of a run: figures, each with its target where one is set."""

from __future__ import annotations

from swarmscope.report.markdown import to_markdown
from swarmscope.report.summary import SummaryLine, hit_ratio, summary
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.verdict import ObjectiveResult, Status
from tests.verdict.builders import evidence, objective

MEASURED = {"error_ratio": 0.0, "latency_mean_seconds": 0.05, "latency_p95_seconds": 0.25}


def judged(status: Status, **changed: object) -> ObjectiveResult:
    return ObjectiveResult(objective(**changed), status, ())


def test_a_figure_has_a_target_only_where_a_threshold_of_all_requests_is_set() -> None:
    lines = summary(
        Figures(requests=1200, failures=0, measured=MEASURED),
        [
            judged(Status.FAIL, threshold=0.2, measured=0.25),
            judged(Status.PASS, objective="endpoint_latency_p95_seconds", method="GET", name="/a", threshold=9.0),
        ],
    )
    assert lines == (
        SummaryLine("Requests", "1,200"),
        SummaryLine("Failures", "0"),
        SummaryLine("Error rate", "0 %"),
        SummaryLine("Average", "50 ms"),
        SummaryLine("p95", "250 ms", "≤ 200 ms", "FAIL"),
        SummaryLine("Throughput", "no data"),
    )


def test_the_cache_is_there_when_the_target_publishes_hits_and_misses() -> None:
    target = judged(Status.PASS, objective="cache_hit_ratio", bound="min", threshold=0.8, measured=0.9)
    lines = summary(Figures(cache_hits=1800, cache_misses=200), [target])
    assert lines[-3:] == (
        SummaryLine("Cache hits", "1,800"),
        SummaryLine("Cache misses", "200"),
        SummaryLine("Cache hit rate", "90 %", "≥ 80 %", "PASS"),
    )


def test_a_cache_that_nobody_read_has_no_hit_rate() -> None:
    assert hit_ratio(Figures(cache_hits=0, cache_misses=0)) is None
    assert summary(Figures(cache_hits=0, cache_misses=0), [])[-1] == SummaryLine("Cache hit rate", "no data")
    assert hit_ratio(Figures()) is None


def test_the_markdown_has_summary_and_recommendation() -> None:
    text = to_markdown(decide(evidence(figures=Figures(requests=1000, failures=2, measured=MEASURED))))
    assert "| Requests | 1,000 |  |  |" in text
    assert "| Error rate | 0 % | ≤ 5 % | PASS |" in text
    assert "**Recommendation**\n\n- Nothing to fix." in text
