"""What we add to Locust's page: a tab with the objectives, and a bar with links and how the last run stands."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from swarmscope.locust_plugin.objectives_tab import ObjectiveRow

if TYPE_CHECKING:
    from locust.web import WebUI

    from swarmscope.locust_plugin.watch import ObjectiveWatch

TAB = "objectives"
_STATS_ENDPOINT, _INDEX_ENDPOINT = "locust.request_stats", "locust.index"

_BAR_STYLE = (
    "position:fixed;bottom:0;left:0;z-index:9;padding:.4em 1em;font:13px sans-serif;background:#1b1b1b;color:#bbb;"
    "border-top-right-radius:6px"
)
_LINK = 'target="_blank" rel="noopener noreferrer" style="color:#8fd3a8"'
#: Filled in by the script, from the status of the run.
_STATE = '<output id="loadtest-run" style="display:block;white-space:pre-line"></output>'
_SCRIPT = """<script>
  setInterval(async () => {
    const output = document.getElementById("loadtest-run");
    try {
      const run = await (await fetch("/loadtest/run")).json();
      const { outcome, reasons = [], results } = run.verdict ?? {};
      const phase = run.awaits_verdict ? "being judged" : run.phase;
      const lines = outcome
        ? [`Run ${run.run_id}: ${outcome}`, ...reasons.slice(0, 5), results && `Results: ${results}`]
        : [run.run_id ? `Run ${run.run_id}: ${phase}` : "No run yet", run.ended_because];
      output.textContent = [run.refused && `Not started: ${run.refused}`, ...lines].filter(Boolean).join("\\n");
    } catch {
      output.textContent = "Locust does not answer";
    }
  }, 2000);
</script>"""


def web_address(text: str) -> str:
    """Return an address of http or https without a slash at its end, or nothing.

    Raise ArgumentTypeError for another text.
    """
    parts = urlsplit(text)
    if text and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise argparse.ArgumentTypeError(f"expected an address like http://host:port, not {text!r}")
    return text.rstrip("/")


def links_to(grafana_url: str, live_url: str, prometheus_url: str) -> dict[str, str]:
    """Name to address, of those that there are."""
    addresses = {
        "Grafana": grafana_url and f"{grafana_url}/d/run-overview",  # which shows the newest run
        "Live report": live_url,
        "Alerts in Prometheus": prometheus_url and f"{prometheus_url}/alerts",
    }
    return {name: address for name, address in addresses.items() if address}


def link_bar(links: Mapping[str, str]) -> str:
    """Return the links and how the last run stands, as HTML that lies over whatever else the page has."""
    anchors = " · ".join(f'<a href="{escape(to)}" {_LINK}>{escape(name)}</a>' for name, to in links.items())
    watch = f"Watch: {anchors}" if links else ""
    return f'<nav aria-label="Watch the run" style="{_BAR_STYLE}">{watch}{_STATE}</nav>{_SCRIPT}'


def show_objectives(web_ui: WebUI, watch: ObjectiveWatch, links: Mapping[str, str]) -> None:
    """Add a tab that Locust's own page fills from its statistics, and ``links``, by name, at the foot of the page."""

    def extend(response: Response) -> Response:
        if request.endpoint == _STATS_ENDPOINT and response.is_json:
            _add_table(response, watch.rows())
        elif request.endpoint == _INDEX_ENDPOINT:
            page = response.get_data(as_text=True)
            response.set_data(page.replace("</body>", f"{link_bar(links)}</body>"))
        return response

    titles = {field.name: field.name.replace("_", " ").capitalize() for field in fields(ObjectiveRow)}
    structure = [{"key": key, "title": title} for key, title in titles.items()]
    for name, entry in {
        "extended_tabs": {"key": TAB, "title": "Objectives"},
        "extended_tables": {"key": TAB, "structure": structure},
    }.items():
        web_ui.template_args[name] = [*web_ui.template_args.get(name, []), entry]
    assert web_ui.app is not None
    web_ui.app.after_request(extend)


def _add_table(response: Response, rows: Sequence[ObjectiveRow]) -> None:
    document: dict[str, Any] = response.get_json()
    others = [stats for stats in document.get("extended_stats", []) if stats["key"] != TAB]  # Locust keeps the answer
    # Locust sorts by the name, which is not a column of ours.
    data = [{"name": f"{number:04}", **asdict(row)} for number, row in enumerate(rows)]
    response.set_data(jsonify({**document, "extended_stats": [*others, {"key": TAB, "data": data}]}).get_data())
