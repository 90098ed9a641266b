"""What tests/conftest.py holds all tests to, on tests of its own."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from tests.places import ROOT
from tests.workers import LONGEST_FIRST, TESTS_APART, TOGETHER, scope_of

pytest_plugins = "pytester"
pytestmark = pytest.mark.real

CONFIG = (
    "[pytest]\nmarkers =\n  real: starts processes\n  compose: needs Docker\n  alone: by the clock\n  faults: breaks\n"
)
STARTS = """
import subprocess, pytest

def test_quiet():
    pass

def test_hasty():
    subprocess.run(["true"])

@pytest.mark.real
def test_honest():
    subprocess.run(["true"])
"""
SHARES = """
import pytest

@pytest.fixture(scope="module")
def stack():
    print("started")

@pytest.mark.parametrize("number", range(8))
def test_shares(stack, number):
    pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeini(CONFIG)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text())
    return pytester


def test_a_test_that_starts_a_process_has_to_be_marked(project: pytest.Pytester) -> None:
    project.makepyfile(STARTS)
    ended = project.runpytest_subprocess("-p", "no:cacheprovider")
    ended.assert_outcomes(passed=3, errors=1)
    ended.stdout.fnmatch_lines(["*ERROR at teardown of test_hasty*", "*mark it with pytest.mark.real*"])


def test_the_tests_of_a_file_run_on_one_worker(project: pytest.Pytester) -> None:
    project.makepyfile(test_one=SHARES, test_other=SHARES)
    ended = project.runpytest_subprocess("-n", "2", "-v", "-p", "no:cacheprovider")
    ended.assert_outcomes(passed=16)
    ran = re.findall(r"\[(gw\d)\] .* PASSED (test_\w+)\.py::", ended.stdout.str())
    assert len(ran) == 16
    assert len(set(ran)) == 2, "one worker for each of the two files"


@pytest.mark.parametrize(
    ("expression", "ran", "imported"),
    [
        ("alone and not faults", 1, {"alone"}),
        ("faults", 1, {"faults"}),
        ("alone or faults", 2, {"alone", "faults", "plain"}),
        ("faults or (not alone)", 2, {"alone", "faults", "plain"}),
        ("not alone", 2, {"alone", "faults", "plain"}),
        ("", 3, {"alone", "faults", "plain"}),
    ],
)
def test_of_few_tests_with_a_mark_none_is_lost_and_the_files_of_others_are_not_imported(
    project: pytest.Pytester, expression: str, ran: int, imported: set[str]
) -> None:
    body = "import pathlib\nimport pytest\npathlib.Path('{0}.imported').touch()\n\n{1}\ndef test_{0}():\n    pass\n"
    project.makepyfile(
        test_alone=body.format("alone", "@pytest.mark.alone"),
        test_faults=body.format(
            "faults", "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.faults)])"
        ).replace("test_faults()", "test_faults(x)"),
        test_plain=body.format("plain", ""),
    )
    ended = project.runpytest_subprocess("-m", expression, "-p", "no:cacheprovider")
    assert ended.parseoutcomes()["passed"] == ran
    assert {path.stem for path in project.path.glob("*.imported")} == imported


def test_a_rare_mark_that_its_file_does_not_name_is_refused_in_every_run(project: pytest.Pytester) -> None:
    project.makepyfile("from pytest import mark as usual\n\n@usual.alone\ndef test_hidden():\n    pass\n")
    ended = project.runpytest_subprocess("-m", "not alone", "-p", "no:cacheprovider")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(["*::test_hidden: write pytest.mark.alone out in this file"])


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/api/test_auth.py::test_a[x/y]", "tests/api"),
        ("tests/rules/test_gate_on_a_real_prometheus.py::test_a", "tests/grafana"),
        ("tests/stack/test_stack.py::test_a", "tests/stack/test_stack.py"),
        ("tests/runs/test_run_to_verdict.py::test_a", "tests/runs/test_run_to_verdict.py"),
        ("tests/runs/test_run_to_verdict.py::test_ctrl_c[1]", "tests/runs/test_run_to_verdict.py::test_ctrl_c[1]"),
        ("tests/examples/test_own_api.py::test_a", "tests/examples/test_own_api.py::test_a"),
    ],
)
def test_one_worker_has_a_shared_folder_a_file_or_a_long_test(nodeid: str, scope: str) -> None:
    assert scope_of(nodeid) == scope


@pytest.mark.parametrize("listed", [*chain(*TOGETHER), *TESTS_APART, *LONGEST_FIRST])
def test_what_is_listed_for_the_workers_exists(listed: str) -> None:
    path, _, name = listed.partition("::")
    (*_, file) = sorted(ROOT.glob(f"{path}*"))
    assert file.is_dir() or f"\ndef {name}" in file.read_text()
