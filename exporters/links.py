"""Where else a run can be watched: checked addresses, and the bar of links at the foot of Locust's page."""

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
    """The links as HTML that stands over whatever else the page has; nothing without links."""
    if not links:
        return ""
    anchors = (f'<a href="{escape(address)}" {_LINK}>{escape(name)}</a>' for name, address in links.items())
    return f'<nav aria-label="Watch the run" style="{_BAR_STYLE}">Watch: {" · ".join(anchors)}</nav>'
