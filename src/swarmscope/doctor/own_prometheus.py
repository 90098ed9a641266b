"""Checks of a Prometheus that the user runs: everything that it needs for runs to be judged by it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from swarmscope.doctor.findings import Finding, fail, ok, warn
from swarmscope.doctor.scrape_probe import ExporterAddress, first_scrape
from swarmscope.errors import PrometheusUnavailableError
from swarmscope.processes.ports import holder
from swarmscope.project.yaml_text import UnreadableYamlError, load_yaml
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.durations import duration_seconds
from swarmscope.prometheus.loaded_rules import Difference, differences, judging_rules
from swarmscope.prometheus.names import EXPORTER_JOB, INTERVAL_SECONDS, SELF_JOB, TARGET_JOB
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.prometheus.series import ScrapeTarget
from swarmscope.stack.programs.prometheus_version import MINIMUM_VERSION, MINIMUM_VERSION_TEXT
from swarmscope.stack.prometheus_server import LOOKBACK_SECONDS

#: Half an interval: the times of a run are the generator's, those of its samples are Prometheus'.
MAX_CLOCK_DIFFERENCE_SECONDS = INTERVAL_SECONDS / 2
_TO_TAKE_OUT = "take its file out of rule_files: it is of another project, or of an earlier version of this one"
_SHOWN = 3
_WAITED_INTERVALS = 3
_DISCOVERY_SECONDS = 8.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class OwnPrometheus:
    """What is checked: a Prometheus, against the rules of a run and the address of the run's exporter."""

    api: PrometheusApi
    rules: tuple[FileRule, ...]
    exporter: ExporterAddress

    def findings(self) -> Iterator[Finding]:
        """Yield all that is there and all that is missing; of one that does not answer, just that."""
        try:
            version = self.api.version()
        except PrometheusUnavailableError as error:
            yield fail("reachable", str(error), "start it, or give its address with --prometheus-url")
            return
        yield ok("reachable", f"Prometheus answers at {self.api.url}")
        yield _version(version)
        for what, check in (
            ("rules", self._rules),
            ("rules of others", self._other_rules),
            ("reload", self._reload),
            (f"job {EXPORTER_JOB}", self._exporter_job),
            (f"job {SELF_JOB}", self._self_job),
            (f"job {TARGET_JOB}", self._target_job),
            ("options", self._options),
            ("clock", self._clock),
        ):
            yield from _known(what, check)

    def _rules(self) -> Iterator[Finding]:
        found = differences(self.api, self.rules)
        loaded = {rule.group for rule in self.api.rules()}
        groups = tuple(dict.fromkeys(rule.group for rule in self.rules))
        missing = [group for group in groups if group not in loaded]
        if missing:
            listed = f"{len(missing)} of {len(groups)} groups are not loaded: {', '.join(missing)}"
            yield fail("rules", listed, "add the rule files that --write writes to rule_files, and reload Prometheus")
        differing = [group for group in dict.fromkeys(each.group for each in found) if group not in missing]
        for group in differing:
            remedy = "replace its file by the one that --write writes" if group in groups else _TO_TAKE_OUT
            yield fail(f"rules of group {group}", _some(found, group), remedy)
        failing = [rule for rule in judging_rules(self.api.rules(), self.rules) if rule.health == "err"]
        for rule in failing[:_SHOWN]:
            yield fail(f"rule {rule.group}/{rule.name}", f"fails: {rule.last_error}", "see its log, then reload it")
        if not found and not failing:
            yield ok("rules", f"{len(self.rules)} rules in {len(groups)} groups are loaded, as in the files")

    def _other_rules(self) -> Iterator[Finding]:
        loaded = self.api.rules()
        judging = set(map(id, judging_rules(loaded, self.rules)))
        others = [rule for rule in loaded if id(rule) not in judging]
        failing = [f"{rule.group}/{rule.name}" for rule in others if rule.health == "err"]
        if failing:
            listed = f"{len(failing)} fail: {', '.join(failing[:_SHOWN])}"
            yield warn("rules of others", listed, "fix them: any rule that fails during a run makes it inconclusive")
        elif others:
            yield ok("rules of others", f"{len(others)}, none of which decides a verdict")

    def _reload(self) -> Iterator[Finding]:
        if not self.api.last_reload_succeeded():
            yield fail(
                "reload",
                "its last reload failed, so it keeps an older configuration",
                "see its log, or run promtool check config on its configuration, then reload it",
            )
            return
        by_http = self.api.flags().get("web.enable-lifecycle") == "true"
        yield ok("reload", f"on SIGHUP{' or POST /-/reload' if by_http else '; POST /-/reload is off'}")

    def _exporter_job(self) -> Iterator[Finding]:
        what, address = f"job {EXPORTER_JOB}", self.exporter.scraped
        self._wait_for_discovery()
        targets = self._targets(EXPORTER_JOB)
        if not targets:
            missing = f"not there; needed: {address} every {INTERVAL_SECONDS:g} s"
            yield fail(what, missing, "add the scrape configuration that --write writes, and reload Prometheus")
            return
        ours = [target for target in targets if target.address.rpartition(":")[2] == str(self.exporter.port)]
        others = [target.address for target in targets if target not in ours]
        if not ours:
            found = f"scrapes {', '.join(others)}; needed: {address}"
            yield fail(what, found, "change its target, or give runs its port with --exporter-port")
        if len(ours) > 1 or (ours and others):
            every = ", ".join(target.address for target in targets)
            yield fail(
                what,
                f"has {len(targets)} targets: {every}; needed: {address} alone",
                "take the others away: a failed scrape of any target makes a run inconclusive",
            )
        yield from _slow(what, targets)
        if ours:
            yield self._scrape(ours[0])

    def _scrape(self, target: ScrapeTarget) -> Finding:
        """Return whether Prometheus reaches the exporter: without a run, something has to answer in its place."""
        what = f"scrape of {target.address}"
        in_use = self.exporter.in_use
        if target.health == "up":
            if not in_use:
                return ok(what, "up: an exporter answers there now")
            beside = f"up: port {self.exporter.port} of this machine is in use by {holder(self.exporter.port)}"
            return warn(
                what, beside, "wait for the end of that run: one beside it would take a port that is not scraped"
            )
        if in_use:
            return fail(
                what,
                f"port {self.exporter.port} is in use by {holder(self.exporter.port)}, which Prometheus cannot scrape"
                f" ({target.last_error})",
                "stop that program, or choose another port with --exporter-port here, in the job and for runs",
            )
        waited_seconds = _WAITED_INTERVALS * target.interval_seconds
        seconds = first_scrape(self.exporter, waited_seconds)
        if seconds is None:
            return fail(
                what,
                f"did not reach {self.exporter.host}:{self.exporter.port} on this machine within {waited_seconds:g} s"
                f" ({target.last_error or 'no error reported'})",
                "let Prometheus reach this machine: --exporter-host names the interface, in a container not 127.0.0.1",
            )
        return ok(
            what, f"arrived after {seconds:.1f} s, every {target.interval_seconds:g} s; it is up during runs only"
        )

    def _self_job(self) -> Iterator[Finding]:
        what, targets = f"job {SELF_JOB}", self._targets(SELF_JOB)
        if not targets:
            missing = "not there; needed: Prometheus itself, for failed and missed rule evaluations"
            yield fail(what, missing, "add the scrape configuration that --write writes, and reload Prometheus")
            return
        slow = tuple(_slow(what, targets))
        yield from slow
        down = [target for target in targets if target.health == "down"]
        for target in down:
            yield fail(
                what, f"{target.address} is down: {target.last_error}", "give it the address of Prometheus itself"
            )
        if not slow and not down:
            yield ok(what, f"scrapes {', '.join(target.address for target in targets)}")

    def _target_job(self) -> Iterator[Finding]:
        what, targets = f"job {TARGET_JOB}", self._targets(TARGET_JOB)
        if not targets:
            yield ok(what, "not there, and not needed: with it, the ledger ends at your API's own request counter")
            return
        slow = tuple(_slow(what, targets))
        yield from slow
        down = [target for target in targets if target.health == "down"]
        for target in down:
            lost = f"{target.address} is down: {target.last_error}"
            yield warn(what, lost, "start your API, or take the target away: a run waits for a reading of it")
        if not slow and not down:
            yield ok(what, f"scrapes {', '.join(target.address for target in targets)}")

    def _options(self) -> Iterator[Finding]:
        flags = self.api.flags()
        yield _lookback(flags.get("query.lookback-delta", "5m"))
        if "exemplar-storage" in flags.get("enable-feature", ""):
            yield ok("exemplars", "are stored")
        else:
            lost = "are not stored: latency panels have no links to traces"
            yield warn("exemplars", lost, "start it with --enable-feature=exemplar-storage if you send traces")
        yield from _intervals(_configuration(self.api))

    def _clock(self) -> Iterator[Finding]:
        before = time.time()
        (now,) = self.api.instant("time()")
        after = time.time()
        ahead = now.samples[0].value - (before + after) / 2
        found = f"{abs(ahead):.2f} s {'ahead of' if ahead > 0 else 'behind'} this machine"
        if abs(ahead) - (after - before) / 2 > MAX_CLOCK_DIFFERENCE_SECONDS:
            needed = f"{found}; needed: at most {MAX_CLOCK_DIFFERENCE_SECONDS:g} s"
            yield fail("clock", needed, "synchronize both clocks with NTP: samples would fall outside of the run")
        else:
            yield ok("clock", found)

    def _wait_for_discovery(self) -> None:
        """Wait for targets that a reload a moment ago has added: Prometheus finds them some seconds later."""
        since_reload = time.time() - self.api.configured_seconds()
        deadline = time.monotonic() + _DISCOVERY_SECONDS - max(0.0, since_reload)
        while time.monotonic() < deadline and not (self._targets(EXPORTER_JOB) and self._targets(SELF_JOB)):
            time.sleep(_POLL_SECONDS)

    def scrapes_itself(self) -> bool:
        """Return whether it has a job of its own for that; raise PrometheusUnavailableError."""
        return bool(self._targets(SELF_JOB))

    def _targets(self, job: str) -> tuple[ScrapeTarget, ...]:
        return tuple(target for target in self.api.scrape_targets() if target.job == job)


