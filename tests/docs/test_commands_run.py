"""Every command of the docs is run as printed, in a clean clone, or is an exception with a reason."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clones import install
from tests.docs.run_commands import EXCEPTIONS, RUN, Run
from tests.docs.shown_commands import DOCUMENTS, ROOT, shown_commands
from tests.examples.shop import Shop

SHOWN = {
    " ".join(shown.words)
    for document in DOCUMENTS
    for shown in shown_commands(document)
    if len(shown.words) > 1 or os.access(ROOT / shown.words[0], os.X_OK)  # else it is the name of a file
}
_TIMEOUT_SECONDS = 120


def test_each_shown_command_is_run_or_has_a_reason_and_no_other_is_in_the_table() -> None:
    assert set(RUN) | set(EXCEPTIONS) == SHOWN
    assert set(RUN) & set(EXCEPTIONS) == set()
    assert all(EXCEPTIONS.values())


@dataclass(frozen=True)
class Clone:
    """A clone of what is committed, with a user's own files in it.

    The folder shop is a project as the README shows it; the locustfile and thresholds of docs/own-api.md are beside it.
    """

    folder: Path
    shop: str

    @property
    def run_id(self) -> str:
        return max(path.parent.name for path in self.folder.glob("results/*-smoke/verdict.json"))

    @property
    def missed_by_time_alone(self) -> bool:
        """Whether the latest run missed objectives of latency and no other, as it may beside other tests."""
        verdicts = self.folder.glob("results/*/verdict.json")
        objectives = json.loads(max(verdicts, key=lambda path: path.stat().st_mtime).read_text())["objectives"]
        missed = [item["objective"] for item in objectives if item["status"] == "FAIL"]
        return missed != [] and all(name.endswith("_seconds") for name in missed)

    def line(self, command: str, run: Run) -> str:
        text = f"{run.instead or command} {run.more}".strip()
        return text.format(run_id=self.run_id if "{run_id}" in text else "", shop=self.shop)

    def start(self, command: str, run: Run) -> subprocess.Popen[str]:
        """Return the command as a shell reads it; standard error goes where standard output goes."""
        names = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        if command.startswith("swarmscope "):  # on PATH, as `pip install` leaves it
            environment["PATH"] = os.pathsep.join((str(self.folder / ".venv" / "bin"), environment["PATH"]))
        return subprocess.Popen(
            ["bash", "-c", self.line(command, run)],
            cwd=self.folder / run.folder,
            env=environment | dict(run.setting),
            stdout=(self.folder / "output").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()


@pytest.fixture(scope="module")
def clone() -> Iterator[Clone]:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)  # as root, PostgreSQL's programs run as another account
        yield from _cloned(Path(place) / "swarm scope für alle")


def _cloned(folder: Path) -> Iterator[Clone]:
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    install(folder)
    project, own = _blocks("README.md"), _blocks("docs/own-api.md")
    (folder / "shop").mkdir()
    for path, text in {
        "shop/locustfile.py": project["python"],
        "shop/swarmscope.toml": project["toml"],
        "shop.py": own["python"],
        "shop.yml": own["yaml"],
    }.items():
        (folder / path).write_text(text.replace("/catalogue", "/items"))
    with Shop() as shop:
        yield Clone(folder, shop.url)


def _blocks(document: str) -> dict[str, str]:
    """Return the first code block of each language."""
    blocks = re.findall(r"^```(python|toml|yaml)\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    return dict(reversed(blocks))


@pytest.mark.real
@pytest.mark.parametrize("command", RUN)
def test_a_shown_command_runs_as_printed(clone: Clone, command: str) -> None:
    run = RUN[command]
    process = clone.start(command, run)
    try:
        if run.until:
            _interrupt_when_up(clone, process, run.until)
        code = process.wait(_TIMEOUT_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)
    judged = 2 in run.codes
    assert run.until or code in run.codes or (judged and code == 1 and clone.missed_by_time_alone), clone.output
    assert "Traceback" not in clone.output
    if judged:
        assert "Verdict: " in clone.output, clone.output


def _interrupt_when_up(clone: Clone, process: subprocess.Popen[str], until: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while until not in clone.output:
        assert process.poll() is None and time.monotonic() < deadline, clone.output  # noqa: PT018  # one condition
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.real
def test_the_commands_leave_the_clone_as_it_was(clone: Clone) -> None:
    status = ["git", "status", "--porcelain", "--untracked-files=no"]
    done = subprocess.run(status, cwd=clone.folder, capture_output=True, text=True, check=True)
    assert done.stdout == ""
