"""Which tests run on one worker when several run at once, and which of them begin."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

#: What one worker runs: folders whose conftest.py starts processes for all of their tests, and those that evaluate
#: rules every 500 ms and are told when that is late, of which two at once would disturb each other.
TOGETHER = (
    ("tests/api",),
    ("tests/locust_users",),
    ("tests/grafana", "tests/rules/test_gate_on_a_real_prometheus.py"),
)
#: Long tests that share nothing with their neighbors, all of a file or some.
TESTS_APART = (
    "tests/examples/test_own_api.py",
    "tests/exporters/live/test_modes.py",
    "tests/rules/test_rules.py",
    "tests/runs/test_run_to_verdict.py::test_an_impossible_threshold",
    "tests/runs/test_run_to_verdict.py::test_ctrl_c",
    "tests/runs/test_run_to_verdict.py::test_prometheus_stopped",
    "tests/runs/test_run_to_verdict.py::test_the_api_killed",
    "tests/run/test_locustfile.py",
    "tests/stack/test_stack_with_api.py",
)
#: The longest begin: a long test that begins last runs on its own while the other workers have nothing left to do.
LONGEST_FIRST = (
    "tests/runs/test_runs_in_a_row.py",
    "tests/grafana",
    "tests/rules/test_gate_on_a_real_prometheus.py",
    "tests/run/test_web.py",
    "tests/docs/test_commands_run.py",
    "tests/api",
    "tests/locust_users",
    "tests/rules/test_rules.py",
    "tests/runs",
    "tests/faults",
    "tests/examples",
    "tests/tracing",
    "tests/ci",
    "tests/alert_proof",
    "tests/stack/test_stack",
    "tests/exporters/live",
    "tests/cli/test_output.py",
)


class FilesTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Keep a file on one worker, as its tests may share fixtures, unless it is listed above."""

    def __init__(self, config: Any, log: Any = None) -> None:
        config.option.loadscopereorder = False  # by the number of tests, which says nothing about how long they take
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return what is kept on one worker: a folder, a file or a single test."""
    file = nodeid.partition("::")[0]
    for together in TOGETHER:
        if f"{file}/".startswith(tuple(f"{place}/" for place in together)):
            return together[0]
    return nodeid if nodeid.startswith(TESTS_APART) else file


def place_in_line(nodeid: str) -> int:
    """Return a number that is lower for what begins earlier."""
    places = (place for place, prefix in enumerate(LONGEST_FIRST) if nodeid.startswith(prefix))
    return next(places, len(LONGEST_FIRST))
