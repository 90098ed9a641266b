"""Makes report.html of a run again, from what Prometheus still holds of it: exit code 0 made, 2 not."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RESULTS, STATE_DIR
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.run_folders import chosen_run
from swarmscope.stack.stack import embedded_prometheus
from swarmscope.verdict.stored import stored_verdict

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.report.html.build",))
def report(
    run_id: given.RunId = None,
    last: given.Last = False,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    prometheus_url: given.ItsPrometheus = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which what was not asked yet is left out.")] = 120.0,
) -> None:
    from swarmscope.report.html.build import UnknownRunError, write_report  # noqa: PLC0415  # see `needs`
    from swarmscope.report.html.fields import DashboardError  # noqa: PLC0415

    with one_line_errors():
        chosen = chosen_run(run_id, results, last=last)
        folder = results / chosen
        with ExitStack() as stack:
            prometheus = PrometheusApi(prometheus_url or embedded_prometheus(stack, state_dir))
            try:
                path = write_report(folder, prometheus, chosen, stored_verdict(folder), time_limit)
            except UnknownRunError as error:
                raise CommandError(f"{error} any more: a report that is in {folder} stays as it is") from error
            except DashboardError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"The report cannot be written to {folder}: {error.strerror}") from error
    new_console().print(f"Report: {path}", highlight=False, markup=False, soft_wrap=True)
