"""Judges the runs that are started in Locust's web form: each leaves its folder and verdict like any other run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from swarmscope.errors import CommandError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_files import FileRule, read_rules
from swarmscope.prometheus.rule_sets import lay_out
from swarmscope.prometheus.thresholds import defaults_alone
from swarmscope.report.terminal import print_verdict
from swarmscope.run import follow as following
from swarmscope.run.details import machine
from swarmscope.run.judging_runs import EndedRun, RunJudge
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError, RunStatus
from swarmscope.verdict.user_facts import Told
from swarmscope.verdict.verdict import Verdict
from swarmscope_exporter.phases import StopOrder
from swarmscope_exporter.run_ids import problem_with_run_id


@dataclass(frozen=True)
class FormRunSettings:
    """``rules`` is the folder that Prometheus has loaded, ``logs`` one to copy into the results, if any.

    ``warnings`` are what was told of the target: each verdict repeats them. ``counts_at_target`` says that the ledger
    of a run has to end there.
    """

    rules: Path
    results: Path
    logs: Path | None = None
    locustfile: str = ""
    warnings: tuple[str, ...] = ()
    counts_at_target: bool = False


@dataclass(frozen=True)
class _BegunRun:
    scenario: str
    rules: tuple[FileRule, ...]


class FormRuns:
    """Follows one Locust master.

    ``seen`` is given each status of a run, that of its end before the run is judged; ``judged`` each verdict with the
    folder of its evidence.
    """

    def __init__(
        self,
        locust: LocustApi,
        prometheus: PrometheusApi,
        settings: FormRunSettings,
        console: Console,
        *,
        seen: Callable[[RunStatus], None] = lambda _status: None,
        judged: Callable[[Verdict, Path], None] = lambda _verdict, _folder: None,
    ) -> None:
        self._locust = locust
        self._prometheus = prometheus
        self._settings = settings
        self._console = console
        self._seen = seen
        self._judged = judged
        self._begun: dict[str, _BegunRun] = {}
        self._interruptions = Interruptions()

    def poll(self) -> None:
        """Take note of runs that have begun, and judge those that are over; this may take a minute.

        Raise LocustUnavailableError when the master does not answer, CommandError when it is not one to follow.
        """
        runs = [run for run in self._locust.runs_to_judge() if not problem_with_run_id(run.run_id)]
        for run in runs:
            self._take(run)
        for run in runs:
            if run.phase == following.DONE:
                self._judge(run.run_id, run.exporter_requests, run.ended_because, run.told)
        for run_id in self._begun.keys() - {run.run_id for run in runs}:
            self._judge(run_id, None, "the Locust master lost the run: it was started again")

    def finish(self, reason: str, stop_timeout_seconds: float) -> None:
        """Stop the run under way because of ``reason``, and judge what is left; another Ctrl-C cuts waits short."""
        with self._interruptions.held():
            self._stop_and_judge(reason, stop_timeout_seconds)
            self.give_up(reason)

    def _stop_and_judge(self, reason: str, stop_timeout_seconds: float) -> None:
        stopped: set[str] = set()
        with suppress(LocustUnavailableError):
            stopped = {run.run_id for run in self._locust.runs_to_judge() if run.phase != following.DONE}
            if stopped:
                self._console.print(f"Stopping: {reason}", markup=False, highlight=False)
                following.stop(self._locust, stop_timeout_seconds, self._interruptions, order=StopOrder.EARLY)
            for run in self._locust.runs_to_judge():
                self._take(run)
                interrupted = reason if run.run_id in stopped else run.ended_because
                self._judge(run.run_id, run.exporter_requests, interrupted, run.told)

    def give_up(self, reason: str) -> None:
        """Judge what has begun by what Prometheus holds now, without telling the master: another judge may follow."""
        for run_id in list(self._begun):
            self._judge(run_id, None, reason, is_final=False)

    def _take(self, run: RunStatus) -> None:
        if run.run_id not in self._begun:
            self._begin(run)
        self._seen(run)

    def _begin(self, run: RunStatus) -> None:
        folder = self._folder(run.run_id)
        self._say(f"run {run.run_id} began in the web interface; its results will be in {folder}")
        rules: tuple[FileRule, ...] = ()
        try:
            rules = read_rules(lay_out(self._settings.rules, None, folder / "rules"))
        except OSError as error:
            self._say(f"The rules cannot be copied to {folder}: {error.strerror or error}")
        except CommandError as error:
            self._say(str(error))
        if rules and (note := defaults_alone(rules, run.scenario)):
            self._say(note)
        self._begun[run.run_id] = _BegunRun(run.scenario, rules)

    def _judge(
        self,
        run_id: str,
        exporter_count: int | None,
        interrupted: str,
        told: Told | None = None,
        *,
        is_final: bool = True,
    ) -> None:
        begun, folder = self._begun[run_id], self._folder(run_id)
        judge = RunJudge(
            self._prometheus,
            _ReportsOf(run_id, self._locust),
            begun.rules,
            self._say,
            context={"locustfile": self._settings.locustfile, "machine": machine(), "started_in": "web form"},
            warnings=self._settings.warnings,
            counts_at_target=self._settings.counts_at_target,
            interruptions=self._interruptions,
            decided=lambda verdict: self._tell(run_id, verdict, folder) if is_final else None,
        )
        self._copy_logs(folder)
        ended = EndedRun(run_id, begun.scenario, folder, exporter_count, interrupted, told=told or Told())
        verdict = judge.judge(ended)
        del self._begun[run_id]
        print_verdict(self._console, verdict, folder)
        self._judged(verdict, folder)

    def _tell(self, run_id: str, verdict: Verdict, folder: Path) -> None:
        with suppress(LocustUnavailableError, CommandError):  # where it is gone, its page is as well
            self._locust.record_verdict(run_id, verdict.outcome, verdict.reasons, str(folder.absolute()))

    def _copy_logs(self, folder: Path) -> None:
        if self._settings.logs is None:
            return
        try:
            shutil.copytree(self._settings.logs, folder / "logs", dirs_exist_ok=True)
        except (OSError, shutil.Error) as error:
            self._say(f"The logs cannot be copied to {folder}: {error}")

    def _folder(self, run_id: str) -> Path:
        return self._settings.results / run_id

    def _say(self, line: str) -> None:
        self._console.print(line, style="dim", highlight=False, markup=False)


class _ReportsOf:
    """Locust's own reports of one run: they are of the last one, and it may no longer be that."""

    def __init__(self, run_id: str, locust: LocustApi) -> None:
        self._run_id = run_id
        self._locust = locust

    def reports(self) -> dict[str, bytes]:
        found = self._locust.reports()
        if self._locust.status().run_id != self._run_id:
            raise LocustUnavailableError("another run has begun since")
        return found
