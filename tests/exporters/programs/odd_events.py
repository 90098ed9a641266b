"""Fires odd events in a real Locust runner, and prints as JSON what Locust and the recorder made of them."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust.env import Environment  # isort: skip
from locust.html import get_html_report  # isort: skip
from locust.stats import (  # isort: skip
    PERCENTILES_TO_REPORT,
    StatsCSV,
    get_error_report_summary,
    get_percentile_stats_summary,
    get_stats_summary,
)

import csv
import io
import json
import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgpack

from swarmscope_exporter.locust_stats import accept_any_name, accept_any_time
from swarmscope_exporter.recorder import Recorder

EXCEPTIONS: tuple[Any, ...] = (
    None,
    "",
    0,
    False,
    [],
    "boom",
    "lone \ud800",
    1,
    True,
    ValueError,
    ValueError("x"),
    TimeoutError,
)
TIMES: tuple[Any, ...] = (
    *(None, 0, 7, 7.5, -1.0, math.nan, math.inf, True, "12", b"12", [5.0], Decimal("7.5"), Fraction(15, 2)),
    *(timedelta(milliseconds=5), Decimal("NaN"), 1j),
)
NAMES = ("", None, 12, 2.5, ("a", 1), "/plain", "/lone\ud800surrogate", "/<script>alert(1)</script>", "/a|b\x1b[31m")


def main() -> None:
    accept_any_name()
    accept_any_time()
    recorder, environment = Recorder(), Environment()
    stats = environment.create_local_runner().stats
    environment.events.request.add_listener(recorder.on_request)
    event: dict[str, Any] = {"response_time": 5, "response_length": 1, "response": None, "context": {}}
    for number, exception in enumerate(EXCEPTIONS):
        environment.events.request.fire(**event, request_type="TCP", name=f"e{number}", exception=exception)
    for name in NAMES:
        for request_type in ("TCP", None, "", "TCP"):
            environment.events.request.fire(**event, request_type=request_type, name=name, exception=None)
            environment.events.request.fire(**event, request_type=request_type, name=name, exception="boom")
    for number, response_time in enumerate(TIMES):
        timed = event | {"response_time": response_time}
        environment.events.request.fire(**timed, request_type="TIME", name=f"t{number}", exception=None)
    print(json.dumps({"locust": of_locust(stats), "recorder": of_recorder(recorder), **reports(environment)}))


def of_locust(stats: Any) -> dict[str, list[int]]:
    figures = {
        f"{entry.method} {entry.name}": [entry.num_requests, entry.num_failures] for entry in stats.entries.values()
    }
    total = stats.total
    untimed = [total.num_none_requests, 0]
    return {**figures, "all": [stats.num_requests, stats.num_failures], "untimed": untimed}


def of_recorder(recorder: Recorder) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"all": [0, 0]}
    for key, cell in recorder.cells.items():
        for figures in (found.setdefault(f"{key.method} {key.name}", [0, 0]), found["all"]):
            figures[0] += cell.count
            figures[1] += cell.count if key.error else 0
    untimed = sum(cell.untimed for cell in recorder.cells.values())
    return {**found, "untimed": [untimed, 0], "dropped": [recorder.dropped, 0]}


def reports(environment: Environment) -> dict[str, Any]:
    """Everything that Locust makes of its statistics."""
    stats, text = environment.stats, io.StringIO()
    writer = csv.writer(text)
    files = StatsCSV(environment, PERCENTILES_TO_REPORT)
    files.requests_csv(writer)
    files.failures_csv(writer)
    console = [*get_stats_summary(stats), *get_percentile_stats_summary(stats), *get_error_report_summary(stats)]
    page = get_html_report(environment)  # before the next line, which empties the statistics
    data = {"stats": stats.serialize_stats(), "total": stats.total.serialize(), "errors": stats.serialize_errors()}
    sent = msgpack.dumps(data, use_bin_type=True)
    return {
        "csv_lines": len(text.getvalue().splitlines()),
        "console_lines": len(console),
        "sent_bytes": len(sent),
        "html_bytes": len(page.encode()),
    }


if __name__ == "__main__":
    main()
