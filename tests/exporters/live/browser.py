"""Locust's web interface in a headless Chromium: `python -m tests.exporters.live.browser open|start URL…`.

Prints what became of it as JSON. A process of its own: Playwright's event loop and the library that virtual users wait with cannot share one.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.grafana.browse import CHROMIUM, FLAGS

_TIMEOUT_MS = 60_000


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=list(FLAGS), headless=True, viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        page.set_default_timeout(_TIMEOUT_MS)
        yield page
        context.close()


def open_foreign(page: Page, url: str) -> dict[str, str]:
    """Open a page that sends its visitor on; return where that led, and the text there."""
    with page.expect_navigation(url=lambda address: not address.startswith(url)):
        page.goto(url, wait_until="commit")
    return {"url": page.url, "text": page.inner_text("body")}


def main() -> None:
    what, url, *rest = sys.argv[1:]
    with browser_page() as page:
        print(json.dumps({"open": open_foreign}[what](page, url, *rest)))


if __name__ == "__main__":
    main()
