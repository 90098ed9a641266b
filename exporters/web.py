"""What the exporter adds to Locust's web interface: a run's status as JSON, and a check of what the form was given."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify, request
from locust.web import WebUI

from exporters.arguments import problem_with
from exporters.master import MasterSide

STATUS_PATH = "/loadtest/run"


def extend_web_ui(web_ui: WebUI, master: MasterSide, scenarios: Sequence[str] | None) -> None:
    """Adds the status route, and refuses a run with an unknown scenario before any load."""

    def status() -> Response:
        return jsonify(master.status())

    def check_form() -> Response | None:
        if request.method != "POST" or not request.path.endswith("/swarm"):
            return None
        master.expect_run()
        problem = problem_with(request.form.to_dict(), scenarios) or master.problem_with_run_id(
            request.form.get("run_id")
        )
        return jsonify({"success": False, "message": problem}) if problem else None

    app = web_ui.app
    assert app is not None
    app.add_url_rule(STATUS_PATH, "loadtest_run", web_ui.auth_required_if_enabled(status))
    app.before_request(check_form)
