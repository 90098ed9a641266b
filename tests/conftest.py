"""What holds for all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.fault_matrix import MatrixWriter
from tests.runs.command import RunCommand
from tests.workers import FilesTogether, place_in_line

#: Marks of few tests: with `-m "alone ..."` the files that hold none are not even imported, which takes seconds.
RARE_MARKS = frozenset({"alone", "compose", "faults"})
STARTS_A_PROCESS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"})

_started: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes down what the tests of kinds of faults have seen."""
    parser.addoption("--write-fault-matrix", action="store_true", help="bring docs/fault-matrix.md up to date")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests away from the Grafana of this machine or its user, unless they say so.

    In the environment, which wins over .env, and which the processes that tests start inherit.
    """
    os.environ["GRAFANA_HOME"] = "none"
    os.environ["GRAFANA_URL"] = ""
    sys.addaudithook(_note_start)
    if config.getoption("--write-fault-matrix") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(MatrixWriter())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over the files without a test that has the mark, where only tests with a rare one are asked for."""
    mark, *further = str(config.option.markexpr).split() or [""]
    if mark not in RARE_MARKS or "or" in further or not fnmatch(collection_path.name, "test_*.py"):
        return None  # with "or" a test may be meant that has another mark
    return None if _names(collection_path, mark) else True


@cache
def _names(file: Path, mark: str) -> bool:
    return f"mark.{mark}" in file.read_text()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """Decide which tests go to one worker of pytest-xdist (`pytest -n 4`)."""
    return FilesTogether(config, log)


@pytest.hookimpl(tryfirst=True)  # before those are left out that `-m` does not ask for
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse marks that `pytest_ignore_collect` would overlook; in a worker, begin with the longest tests."""
    for item in items:
        for mark in item.iter_markers():
            if mark.name in RARE_MARKS and not _names(item.path, mark.name):
                raise pytest.UsageError(f"{item.nodeid}: write pytest.mark.{mark.name} out in this file")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place_in_line(item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget what earlier tests started, before the fixtures of this one start theirs."""
    _started.clear()
    RunCommand.outcomes.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which kinds of faults a test tried, and how its runs ended, for `MatrixWriter`."""
    if call.when == "call":
        outcomes = ", ".join(dict.fromkeys(RunCommand.outcomes))
        for mark in item.iter_markers("kind"):
            item.user_properties.append(("kind", (*mark.args, outcomes or mark.kwargs["verdict"])))
    return (yield)


@pytest.fixture(autouse=True)
def _starts_no_process_unless_it_says_so(request: pytest.FixtureRequest) -> Iterator[None]:
    """Require the mark of a test that starts a process: `make test-fast` starts none."""
    yield
    if request.node.get_closest_marker("real") is None and request.node.get_closest_marker("compose") is None:
        assert _started == [], "this test starts a process: mark it with pytest.mark.real"


def _note_start(event: str, arguments: tuple[Any, ...]) -> None:
    if event in STARTS_A_PROCESS:
        _started.append(f"{event}: {arguments[:2]}")
