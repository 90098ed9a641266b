"""Carries out one proof: a run of ``swarmscope run``, its cause in the middle, and what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from swarmscope.alert_proof.case import LIVE_ALERT, Action, Case, Reload, Signal, missed
from swarmscope.alert_proof.restartable_prometheus import OwnPrometheus
from swarmscope.alert_proof.rules import write_rules
from swarmscope.network import direct_session
from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import DEFAULT_RULES, PROJECT
from swarmscope.prometheus.loaded_rules import reload_rules

#: Words in the command line of a Prometheus.
PROMETHEUS = ("--config.file", "--storage.tsdb.path")
PROOF_SCENARIO = "proof"
#: Without --fast everything takes so much longer: windows of a minute, and half a minute for an alert to fire.
_REAL_TIMES = 3.0
_POLL_SECONDS = 0.5
_OVERRUN_SECONDS = 180.0
_URLS = re.compile(r"Locust\s+(http://[\w.:]+), Prometheus\s+(http://[\w.:]+)")
WATCH = frozenset({"RunWatched", "RunJudged"})


@dataclass(frozen=True)
class Proof:
    """What came of a case; ``problem`` is empty when all was as it must be."""

    case: Case
    fired: frozenset[str]
    verdict: str
    exit_code: int | None
    problem: str


@dataclass
class Prover:
    """Carries out cases one after the other against one API; everything goes below ``folder``.

    ``locustfile`` has the causes that lie in the load generator: the variable PROOF names one.
    """

    api_url: str
    locustfile: Path
    folder: Path
    is_fast: bool
    _resumes: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _undo: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def prove(self, case: Case) -> Proof:
        """Return one run, with what it changed changed back and its processes gone afterwards."""
        folder = self.folder / case.name
        with contextlib.ExitStack() as undo:
            self._undo = undo.enter_context(contextlib.ExitStack())
            undo.callback(self._resume_all)
            prometheus = undo.enter_context(self._own_prometheus(case, folder))
            run = self._process(case, folder, prometheus)
            undo.callback(run.stop)
            run.start()
            self._accompany(case, run, prometheus)
            return _proof_of(case, folder, run.exit_code)

    @property
    def _pace(self) -> float:
        return 1.0 if self.is_fast else _REAL_TIMES

    @contextlib.contextmanager
    def _own_prometheus(self, case: Case, folder: Path) -> Iterator[OwnPrometheus | None]:
        rules = write_rules(DEFAULT_RULES, folder / "rules", case, _scenario(case), quick=self.is_fast)
        if not case.own_prometheus:
            yield None
            return
        with OwnPrometheus(folder / "own", rules) as prometheus:
            yield prometheus

    def _process(self, case: Case, folder: Path, prometheus: OwnPrometheus | None) -> ManagedProcess:
        command: list[str | Path] = [sys.executable, "-m", "swarmscope", "run", _scenario(case), "--headless"]
        command += ["--host", self.api_url, "--api-metrics", self.api_url.removeprefix("http://")]
        command += ["--rules", folder / "rules", "--results", folder / "results", "--state-dir", folder / "state"]
        command += ["--run-time", f"{case.run_time_seconds * self._pace:.0f}s", "--workers", str(case.workers)]
        command += ["--stop-timeout", "5"]
        if case.proof:
            command += ["--locustfile", self.locustfile]
            command += [] if "--users" in case.arguments else ["--users", "4"]
        if prometheus is not None:
            command += ["--prometheus-url", prometheus.url]
        variables = os.environ | {"PROOF": case.proof, "COLUMNS": "200"} | dict(case.environment)
        return ManagedProcess(
            f"proof {case.name}",
            [*command, *case.arguments],
            env=variables,
            log_path=folder / "output.txt",
            cwd=PROJECT,
        )

    def _accompany(self, case: Case, run: ManagedProcess, prometheus: OwnPrometheus | None) -> None:
        """Bring the causes about at their time, until the run has ended."""
        deadline = time.monotonic() + case.run_time_seconds * self._pace + _OVERRUN_SECONDS
        begun: dict[str, float] = {}
        waiting = list(case.actions)
        while run.alive and time.monotonic() < deadline:
            if prometheus is not None:
                prometheus.scrape(_exporter_of(run))
            phase = _phase_of(run)
            begun.setdefault(phase, time.monotonic())
            for action in [action for action in waiting if self._is_due(action, begun)]:
                waiting.remove(action)
                self._act(action, run, prometheus)
            self._resume_due()
            time.sleep(_POLL_SECONDS)

    def _is_due(self, action: Action, begun: dict[str, float]) -> bool:
        return action.phase in begun and time.monotonic() >= begun[action.phase] + action.at_seconds * self._pace

    def _act(self, action: Action, run: ManagedProcess, prometheus: OwnPrometheus | None) -> None:
        if isinstance(action, Reload):
            _reload(action, run)
        elif not isinstance(action, Signal):
            self._undo.callback(action.begin(self.api_url))
        elif prometheus is not None:
            prometheus.kill()
            self._resumes.append((time.monotonic() + action.for_seconds * self._pace, prometheus.start))
        else:
            self._signal(action)

    def _signal(self, action: Signal) -> None:
        process = _find(action.words)
        if not action.for_seconds:
            process.kill()
            return
        process.suspend()
        self._resumes.append((time.monotonic() + action.for_seconds * self._pace, process.resume))

    def _resume_due(self) -> None:
        now = time.monotonic()
        due = [resume for at, resume in self._resumes if at <= now]
        self._resumes = [(at, resume) for at, resume in self._resumes if at > now]
        for resume in due:
            resume()

    def _resume_all(self) -> None:
        resumes, self._resumes = self._resumes, []
        for _, resume in resumes:
            with contextlib.suppress(psutil.Error):
                resume()


def _scenario(case: Case) -> str:
    return PROOF_SCENARIO if case.proof else case.scenario


def _find(words: tuple[str, ...]) -> psutil.Process:
    """Return the first of our children, and of theirs, that was started with all the words. Raise LookupError."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if was_started_with(process.cmdline(), words):
                return process
    raise LookupError(f"no process with {' '.join(words)} in its command line")


