"""The report of a run: served while it is under way, and written when it is over. Neither ever decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swarmscope.processes.ports import PortPicker
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.report.html.build import write_report
from swarmscope.report.live.head import LiveAddresses
from swarmscope.report.live.panels import LivePanels
from swarmscope.report.live.server import LiveServer, serving
from swarmscope.report.results_folder import REPORT_FILE
from swarmscope.stack.stack import print_line
from swarmscope.verdict.verdict import JudgedRun

_DEFAULT_PORT = 9647
#: A panel whose answer takes longer than this is left out.
_QUERY_TIMEOUT_SECONDS = 4.0
_REPORT_SECONDS = 20.0


def live_is_wanted(*, asked: bool | None, embedded: bool, grafana_url: str | None = None) -> bool:
    """As the option says; without it, where everything runs on this machine and no Grafana shows the same."""
    return embedded and grafana_url is None if asked is None else asked


@contextmanager
def live_page(
    prometheus: PrometheusApi, run_id: str, scenario: str, addresses: LiveAddresses, say: Callable[[str], None]
) -> Iterator[str]:
    """Serve the report while inside; yield its address, empty with a line that says why when it cannot be served."""
    try:
        quick = prometheus.with_timeout(_QUERY_TIMEOUT_SECONDS)
        panels = LivePanels(quick, run_id, scenario, addresses=addresses)
        server = LiveServer(panels, PortPicker(print_line).pick("the live page", usual=_DEFAULT_PORT))
    except Exception as error:  # noqa: BLE001  # whatever it is, the run goes on
        say(f"The live page is missing: {error}")
        yield ""
        return
    with serving(server):
        yield server.address


def keep_report(folder: Path, prometheus: PrometheusApi, judged: JudgedRun, say: Callable[[str], None]) -> None:
    """Write report.html beside the verdict; a line says why when it cannot be written. Ctrl-C ends it."""
    try:
        write_report(
            folder, prometheus.with_timeout(_QUERY_TIMEOUT_SECONDS), judged.verdict.run.run_id, judged, _REPORT_SECONDS
        )
    except Exception as error:  # noqa: BLE001  # whatever it is, the verdict stands
        say(f"{REPORT_FILE} is missing: {error}")
