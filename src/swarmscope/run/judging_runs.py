"""Judges a run whose load has ended, and leaves the evidence in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.loaded_rules import difference
from swarmscope.prometheus.rule_files import FileRule, changes, read_rules, rule_paths, ungated_alerts, watched_groups
from swarmscope.report.results_folder import REPORT_FILE, write_evidence
from swarmscope.report.verdict_json import to_json
from swarmscope.run.evidence_archive import ArchivedRun, archived
from swarmscope.run.html_report import keep_report
from swarmscope.run.kept_evidence import RULES_FOLDER
from swarmscope.run.locust_api import LocustUnavailableError
from swarmscope.run.locust_processes import LocustEnd
from swarmscope.run.regression import LIMIT_KEY, with_regression
from swarmscope.run.wait_until_final import settle
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Evidence, with_problems
from swarmscope.verdict.integrity import EVIDENCE_FOLDER
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.user_facts import Told, completed
from swarmscope.verdict.verdict import JudgedRun, Verdict
from swarmscope_exporter.run_details import RunDetails

_SETTLE_TIMEOUT_SECONDS = 30.0
#: For each question to a Prometheus that did not answer in time before.
_SILENT_TIMEOUT_SECONDS = 1.0
#: Of a run with a baseline, until it is compared: it does not pass without.
_NOT_COMPARED = "the run was not compared with its baseline"
_INTERRUPTED_AT_THE_END = "interrupted while it was judged"


@dataclass(frozen=True)
class EndedRun:
    """A run that has no load any more.

    ``exporter_count`` is its number of requests, None when the master no longer answers;
    ``interrupted`` is why it ended before its time, empty when it did not; ``lost`` what of its folder was deleted;
    ``told`` what the master said of it last.
    """

    run_id: str
    scenario: str
    folder: Path
    exporter_count: int | None
    interrupted: str = ""
    lost: str = ""
    told: Told = field(default_factory=Told)


class Reports(Protocol):
    """Where Locust's own reports of the run come from: raises LocustUnavailableError when they cannot be had."""

    def reports(self) -> dict[str, bytes]: ...


