"""What the exporter adds to Locust's web interface: a run's status as JSON, and a check of what the form was given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, g, jsonify, request
from locust.runners import STATE_INIT, STATE_SPAWNING, STATE_STOPPED
from locust.web import WebUI

from swarmscope_exporter.addresses import passwords_in, without_passwords
from swarmscope_exporter.arguments import problem_with
from swarmscope_exporter.master import MasterSide
from swarmscope_exporter.phases import StopOrder
from swarmscope_exporter.run import RunVerdict

STATUS_PATH, JUDGE_PATH = "/loadtest/run", "/loadtest/judge"
_STATS_ENDPOINT, _INDEX_ENDPOINT = "locust.request_stats", "locust.index"
#: What a run keeps of Locust's own, and a password of the host may be in.
_KEPT_ENDPOINTS = frozenset({"locust.stats_report", "locust.failures_stats_csv", "locust.exceptions_csv"})
#: Of Locust's runner, in which its page shows the form.
_IDLE_STATES = (STATE_INIT, STATE_STOPPED)
_NO_WORKER = '"worker_count": 0'  # in what Locust's page begins with
_SWARM_ENDPOINT, _STOP_ENDPOINT = "locust.swarm", "locust.stop"


def extend_web_ui(web_ui: WebUI, master: MasterSide, scenarios: Sequence[str] | None) -> None:
    """Add the routes of status and verdict, and answer a start that makes no sense with the reason."""

    def status() -> Response:
        return jsonify(master.status())

    def judge() -> Response:
        form = request.form
        if not form.get("run_id"):
            return jsonify({"pid": os.getpid(), "runs": master.runs_to_judge()})
        verdict = RunVerdict(form.get("outcome", ""), tuple(form.getlist("reason")), form.get("results", ""))
        master.verdicts.record(form["run_id"], verdict, master.run)
        return jsonify({"pid": os.getpid(), "runs": []})

    def check_form() -> Response | None:
        if request.endpoint == _STOP_ENDPOINT:
            told = (order for order in (StopOrder.EARLY, StopOrder.DECIDED) if request.values.get(order.value))
            master.note_stop(next(told, StopOrder.STOP))
        if request.endpoint != _SWARM_ENDPOINT:
            return None
        problem = problem_with(request.form.to_dict(), scenarios) or master.starts.problem_with(
            request.form.get("loadtest_run_id")
        )
        if problem:
            return _refused(problem)
        master.starts.expect_run(request.form.get("loadtest_judged_by", ""))
        g.run_before = master.run
        return None

    def say_refusal(response: Response) -> Response:
        has_begun = "run_before" in g and response.is_json and response.get_json().get("success")
        if not has_begun or web_ui.environment.shape_class is None:
            return response
        reason = master.starts.refusal_after(g.run_before)
        return _refused(reason) if reason else response

    app = _app_of(web_ui)
    app.add_url_rule(STATUS_PATH, "loadtest_run", web_ui.auth_required_if_enabled(status))
    app.add_url_rule(JUDGE_PATH, "loadtest_judge", web_ui.auth_required_if_enabled(judge), methods=["POST"])
    app.before_request(check_form)
    app.after_request(say_refusal)
    _keep_page_in_step(app, master)
    _hide_passwords(app, master)


def _keep_page_in_step(app: Flask, master: MasterSide) -> None:
    """Show the workers that a stop has sent away, and that a run has begun while its load is held back.

    A page that heard of no worker when a run was over never asks again, and one that hears that the runner is ready
    goes back to the form.
    """

    def correct(response: Response) -> Response:
        if request.endpoint == _STATS_ENDPOINT and response.is_json:
            document = response.get_json()
            changed: dict[str, Any] = (
                {"worker_count": master.workers_to_show()} if document.get("worker_count") == 0 else {}
            )
            if document.get("state") in _IDLE_STATES and master.starts.is_preparing():
                changed["state"] = STATE_SPAWNING
            if changed:
                response.set_data(jsonify({**document, **changed}).get_data())
        elif request.endpoint == _INDEX_ENDPOINT:
            page = response.get_data(as_text=True).replace(_NO_WORKER, f'"worker_count": {master.workers_to_show()}')
            for state in _IDLE_STATES if master.starts.is_preparing() else ():
                page = page.replace(f'"state": "{state}"', f'"state": "{STATE_SPAWNING}"')
            response.set_data(page)
        return response

    app.after_request(correct)


def _hide_passwords(app: Flask, master: MasterSide) -> None:
    """Take the password of a host out of Locust's own reports: they stay in the folder of a run."""

    def hide(response: Response) -> Response:
        if request.endpoint in _KEPT_ENDPOINTS and passwords_in(master.hosts()):
            response.set_data(without_passwords(response.get_data(as_text=True), master.hosts()))
        return response

    app.after_request(hide)


def _refused(reason: str) -> Response:
    """Return what Locust's page shows in red above the button."""
    return jsonify({"success": False, "message": reason})


def _app_of(web_ui: WebUI) -> Flask:
    assert web_ui.app is not None
    return web_ui.app