def was_started_with(command: list[str], words: tuple[str, ...]) -> bool:
    """Return whether each word is an argument, or an option with a value: ``api`` is not part of ``--api-metrics``."""
    return all(any(argument == word or argument.startswith(f"{word}=") for argument in command) for word in words)


def _exporter_of(run: ManagedProcess) -> str | None:
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(run.pid).children(recursive=True):
            line = process.cmdline()
            if "--loadtest-exporter-port" in line:
                return f"127.0.0.1:{line[line.index('--exporter-port') + 1]}"
    return None


def _urls(run: ManagedProcess) -> tuple[str, str] | None:
    match = _URLS.search(run.log_path.read_text(encoding="utf-8", errors="replace"))
    return (match[1], match[2]) if match else None


def _phase_of(run: ManagedProcess) -> str:
    """Return the phase of the run; empty while it is not known."""
    urls = _urls(run)
    if urls is None:
        return ""
    try:
        return str(direct_session().get(f"{urls[0]}/loadtest/run", timeout=5).json().get("phase") or "")
    except requests.RequestException:
        return ""


def _reload(action: Reload, run: ManagedProcess) -> None:
    urls = _urls(run)
    assert urls is not None  # an action is due in a phase, which was read from there
    (file,) = run.log_path.parent.glob(f"results/*/rules/{action.file}")
    file.write_text(action.text, encoding="utf-8")
    if not reload_rules(_find(PROMETHEUS).pid, urls[1]):
        raise RuntimeError(f"Prometheus at {urls[1]} could not load {file}")


def _proof_of(case: Case, folder: Path, exit_code: int | None) -> Proof:
    paths = list(folder.glob("results/*/verdict.json"))
    if len(paths) != 1:
        return Proof(case, frozenset(), "-", exit_code, f"no verdict: see {folder / 'output.txt'}")
    document: dict[str, Any] = json.loads(paths[0].read_text(encoding="utf-8"))
    fired = _fired(document)
    return Proof(case, fired, document["verdict"], exit_code, _problem(case, fired, document["verdict"], exit_code))


def _fired(document: dict[str, Any]) -> frozenset[str]:
    spans = {_name_of(span) for span in document["alerts"] if span["state"] == "firing"}
    checks = {check["name"]: check["ok"] for check in document["completeness"]}
    watched = [ok for name, ok in checks.items() if name.startswith("rules evaluated")]
    spans |= {"RunWatched"} if watched and all(watched) else set()
    return frozenset(spans | ({"RunJudged"} if checks.get("run judged") else set()))


def _name_of(span: dict[str, Any]) -> str:
    """Return the alert's name; of the live one, which objective it fired for as well."""
    return missed(span["subject"].partition(" ")[0]) if span["name"] == LIVE_ALERT else str(span["name"])


def _problem(case: Case, fired: frozenset[str], verdict: str, exit_code: int | None) -> str:
    expected = case.outcome
    missing = case.alerts - fired
    others = fired - case.alerts - case.tolerated - WATCH
    found = [
        f"did not fire: {', '.join(sorted(missing))}" if missing else "",
        f"fired as well: {', '.join(sorted(others))}" if others else "",
        f"{verdict}, not {expected}" if verdict != expected else "",
        f"exit code {exit_code}, not {expected.exit_code}" if exit_code != expected.exit_code else "",
    ]
    return "; ".join(filter(None, found))
