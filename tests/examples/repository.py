"""A repository of examples/, copied to a folder of its own, with its server running."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.places import ROOT

EXAMPLES = ROOT / "examples"
#: Packages that locustfiles import, beside what the product declares.
NEEDED = ("grpcio", "websocket-client")


@dataclass(frozen=True)
class Repository:
    """What a test makes of one: ``load`` is empty where a shape decides; ``fault`` is the verdict with --broken."""

    name: str
    workers: int
    fault: str = "FAIL"
    load: tuple[str, ...] = ("--users", "5", "--run-time", "10s")

    @property
    def folder(self) -> Path:
        return EXAMPLES / self.name

    def shown(self, start: str) -> list[str]:
        """Return the words of the one command in its README that begins like that."""
        [line] = re.findall(rf"^\$ ({start} .*?)(?:\s+#.*)?$", (self.folder / "README.md").read_text(), re.MULTILINE)
        return shlex.split(line)


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    text: str


class Copy:
    """``with Copy(repository, folder, python) as copy``: commands run there, in an environment without a clone."""

    def __init__(self, repository: Repository, folder: Path, python: Path, *server: str) -> None:
        self.repository, self.folder, self._python, self._server = repository, folder / repository.name, python, server

    def __enter__(self) -> Self:
        shutil.copytree(self.repository.folder, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "server.py", "--port", "0", *self._server]
        self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said.startswith("ready at "), said
        self.host = said.split()[-1]
        return self

    def answered(self) -> int:
        """End the server; return how many requests it says that it answered."""
        self._process.terminate()
        said, _ = self._process.communicate(timeout=10)
        [count] = re.findall(r"^answered (\d+) requests$", said, re.MULTILINE)
        return int(count)

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate(timeout=10)

    def locust(self, *more: str) -> Ended:
        """Run Locust as the README says, against the server of this copy; of options the last one counts."""
        return self._run(str(self._python), "-m", *self.repository.shown("locust"), "-H", self.host, *more)

    def swarmscope(self, *more: str) -> Ended:
        """Run the command of the README; what Locust is given after ``--`` stays behind everything else."""
        program, *shown = self.repository.shown("swarmscope")
        ours, theirs = (shown[: shown.index("--")], shown[shown.index("--") :]) if "--" in shown else (shown, [])
        load = (
            *self.repository.load,
            "--workers",
            str(self.repository.workers),
            "--confidence",
            "0",
            "--host",
            self.host,
            "--headless",
        )
        return self._run(str(self._python.with_name(program)), *ours, *load, *more, *theirs)

    @property
    def results(self) -> Path:
        [folder] = (self.folder / "results").glob("*-*")
        return folder

    def verdict(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.results / "verdict.json").read_text())
        return document

    def _run(self, *command: str) -> Ended:
        variables = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
        done = subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, timeout=200, check=False
        )
        return Ended(done.returncode, done.stdout + done.stderr)
