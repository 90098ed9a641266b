"""The bar at the foot of Locust's page: where else a run can be watched, and how the last one stands."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

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
    """An address of http or https without a slash at its end, or nothing. Raises ArgumentTypeError for another text."""
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
    """The links and how the last run stands, as HTML that lies over whatever else the page has."""
    anchors = " · ".join(f'<a href="{escape(to)}" {_LINK}>{escape(name)}</a>' for name, to in links.items())
    watch = f"Watch: {anchors}" if links else ""
    return f'<nav aria-label="Watch the run" style="{_BAR_STYLE}">{watch}{_STATE}</nav>{_SCRIPT}'
