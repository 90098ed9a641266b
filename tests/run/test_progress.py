"""What the live display says of a run's alerts."""

from __future__ import annotations

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.run.locust_api import RunStatus
from swarmscope.run.progress import LiveFigures, live_figures, progress_line, spark
from swarmscope.verdict.missed_so_far import titles_of


class Alerting(PrometheusApi):
    """Holds alerts, and nothing else."""

    def __init__(self, *alerts: dict[str, str]) -> None:
        super().__init__("http://unset")
        self._alerts = alerts

    def instant(self, query: str, _at_seconds: float | None = None) -> tuple[Series, ...]:
        if not query.startswith("ALERTS{"):
            return ()
        return tuple(Series(labels, (Sample(1.0, 1.0),)) for labels in self._alerts)


def missed(state: str, severity: str = "critical", **subject: str) -> dict[str, str]:
    gated = {"alertname": "ObjectiveMissed", "gate": "objective"}
    return {**gated, "alertstate": state, "severity": severity, **subject}


def test_each_objective_that_is_pending_or_firing_is_named() -> None:
    chat = {"objective": "endpoint_latency_p95_seconds", "method": "POST", "name": "/api/chat"}
    figures = live_figures(
        Alerting(
            missed("firing", **chat),
            missed("firing", "warning", objective="latency_p99_seconds"),
            missed("pending", objective="error_ratio"),
            {"alertname": "NoRequestsRecorded", "alertstate": "firing", "severity": "critical", "gate": "objective"},
        ),
        "r",
    )
    slow_chat = "endpoint latency p95 POST /api/chat"
    assert figures.firing == (slow_chat, "latency p99", "NoRequestsRecorded")
    assert figures.critical == (slow_chat, "NoRequestsRecorded")
    assert figures.pending == ("error ratio",)


def test_what_the_run_so_far_misses_is_told_before_an_alert_speaks_and_then_by_the_alert_alone() -> None:
    status = RunStatus("r", "steady", 3, 1, 0.0, None, 30.0, 0, 0)
    so_far = LiveFigures(
        missed_so_far=("error ratio", "latency p95"), pending=("latency p95",), firing=("error ratio",)
    )
    line = progress_line(status, so_far, 20.0, silent=False).plain
    assert line.endswith("  would fail now: latency p95  firing: error ratio")


def test_a_warning_that_is_missed_so_far_would_fail_nothing() -> None:
    of = {"objective": "latency_p99_seconds", "severity": "warning"}
    critical = {"objective": "endpoint_latency_p95_seconds", "severity": "critical", "method": "GET", "name": "/a"}
    answer = tuple(Series(labels, (Sample(1.0, 1.0),)) for labels in (of, critical))
    assert titles_of(answer) == ("endpoint latency p95 GET /a",)


def test_an_alert_without_a_gate_fires_and_is_no_reason_to_abort() -> None:
    alert = {"alertname": "DiskFull", "alertstate": "firing", "severity": "critical"}
    figures = live_figures(Alerting(alert, {"alertname": "Mine", "alertstate": "firing", "gate": "validity"}), "r")
    assert (figures.firing, figures.critical) == (("DiskFull", "Mine"), ("Mine",))


def test_bars_show_what_a_figure_was_like() -> None:
    assert spark([0.0, 5.0, 10.0]) == "▁▅█"
    assert spark([0.0, 0.0]) == "▁▁"
    assert spark([None, 2.0, float("nan"), 2.0]) == " █ █"
    assert spark([None]) == ""


def test_where_nothing_was_asked_nothing_failed_and_a_time_is_not_known() -> None:
    status = RunStatus("r", "steady", 3, 1, 0.0, None, 30.0, 0, 0)
    quiet = progress_line(status, LiveFigures(0.0, float("nan"), float("nan")), 4.0, silent=False).plain
    assert quiet == "steady      4/30 s  users 3     0 req/s  p95 - ms  errors 0.00 %"
    unknown = progress_line(status, LiveFigures(), 4.0, silent=False).plain
    assert unknown.endswith("- req/s  p95 - ms  errors - %")
