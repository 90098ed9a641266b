"""What we add to Locust's page: a tab with the objectives, a bar with links and how the last run stands."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response, abort, jsonify, request, send_file

from swarmscope.locust_plugin.objectives_tab import MEANINGS, ObjectiveRow
from swarmscope.locust_plugin.result_files import PATH, TYPES, headers_of, result_file

if TYPE_CHECKING:
    from locust.web import WebUI

    from swarmscope.locust_plugin.run_page import RunPage
    from swarmscope.locust_plugin.watch import ObjectiveWatch

TAB = "objectives"
#: What the page's script asks for every two seconds.
DOCUMENT_PATH = "/loadtest/page"
_STATS_ENDPOINT, _INDEX_ENDPOINT = "locust.request_stats", "locust.index"
_STATIC = Path(__file__).with_name("static")


def web_address(text: str) -> str:
    """Return an address of http or https without a slash at its end, or nothing.

    Raise ArgumentTypeError for another text.
    """
    parts = urlsplit(text)
    if text and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise argparse.ArgumentTypeError(f"expected an address like http://host:port, not {text!r}")
    return text.rstrip("/")


def show_objectives(web_ui: WebUI, watch: ObjectiveWatch, page: RunPage) -> None:
    """Add a tab that Locust's own page fills from its statistics, what ``page`` says, and the files it leads to."""

    def extend(response: Response) -> Response:
        if request.endpoint == _STATS_ENDPOINT and response.is_json:
            _add_table(response, watch.rows())
        elif request.endpoint == _INDEX_ENDPOINT:
            response.set_data(with_bar(response.get_data(as_text=True), page.document()))
        return response

    def results(run_id: str, name: str) -> Response:
        path = result_file(page.verdicts.last, run_id, name)
        if path is None:
            abort(404, "This file is not one of the results of the run that was judged last.")
        try:
            response = send_file(path, mimetype=TYPES[name], conditional=False)
        except OSError:  # deleted, or not to be read
            abort(404, "This file is no longer there.")
        response.headers.update(headers_of(name))
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
    for path, endpoint, view in (
        (DOCUMENT_PATH, "loadtest_page", lambda: jsonify(page.document())),
        (f"{PATH}/<run_id>/<name>", "loadtest_results", results),
    ):
        web_ui.app.add_url_rule(path, endpoint, web_ui.auth_required_if_enabled(view))


def with_bar(page: str, document: dict[str, str]) -> str:
    """Return Locust's page with a refused start at its top, and text and links over its foot; a script renews both."""
    refused = document["refused"]
    top = (
        f"<style>{_static('locust_page.css')}</style>"
        f'<div id="loadtest-refused" role="alert"{"" if refused else " hidden"}>'
        f"{escape(f'Not started: {refused}') if refused else ''}</div>"
    )
    foot = (
        f'<nav id="loadtest-bar" aria-label="Watch the run" data-source="{DOCUMENT_PATH}"'
        f' data-meaning="{document["meaning"]}" data-meanings="{escape(json.dumps(MEANINGS))}">'
        f'<div id="loadtest-links">{document["links"]}</div>'
        f'<output id="loadtest-run">{escape(document["text"])}</output></nav>'
        f"<script>{_static('locust_page.js')}</script>"
    )
    return page.replace("<body>", f"<body>{top}", 1).replace("</body>", f"{foot}</body>", 1)


@cache
def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _add_table(response: Response, rows: Sequence[ObjectiveRow]) -> None:
    document: dict[str, Any] = response.get_json()
    others = [stats for stats in document.get("extended_stats", []) if stats["key"] != TAB]  # Locust keeps the answer
    # Locust sorts by the name, which is not a column of ours.
    data = [{"name": f"{number:04}", **asdict(row)} for number, row in enumerate(rows)]
    response.set_data(jsonify({**document, "extended_stats": [*others, {"key": TAB, "data": data}]}).get_data())
