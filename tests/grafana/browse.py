"""Opens pages in a headless Chromium and prints what became of them as JSON: `python -m tests.grafana.browse URL…`.

A process of its own: Playwright's event loop and the library that virtual users wait with cannot share one.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Paper is A4 between margins of 1 cm.
WIDE, NARROW, PAPER = 1280, 390, 718
_TIMEOUT_MS = 60_000

#: Of each chart that has nothing drawn in it: its title.
_EMPTY_CHARTS = """() => [...document.querySelectorAll(".chart")]
  .filter((chart) => !chart.querySelector(".scatterlayer .trace path, .barlayer path, .heatmaplayer image"))
  .map((chart) => chart.closest(".panel").querySelector("h4").textContent)"""
_COUNT = """() => document.querySelectorAll(".chart").length"""
_OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
#: Of the first table with folded rows: how many are shown before, after, and when it is folded again.
_UNFOLD = """() => {
  const button = document.querySelector(".unfold");
  const rows = [...button.previousElementSibling.querySelectorAll("tbody tr")];
  const shown = () => rows.filter((row) => row.getClientRects().length).length;
  const counts = [shown()];
  for (let press = 0; press < 2; press += 1) { button.click(); counts.push(shown()); }
  return [rows.length, ...counts];
}"""
#: Whether what is in sight has been answered.
_ANSWERED = """() => [...document.querySelectorAll(".panel")].every((panel) => {
  const place = panel.getBoundingClientRect();
  const inSight = place.bottom > 0 && place.top < innerHeight;
  return !inSight || panel.querySelector(".body")?.textContent !== "…";
})"""


def visit(context: BrowserContext, url: str) -> dict[str, Any]:
    """Draw all of a page, wide and then narrow."""
    page = context.new_page()
    page.set_default_timeout(_TIMEOUT_MS)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    if page.locator("#live-state").count():
        _scroll_through(page)
    else:
        page.evaluate("swarmscope.ready.then(swarmscope.drawAll)")
    found = {"charts": page.evaluate(_COUNT), "empty": page.evaluate(_EMPTY_CHARTS), "wide": page.evaluate(_OVERFLOW)}
    page.set_viewport_size({"width": NARROW, "height": 800})
    page.wait_for_function(f"() => innerWidth === {NARROW}")
    found["narrow"] = page.evaluate(_OVERFLOW)
    if not page.locator("#live-state").count():
        if page.locator(".unfold").count():
            found["unfolded"] = page.evaluate(_UNFOLD)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": PAPER, "height": 1047})
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        found["printed"] = page.evaluate(_OVERFLOW)
    page.close()
    return found | {"said": said, "asked": sorted({*asked})}


def _scroll_through(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.board details:not(.about)').forEach((row) => { row.open = true; })")
    place, end = 0, 1
    while place < end:
        page.evaluate("(place) => scrollTo({ top: place, behavior: 'instant' })", place)
        page.evaluate("swarmscope.refresh()")
        page.wait_for_function(_ANSWERED)
        end = page.evaluate("() => document.documentElement.scrollHeight")
        place += 700


def main() -> None:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=list(FLAGS),
            headless=True,
            viewport={"width": WIDE, "height": 800},
        )
        print(json.dumps([visit(context, url) for url in sys.argv[1:]]))
        context.close()


if __name__ == "__main__":
    main()
