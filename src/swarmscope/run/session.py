"""A run from preflight to verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.grafana.links import run_overview_url
from swarmscope.processes.signals import Interruptions
from swarmscope.project.env_file import settings, users_take_proxies
from swarmscope.project.settings import project
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.judging import apart_categories, judging_thresholds, timed_endpoints
from swarmscope.prometheus.loaded_rules import require_loaded
from swarmscope.prometheus.own_metrics import by_prometheus, require_readable
from swarmscope.prometheus.rule_baseline import with_baseline
from swarmscope.prometheus.rule_checks import checked_rule_set, differing_from_ours
from swarmscope.prometheus.rule_confidence import with_confidence
from swarmscope.prometheus.rule_sets import RuleSet
from swarmscope.report.live.head import LiveAddresses
from swarmscope.run import follow as following
from swarmscope.run import preflight
from swarmscope.run.abort_timing import abort_announcement, plan_of
from swarmscope.run.breach import BreachWatch
from swarmscope.run.details import command_line, details_of, machine, versions
from swarmscope.run.environment import RunEnvironment, environment_of
from swarmscope.run.grafana_annotations import RunNotes, notes_in
from swarmscope.run.html_report import live_is_wanted, live_page
from swarmscope.run.inspect_locustfile import require_runnable
from swarmscope.run.judging_runs import EndedRun, RunJudge
from swarmscope.run.kept_evidence import LOGS_FOLDER, KeptEvidence, copied_rules
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError, RunStatus
from swarmscope.run.options import RunOptions
from swarmscope.run.progress import Progress
from swarmscope.run.published_verdict import publish, tell_master
from swarmscope.run.regression import LIMIT_KEY, keep_baseline
from swarmscope.run.run_baseline import RunBaseline, baseline_of
from swarmscope.run.run_folders import claim_folder
from swarmscope.run.start_form import start_form
from swarmscope.run.sure_watch import SureWatch
from swarmscope.run.targets import counts_at_target, require_targets, unread_metrics, unverified_certificates
from swarmscope.stack.options import grafana_url_of
from swarmscope.verdict.user_facts import Told
from swarmscope.verdict.verdict import Verdict
from swarmscope_exporter.addresses import masked
from swarmscope_exporter.phases import StopOrder
from swarmscope_exporter.proxies import named_in, without_proxies
from swarmscope_exporter.run_details import RunDetails

_WORKERS_TIMEOUT_SECONDS = 30.0
_WATCHED_TIMEOUT_SECONDS = 20.0
_KEEP_POLL_SECONDS = 1.0


class Session:
    """One run of one scenario, in the stretch in which its ``interruptions`` are held.

    ``judged`` is given the verdict as soon as there is one: what was started may stay up after that.
    """

    def __init__(
        self,
        options: RunOptions,
        console: Console,
        interruptions: Interruptions | None = None,
        judged: Callable[[Verdict], None] = lambda _: None,
    ) -> None:
        self._options = options
        self._console = console
        self._interruptions = interruptions or Interruptions()
        self._judged = judged
        self.run_id = ""
        self.folder = options.results
        self._rules = RuleSet(())
        self._warnings: tuple[str, ...] = ()
        self._details = RunDetails()
        self._timed: frozenset[tuple[str, str]] | None = None
        self._sure: SureWatch | None = None
        self._baseline: RunBaseline | None = None

    def run(self) -> Verdict:
        """Bring up what is missing, run, judge, and leave the evidence in ``folder``.

        Raise CommandError when the run cannot start, before any load.
        """
        try:
            with ExitStack() as stack:
                with self._interruptions.let_through():
                    environment, notes = self._prepared(stack)
                return self._under_load(environment, notes)
        except (PrometheusUnavailableError, LocustUnavailableError) as error:
            raise CommandError(str(error)) from error

    def _prepared(self, stack: ExitStack) -> tuple[RunEnvironment, RunNotes]:
        """Everything that the load needs, up until ``stack`` is left."""
        options = self._options
        self._rules = self._checked_rules()
        if options.locust_url is None:
            self._options = options = require_runnable(options, self._say)
            if users_take_proxies() and named_in(os.environ) and options.without_proxies:
                self._say(without_proxies(options.without_proxies))
            self._warn(unverified_certificates(options), unread_metrics(options))
            require_targets(options, options.hosts)
        self._baseline = baseline_of(options, self._say)
        if self._baseline is not None and not self._own_prometheus() and options.locust_url is None:
            self._rules = with_baseline(self._rules, options.scenario, self._baseline.p95_seconds)
        until_sure = options.until_sure
        self._details = replace(
            details_of(options),
            timed=self._timed,
            apart=apart_categories(self._rules),
            min_seconds=until_sure.min_seconds if until_sure is not None else 0.0,
        )
        self.folder = claim_folder(options.results, options.scenario, self._is_known)
        self.run_id = self.folder.name
        if self._baseline is not None:
            keep_baseline(self.folder, self._baseline.side)
        environment = stack.enter_context(
            environment_of(options, copied_rules(self._rules, self.folder), self.folder / LOGS_FOLDER, self._say)
        )
        with preflight.naming_the_doctor(self._own_prometheus()):
            require_readable(project().objectives, by_prometheus(environment.prometheus), project().tested)
            require_loaded(environment.prometheus, self._rules.rules, options.rules)
        preflight.wait_for_workers(
            environment.locust, environment.workers, _WORKERS_TIMEOUT_SECONDS, environment.require_alive
        )
        preflight.wait_until_target_read(
            environment.prometheus, environment.require_alive, expected=environment.api_is_scraped
        )
        return environment, stack.enter_context(notes_in(environment.grafana_url, settings(), self._say))

    def _checked_rules(self) -> RuleSet:
        """Return the rules that are to be in force, when they can judge this scenario; what may surprise is told."""
        options = self._options
        found = with_confidence(checked_rule_set(options.rules, options.thresholds), options.confidence)
        judging = judging_thresholds(found, options.scenario, project().catalogue.names)
        self._timed = timed_endpoints(judging.thresholds)
        if judging.note:
            self._say(judging.note)
        self._warn(differing_from_ours(found.rules, options.rules), *judging.told)
        return found

    def _warn(self, *warnings: str) -> None:
        """Say what is not empty, and keep it for the verdict."""
        for warning in filter(None, warnings):
            self._warnings += (warning,)
            self._say(f"Warning: {warning}")

    def _under_load(self, environment: RunEnvironment, notes: RunNotes) -> Verdict:
        options, api, prometheus = self._options, environment.locust, environment.prometheus
        kept = KeptEvidence(self.folder, self._say)

        def note(status: RunStatus) -> None:
            notes.follow(status)
            kept.look()

        interrupted = self._begin(environment)
        with self._live_page(environment) as live:
            self._say(
                f"run {self.run_id}: {environment.workers} worker(s) on {masked(environment.host) or 'no host'};"
                f" Locust {api.url}, Prometheus {prometheus.url}"
                f"{live and f', live report {live}'}"
            )
            if environment.grafana_url:
                self._say(f"Grafana {run_overview_url(environment.grafana_url, self.run_id, time.time(), None)}")
            if options.abort_on_breach:
                self._say(abort_announcement(plan_of(options)))
            if options.until_sure is not None:
                self._say(options.until_sure.announcement)
                self._sure = SureWatch(prometheus, self.run_id, options.until_sure, self._say)
            interrupted = interrupted or following.follow(
                api,
                Progress(self._console, prometheus, self.run_id),
                self._console,
                end=following.PlannedEnd(options.run_time_seconds, self._sure),
                breach=BreachWatch(prometheus, self.run_id) if options.abort_on_breach else None,
                require_alive=environment.require_alive,
                note=note,
                interruptions=self._interruptions,
            )
            verdict = self._judge(environment, interrupted, notes, kept)
        notes.judged(verdict, self.folder.absolute())
        self._judged(verdict)
        self._publish(environment, verdict)
        self._leave(environment, verdict)
        return verdict

    def _publish(self, environment: RunEnvironment, verdict: Verdict) -> None:
        """Tell Prometheus the verdict, where it, or a Grafana on its data, may be looked at after the run."""
        options = self._options
        if options.locust_url is not None:
            tell_master(verdict, str(self.folder.absolute()), environment.locust)
        elif environment.exporter and (options.keep or environment.grafana_url or self._own_prometheus()):
            publish(verdict, environment.exporter, environment.prometheus, self._interruptions)

    def _leave(self, environment: RunEnvironment, verdict: Verdict) -> None:
        """Say where the run can be looked at, and with ``keep`` leave what was started up for that, until Ctrl-C."""
        run, grafana_url, is_ours = verdict.run, environment.grafana_url, self._options.locust_url is None
        links = [f"Prometheus {environment.prometheus.url}"]
        if grafana_url:
            shown = run_overview_url(grafana_url, run.run_id, run.load_start_seconds, run.end_seconds or time.time())
            links.insert(0, f"Grafana {shown}")
        if not (self._options.keep and is_ours):
            if self._grafana_that_stays(environment):
                self._say(links[0])
            return
        self._say("\n  ".join(("Until Ctrl-C these stay up:", *links)))
        with suppress(KeyboardInterrupt), self._interruptions.let_through():
            while environment.prometheus.ready():
                time.sleep(_KEEP_POLL_SECONDS)
            self._say("Prometheus has ended: nothing is left to look at")

    def _grafana_that_stays(self, environment: RunEnvironment) -> str | None:
        """Return the address of a Grafana that goes on after the run: one that was not started for it."""
        stays = self._options.locust_url is not None or environment.grafana_url == grafana_url_of(settings())
        return environment.grafana_url if stays else None

    def _begin(self, environment: RunEnvironment) -> str:
        """Start the load; return why it ended at once, or an empty string. Raises KeyboardInterrupt before any load."""
        api = environment.locust
        try:
            with self._interruptions.let_through():
                host = None if self._options.class_hosts else environment.host or None
                api.swarm(start_form(self._options, self.run_id, host, self._details))
                preflight.wait_until_watched(
                    environment.prometheus,
                    self.run_id,
                    _WATCHED_TIMEOUT_SECONDS,
                    lambda: _require_started(environment),
                    self._own_prometheus(),
                )
        except KeyboardInterrupt:
            if not following.has_begun(api, self.run_id):
                self._leave_no_load(environment)
                raise
            return f"{following.INTERRUPTED} 0 s"
        except Exception:
            self._leave_no_load(environment)
            raise
        return ""

    def _leave_no_load(self, environment: RunEnvironment) -> None:
        """Stop a run that nothing comes of, on a master that goes on without us."""
        with suppress(LocustUnavailableError, CommandError):
            if self._options.locust_url is not None and environment.locust.status().run_id == self.run_id:
                following.stop(environment.locust, _WATCHED_TIMEOUT_SECONDS, self._interruptions, order=StopOrder.EARLY)

    def _live_page(self, environment: RunEnvironment) -> AbstractContextManager[str]:
        """Serve the report where it is wanted; give its address, or an empty string."""
        options, embedded = self._options, self._options.locust_url is None
        if not live_is_wanted(asked=options.live, embedded=embedded, grafana_url=environment.grafana_url):
            return nullcontext("")
        locust = environment.locust.url
        addresses = LiveAddresses(
            locust if locust == masked(locust) else "", environment.grafana_url or "", str(self.folder.absolute())
        )
        return live_page(environment.prometheus, self.run_id, options.scenario, addresses, self._say)

    def _judge(self, environment: RunEnvironment, interrupted: str, notes: RunNotes, kept: KeptEvidence) -> Verdict:
        options = self._options
        timeout_seconds = options.stop_timeout_seconds + 30.0
        decided = self._sure is not None and self._sure.is_decided
        order = StopOrder.EARLY if interrupted else StopOrder.DECIDED if decided else StopOrder.STOP
        status = following.stop(environment.locust, timeout_seconds, self._interruptions, order=order)
        if status is not None:
            notes.follow(status)
        judge = RunJudge(
            environment.prometheus,
            environment.locust,
            self._rules.rules,
            self._say,
            min_samples=options.min_samples,
            context=self._context(environment),
            warnings=self._warnings,
            details=self._details,
            counts_at_target=counts_at_target(options),
            looks=options.until_sure.looks if options.until_sure is not None else 1,
            interruptions=self._interruptions,
            end_locust=environment.end_locust,
        )
        count, told = (status.exporter_requests, status.told) if status is not None else (None, Told())
        return judge.judge(EndedRun(self.run_id, options.scenario, self.folder, count, interrupted, kept.look(), told))

    def _context(self, environment: RunEnvironment) -> dict[str, Any]:
        options = self._options
        return {
            "workers": environment.workers,
            "users": options.users,
            "run_time_seconds": options.run_time_seconds,
            "rate": options.rate,
            "think_time_scale": options.think_time_scale,
            "until_sure": options.until_sure and asdict(options.until_sure),
            "locustfile": options.locustfile_title,
            "machine": machine(),
            "versions": versions(),
            "command": command_line(),
            "grafana_url": self._grafana_that_stays(environment),
            **({LIMIT_KEY: self._baseline.limit} if self._baseline is not None else {}),
        }

    def _is_known(self, run_id: str) -> bool:
        """Return whether a running Prometheus or Locust master has had a run of that id, from another machine."""
        options = self._options
        try:
            if options.locust_url and LocustApi(options.locust_url).status().run_id == run_id:
                return True
            return bool(options.prometheus_url) and preflight.knows_run(
                PrometheusApi(options.prometheus_url or ""), run_id
            )
        except (PrometheusUnavailableError, LocustUnavailableError):  # the preflight says so
            return False

    def _own_prometheus(self) -> str | None:
        """Return the address of a Prometheus of the user's own; None for one that is started here."""
        return self._options.prometheus_url or settings().get("PROMETHEUS_URL") or None

    def _say(self, line: str) -> None:
        # Lines with an address stay whole: a terminal makes links of them.
        self._console.print(line, style="dim", markup=False, highlight=False, soft_wrap="://" in line)


def _require_started(environment: RunEnvironment) -> None:
    environment.require_alive()
    refused = environment.locust.status().refused
    if refused:
        raise CommandError(refused)