@dataclass(frozen=True)
class RunJudge:
    """Judges the runs of one Locust master by one Prometheus, which loaded ``rules`` before the load.

    ``context`` is what verdict.json says of how the run was made, ``warnings`` what was told before it, ``details``
    what the run says of itself, and ``counts_at_target`` that its ledger has to end at the target; ``looks`` is as in
    `RunReader`. ``say`` gets a line
    for what is slow or missing, and ``decided`` the verdict as soon as the run is needed no more, before report.html
    is written. Ctrl-C cuts the waits short and keeps the run from passing; the verdict is written all the same.
    ``end_locust`` ends a Locust of this run alone once it is needed no more, and returns what it ended with: its
    listeners of ``quitting`` may judge as well.
    """

    prometheus: PrometheusApi
    locust: Reports
    rules: tuple[FileRule, ...]
    say: Callable[[str], None]
    min_samples: int = 1
    context: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    details: RunDetails = field(default_factory=RunDetails)
    counts_at_target: bool = False
    looks: int = 1
    interruptions: Interruptions = field(default_factory=Interruptions)
    decided: Callable[[Verdict], None] = lambda _: None
    end_locust: Callable[[], LocustEnd] = LocustEnd

    def judge(self, run: EndedRun) -> Verdict:
        """Wait until Prometheus holds all of the run and have judged it, decide, and write the evidence."""
        self.say("waiting until Prometheus holds the final totals and has judged them")
        prometheus, count, missing = self.prometheus, run.exporter_count, self._settled(run)
        if missing and not prometheus.ready():
            prometheus = prometheus.with_timeout(_SILENT_TIMEOUT_SECONDS)
        as_of_seconds = _time_of(prometheus)
        reader = RunReader(
            prometheus,
            run.run_id,
            watched_groups(self.rules),
            ungated_alerts(self.rules),
            counts_at_target=self.counts_at_target,
            looks=self.looks,
            as_of_seconds=as_of_seconds,
        )
        evidence = replace(reader.read(run.scenario, count, run.interrupted), min_samples=self.min_samples)
        if evidence.run.details == RunDetails():  # Prometheus has nothing of the run
            evidence = replace(evidence, run=replace(evidence.run, details=self.details))
        evidence = replace(
            evidence, users=completed(evidence.users, run.told), warnings=(*self.warnings, *evidence.warnings)
        )
        rules_problem = self._rules_changed(prometheus, run)
        evidence = with_problems(evidence, missing, run.lost, rules_problem)
        return self._keep(run, evidence, rules_problem, as_of_seconds)

    def _settled(self, run: EndedRun) -> str:
        """Wait until Prometheus has all of the run; return what it lacks, or an empty string."""
        if run.exporter_count is None:  # without a master there is no end to wait for
            return ""
        try:
            with self.interruptions.let_through():
                return settle(self.prometheus, run.run_id, run.exporter_count, _SETTLE_TIMEOUT_SECONDS)
        except KeyboardInterrupt:
            return "interrupted before Prometheus was known to have judged the final totals"

    def _rules_changed(self, prometheus: PrometheusApi, run: EndedRun) -> str:
        """Return what of the rules is no longer what the run began with; empty when nothing."""
        folder = run.folder / RULES_FOLDER
        is_said = run.lost and not rule_paths(folder)
        try:
            changed = "" if is_said else changes(self.rules, read_rules(folder))
            changed = changed or difference(prometheus, self.rules)
        except CommandError as error:
            changed = str(error)
        except PrometheusUnavailableError as error:
            return str(error)
        return f"the rules changed during the run: {changed}" if changed else ""

    def _keep(self, run: EndedRun, evidence: Evidence, rules_problem: str, as_of_seconds: float | None) -> Verdict:
        """Leave everything in the run's folder. A verdict whose evidence cannot be found is not a PASS either."""
        evidence = with_problems(evidence, self._keep_reports(run.folder))
        end = self.end_locust()
        evidence = with_problems(evidence, end.problem)
        evidence = replace(evidence, users=completed(evidence.users, Told(exit_code=end.exit_code)))
        context = self._context(rules_problem) | {"evidence_lost": [run.lost] if run.lost else []}
        if LIMIT_KEY in context:
            evidence = replace(evidence, comparison_problem=_NOT_COMPARED)
        try:
            judged = self._written(run, evidence, context)
            self.decided(judged.verdict)
            return self._with_archive(run, evidence, context, as_of_seconds).verdict
        except OSError as error:
            verdict = decide(with_problems(evidence, f"it cannot be written to {run.folder}: {error.strerror}"))
            self.decided(verdict)
            return verdict

    def _with_archive(
        self, run: EndedRun, evidence: Evidence, context: dict[str, Any], as_of_seconds: float | None
    ) -> JudgedRun:
        """Add to a verdict that is written what takes time: the run's series, and its report. Raise OSError."""
        kept: dict[str, Any] | None = None
        has_begun_report = False
        try:
            with self.interruptions.let_through():
                what = ArchivedRun(evidence.run, self.rules, as_of_seconds)
                kept, problem = archived(run.folder, self.prometheus, what, self.say)
                evidence = replace(evidence, warnings=(*evidence.warnings, *filter(None, (problem,))))
                evidence = self._compared(run, evidence, context, problem)
                judged = self._written(run, evidence, context, kept)
                has_begun_report = True
                keep_report(run.folder, self.prometheus, judged, self.say)
        except KeyboardInterrupt:
            if not has_begun_report:
                self.say(f"{EVIDENCE_FOLDER} is missing: interrupted")
            self.say(f"{REPORT_FILE} is missing: interrupted; `swarmscope report` makes it")
            judged = self._written(run, evidence, context, kept)
        return judged

    def _compared(self, run: EndedRun, evidence: Evidence, context: dict[str, Any], unkept: str) -> Evidence:
        """Compare a run with its baseline by the evidence that it has left."""
        if LIMIT_KEY not in context or unkept:
            return evidence
        document = json.loads(to_json(JudgedRun(decide(replace(evidence, comparison_problem="")), context)))
        return with_regression(evidence, run.folder, document)

    def _written(
        self, run: EndedRun, evidence: Evidence, context: dict[str, Any], kept: dict[str, Any] | None = None
    ) -> JudgedRun:
        """Decide, and write it down; raise OSError. A run that a person ended, however late, does not pass."""
        if self.interruptions.count and not run.interrupted:
            evidence = replace(evidence, run=replace(evidence.run, interrupted=_INTERRUPTED_AT_THE_END))
        judged = JudgedRun(decide(evidence), context, kept)
        write_evidence(run.folder, judged)
        return judged

    def _keep_reports(self, folder: Path) -> str:
        """Store Locust's own reports; return why they cannot be stored, or an empty string."""
        try:
            folder.mkdir(parents=True, exist_ok=True)  # it may have been deleted
            for name, content in self.locust.reports().items():
                (folder / name).write_bytes(content)
        except LocustUnavailableError as error:
            self.say(f"Locust's own reports are missing: {error}")
        except OSError as error:
            return f"Locust's reports cannot be written to {folder}: {error.strerror}"
        return ""

    def _context(self, rules_problem: str) -> dict[str, Any]:
        try:
            version = self.prometheus.with_timeout(_SILENT_TIMEOUT_SECONDS).version()
        except PrometheusUnavailableError:
            version = "unknown"
        return {
            "prometheus_version": version,
            "prometheus_url": self.prometheus.url,
            "rules_changed": [rules_problem] if rules_problem else [],
            "min_samples": self.min_samples,
            "looks": self.looks,
            "warnings_before_the_load": list(self.warnings),
            **self.context,
        }


def _time_of(prometheus: PrometheusApi) -> float | None:
    """Return the time by the clock of Prometheus, in seconds since the epoch; None where it does not answer."""
    try:
        return prometheus.value("time()")
    except PrometheusUnavailableError:
        return None