def _known(what: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; where Prometheus refuses to tell, that."""
    try:
        yield from check()
    except PrometheusUnavailableError as error:
        yield fail(what, f"not known: {error}", "let this machine use its HTTP API")


def _version(text: str) -> Finding:
    figures = tuple(map(int, re.findall(r"\d+", text)[:3]))
    if figures < MINIMUM_VERSION:
        return fail("version", f"{text}; needed: {MINIMUM_VERSION_TEXT} or later", "install a later one")
    return ok("version", text)


def _some(found: tuple[Difference, ...], group: str) -> str:
    texts = list(dict.fromkeys(each.text for each in found if each.group == group))
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"{'; '.join(texts[:_SHOWN])}{more}"


def _slow(what: str, targets: Iterable[ScrapeTarget]) -> Iterator[Finding]:
    for target in targets:
        if target.interval_seconds > INTERVAL_SECONDS:
            found = f"scrapes {target.address} every {target.interval_seconds:g} s; needed: {INTERVAL_SECONDS:g} s"
            remedy = f"set scrape_interval and scrape_timeout of the job to {INTERVAL_SECONDS:g}s"
            yield fail(what, found, remedy)


def _lookback(text: str) -> Finding:
    seconds = duration_seconds(text)
    option = f"--query.lookback-delta={LOOKBACK_SECONDS:g}s"
    if seconds < LOOKBACK_SECONDS:
        needed = f"{text}; needed: {LOOKBACK_SECONDS:g}s or more, which is three scrapes"
        return fail("look-back", needed, f"start it with {option}")
    if seconds > LOOKBACK_SECONDS:
        return warn(
            "look-back",
            f"{text}, best {LOOKBACK_SECONDS:g}s: after a restart of Prometheus it takes series of an earlier run for"
            " current",
            f"start a Prometheus for load tests alone with {option}; in a shared one wait {text} after a restart",
        )
    return ok("look-back", text)


def _configuration(api: PrometheusApi) -> dict[str, Any]:
    try:
        document = load_yaml(api.configuration())
    except UnreadableYamlError as error:
        raise PrometheusUnavailableError(f"its configuration {error}") from error
    return document if isinstance(document, dict) else {}


def _intervals(configuration: dict[str, Any]) -> Iterator[Finding]:
    """Yield what holds for groups that say nothing else; of those that are loaded, the rules are compared."""
    settings = configuration.get("global") or {}
    interval = str(settings.get("evaluation_interval", "1m"))
    if duration_seconds(interval) > INTERVAL_SECONDS:
        yield ok("evaluation", f"every {interval} by default; the groups that --write writes ask for their own 2s")
    else:
        yield ok("evaluation", f"every {interval}")
    offset = str(settings.get("rule_query_offset", "0s"))
    if duration_seconds(offset) > 0:
        yield warn(
            "rule_query_offset",
            f"{offset} by default: rules would miss the end of a run",
            "load the groups that --write writes, which set query_offset to 0s",
        )
