"""What our part of Locust's page says of the run: text and links at its foot, and a refused start at its top."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from swarmscope.grafana.links import run_overview_url
from swarmscope.locust_plugin.objectives_tab import MEANINGS, NOT_STARTED
from swarmscope.locust_plugin.result_files import links_to_results
from swarmscope_exporter.run import Run
from swarmscope_exporter.verdicts import AwaitedVerdicts

_MAX_REASONS = 5


@dataclass(frozen=True)
class Addresses:
    """As the browser reaches them, without a slash at the end; empty for what there is not."""

    grafana: str = ""
    live: str = ""
    prometheus: str = ""
    alerts_path: Callable[[], str] = lambda: "/alerts"


class RunPage:
    """The run of one Locust master, in words; ``refused`` returns why no run was made of the last start."""

    def __init__(
        self,
        addresses: Addresses,
        current: Callable[[], Run | None],
        verdicts: AwaitedVerdicts,
        refused: Callable[[], str],
    ) -> None:
        self._addresses = addresses
        self._current = current
        self.verdicts = verdicts
        self._refused = refused

    def document(self) -> dict[str, str]:
        """Return what the page's script shows: ``refused``, ``text``, its ``meaning``, and ``links`` as HTML."""
        refused, run = self._refused(), self._current()
        lines = (refused and f"Not started: {refused}", *self._lines(run))
        outcome = run.verdict.outcome if run is not None and run.verdict is not None else ""
        return {
            "refused": refused,
            "text": "\n".join(filter(None, lines)),
            "meaning": MEANINGS.get(NOT_STARTED if refused else outcome, "quiet"),
            "links": links_html(self.links()),
        }

    def links(self) -> dict[str, str]:
        """Return name to address: of the run judged last first, then of where the run can be watched."""
        return links_to_results(self.verdicts.last) | links_to(self._addresses, self._current())

    def _lines(self, run: Run | None) -> tuple[str, ...]:
        if run is None:
            return ("No run yet",)
        if run.verdict is None:
            phase = "being judged" if self.verdicts.is_judging(run) else run.phase
            return (f"Run {run.run_id}: {phase}", run.ended_because)
        verdict = run.verdict
        results = verdict.results and f"Results: {verdict.results}"
        return (f"Run {run.run_id}: {verdict.outcome}", *verdict.reasons[:_MAX_REASONS], results)


def links_to(addresses: Addresses, run: Run | None) -> dict[str, str]:
    """Return name to address of what there is; Grafana shows the run, or before the first one, the newest it knows."""
    grafana = addresses.grafana
    if grafana and run is not None:
        grafana = run_overview_url(grafana, run.run_id, run.start_timestamp_seconds, run.end_timestamp_seconds)
    elif grafana:
        grafana = f"{grafana}/d/run-overview"
    found = {
        "Grafana": grafana,
        "Live report": addresses.live,
        "Alerts in Prometheus": addresses.prometheus and f"{addresses.prometheus}{addresses.alerts_path()}",
    }
    return {name: address for name, address in found.items() if address}


def links_html(links: Mapping[str, str]) -> str:
    """Return the links as HTML that no address can break out of."""
    blank = 'target="_blank" rel="noopener noreferrer"'
    return " · ".join(f'<a href="{escape(to)}" {blank}>{escape(name)}</a>' for name, to in links.items())
