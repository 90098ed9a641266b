"""Runs ``swarmscope run`` as a person would, and reads what it left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import psutil

from swarmscope.prometheus.rule_sets import lay_out

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "prometheus" / "rules"


class RunCommand:
    """One run as a child process, with its own state and results folders below ``folder``.

    It need not be ``sure`` of its thresholds: runs of tests take seconds.
    """

    COMMAND: ClassVar[str] = "run"
    #: All runs of this test process, for a fixture to end those that a failed test left behind.
    started: ClassVar[list[RunCommand]] = []
    #: How the runs of the current test ended: PASS, FAIL, INCONCLUSIVE or refused.
    outcomes: ClassVar[list[str]] = []

    def __init__(
        self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, sure: bool = False
    ) -> None:
        self.results = folder / "results"
        self.output = folder / "output.txt"
        self.pids: set[int] = set()
        command = [sys.executable, "-m", "swarmscope", self.COMMAND, "--headless"]
        command += ["--results", str(self.results), "--state-dir", str(folder / "state"), *arguments]
        if (
            self.COMMAND == "run" and not sure and not {"--locust-url", "--prometheus-url"} & set(arguments)
        ):  # whose rules are loaded already
            command[5:5] = ["--confidence", "0"]
        folder.mkdir(parents=True, exist_ok=True)
        variables = os.environ | {"COLUMNS": "160"} | dict(environment or {})
        self.started.append(self)
        with self.output.open("w") as output:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=variables)

    def end(self) -> None:
        """End the run, if it is not over; its children go with it."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    @property
    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, pattern: str, timeout_seconds: float = 90) -> None:
        """Wait until the output matches; remember the children that run then."""
        self._until(lambda: re.search(pattern, self.text) is not None, f"{pattern!r} in the output", timeout_seconds)
        self.pids |= {child.pid for child in self.children()}

    def children(self) -> list[psutil.Process]:
        """Return all processes of the run that live now."""
        return psutil.Process(self._process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        """Return the child whose command line contains all of these words."""
        for process in self.children():
            line = " ".join(process.cmdline())
            if all(word in line for word in words):
                return process
        raise AssertionError(f"no child with {words} in its command line")

    def interrupt(self) -> None:
        """Ctrl-C, which a terminal sends to the parent alone: the children are in sessions of their own."""
        self._process.send_signal(signal.SIGINT)

    def exit_code(self, timeout_seconds: float = 150) -> int:
        try:
            code = self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"the run did not end in {timeout_seconds} s:\n{self.text}") from None
        judged = any(self.results.glob("*/verdict.json"))
        self.outcomes.append(self.verdict()["verdict"] if judged else "refused" if code == 2 else f"exit code {code}")
        return code

    def verdict(self) -> dict[str, Any]:
        (path,) = self.results.glob("*/verdict.json")
        document: dict[str, Any] = json.loads(path.read_text())
        return document

    @property
    def folder(self) -> Path:
        (folder,) = self.results.glob("*-*")
        return folder

    def leftovers(self, timeout_seconds: float = 10) -> list[str]:
        """Return the remembered children that still run; wait for them to go."""
        living = [psutil.Process(pid) for pid in self.pids if psutil.pid_exists(pid)]
        _, alive = psutil.wait_procs(living, timeout=timeout_seconds)
        return [" ".join(process.cmdline()) for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def _until(self, condition: Callable[[], bool], what: str, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"waited for {what}; the output is:\n{self.text}")
            time.sleep(0.1)


def rules_with(folder: Path, changes: dict[str, str]) -> Path:
    """Return a copy of the rule files with texts replaced in those of thresholds; each text must be in one."""
    lay_out(RULES, None, folder)
    for before, after in changes.items():
        (path,) = (path for path in folder.glob("*thresholds.yml") if before in path.read_text())
        path.write_text(path.read_text().replace(before, after))
    return folder
