"""Locust's web interface in a headless Chromium: `python -m tests.exporters.live.browser open|start URL…`.

Prints what became of it as JSON. A process of its own: Playwright's event loop and the library that virtual users
wait with cannot share one.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

from tests.grafana.browse import CHROMIUM, FLAGS

_TIMEOUT_MS = 30_000
_RUN_TIMEOUT_MS = 150_000
#: In which Prometheus has to see the run at 0, before any user.
_WHILE_IT_BEGINS_MS = 8_000


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=list(FLAGS), headless=True, viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        page.set_default_timeout(_TIMEOUT_MS)
        yield page
        context.close()


def open_foreign(page: Page, url: str) -> dict[str, Any]:
    """Open a page that sends its visitor on; return where that led, and the text there."""
    with page.expect_navigation(url=lambda address: not address.startswith(url)):
        page.goto(url, wait_until="commit")
    return {"url": page.url, "text": page.inner_text("body")}


def click_start(page: Page, url: str, screenshots: str = "", runs: str = "2") -> dict[str, Any]:
    """Fill in the form wrongly, then rightly, click START each time, and start further runs after the first.

    Return what the page says in red, at its top before and after the first run, and of each run when it is judged;
    and whether it stays with the run while that begins.
    """
    page.goto(url)
    page.get_by_text("Custom parameters").click()
    page.locator("select[name=loadtestScenario]").select_option("smoke")
    page.locator("[name=loadtestThinkTimeScale]").fill("0")
    alert = page.locator(".MuiAlert-colorError")
    _start_button(page).click()
    alert.wait_for()
    said = alert.inner_text()
    top = page.locator("#loadtest-refused")
    top.wait_for()
    tops = [top.inner_text()]
    _keep(page, screenshots, "refused")
    page.locator("[name=loadtestThinkTimeScale]").fill("1")
    _start_button(page).click()
    tab = page.get_by_role("tab", name="Objectives")
    tab.wait_for()
    page.wait_for_timeout(_WHILE_IT_BEGINS_MS)
    stays = tab.is_visible()
    verdicts = [_verdict(page, "")]
    tops.append(top.inner_text())
    _keep(page, screenshots, "judged")
    while len(verdicts) < int(runs):
        new = page.get_by_role("button", name="New", exact=True)  # a master shows the form again at once
        new.or_(_start_button(page)).first.wait_for()
        if new.is_visible():
            new.click()
        _start_button(page).click()
        verdicts.append(_verdict(page, verdicts[-1]))
    return {"alerts": [said], "tops": tops, "verdicts": verdicts, "stays": stays}


def _start_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^start", re.IGNORECASE))


def _verdict(page: Page, before: str) -> str:
    """Return what the bar at the foot of the page says of a run, once it is another verdict than the one before."""
    page.wait_for_function(
        """(before) => {
            const text = document.getElementById("loadtest-run").innerText;
            return /: (PASS|FAIL|INCONCLUSIVE)/.test(text) && text !== before;
        }""",
        arg=before,
        timeout=_RUN_TIMEOUT_MS,
    )
    return page.locator("#loadtest-run").inner_text()


def _keep(page: Page, screenshots: str, name: str) -> None:
    if screenshots:
        page.screenshot(path=f"{screenshots}/{name}.png")


def main() -> None:
    what, url, *rest = sys.argv[1:]
    with browser_page() as page:
        found = open_foreign(page, url) if what == "open" else click_start(page, url, *rest)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
