"""run-tests.sh is a thin wrapper: which command it starts, in a clone whose Python only prints how it was called."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.stack.conftest import make_program


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "run-tests.sh", tmp_path / "scripts")
    make_program(tmp_path / ".venv" / "bin" / "python", 'echo "python $*"; pwd; echo "project $SWARMSCOPE_PROJECT"')
    make_program(tmp_path / "bin" / "make", '[ "$PWD" = "$CLONE" ]; echo "make $*"; exit "${INSTALL_FAILS:-0}"')
    return tmp_path


def run(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = (
        os.environ
        | {"PATH": f"{clone / 'bin'}:{os.environ['PATH']}", "CLONE": str(clone), "PYTHONPATH": ""}
        | environment
    )
    script = clone / "scripts" / "run-tests.sh"
    return subprocess.run([script, *arguments], cwd="/", env=env, capture_output=True, text=True, check=False)


@pytest.mark.real
@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("smoke", "--users", "5", "--headless"), "swarmscope run smoke --users 5 --headless"),
        (("stress", "--docker", "--host", "http://a"), "swarmscope run stress --docker --host http://a"),
        (("all", "--include-soak"), "swarmscope all --include-soak"),
        (("web", "--workers", "2"), "swarmscope web --workers 2"),
        (("distributed",), "swarmscope run baseline --workers 4"),
        (("distributed", "--workers", "8"), "swarmscope run baseline --workers 4 --workers 8"),
        (("distributed", "smoke", "--docker"), "swarmscope run smoke --workers 4 --docker"),
        (("help", "all"), "swarmscope all --help"),
        (("help", "smoke"), "swarmscope run --help"),
    ],
)
def test_each_word_starts_its_command_after_the_installation(
    clone: Path, arguments: tuple[str, ...], command: str
) -> None:
    said = run(clone, *arguments).stdout.splitlines()
    assert said[:2] == ["make --silent install", f"python -P -m {command}"]
    assert said[2:] == ["/", f"project {clone}"]  # in the caller's folder, from which no module is taken


@pytest.mark.real
@pytest.mark.parametrize("given", [("--locustfile", "mine.py"), ("--locustfile=mine.py",)])
def test_with_a_locustfile_the_project_is_the_folder_of_the_caller(clone: Path, given: tuple[str, ...]) -> None:
    assert run(clone, "shop", *given).stdout.splitlines()[3] == "project "


@pytest.mark.real
@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_help_needs_nothing_installed(clone: Path, arguments: tuple[str, ...]) -> None:
    result = run(clone, *arguments)
    assert (result.returncode, "make" in result.stdout) == (0, False)
    assert result.stdout.startswith("scripts/run-tests.sh <scenario> [options]       run a scenario and judge it: ")


@pytest.mark.real
def test_paths_are_those_of_the_caller_and_modules_those_of_the_clone(tmp_path: Path) -> None:
    for name in ("swarmscope", "swarmscope_exporter", "locust", "typer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('taken from the folder of the caller')")
    (tmp_path / "empty.py").write_text("import locust\n")
    labels = "scenario: shop, objective: error_ratio, bound: max, severity: critical"
    line = f"{{record: loadtest:threshold, labels: {{{labels}}}, expr: vector(0.01)}}"
    (tmp_path / "own.yml").write_text(f"groups: [{{name: shop, rules: [{line}]}}]\n")
    script = ROOT / "scripts" / "run-tests.sh"
    for name, said in (("none.py", "The locustfile {} does not exist: "), ("empty.py", "{} has no user class: ")):
        thresholds = ("--thresholds", "own.yml")
        command = [str(script), "shop", "--locustfile", name, *thresholds, "--users", "1", "--run-time", "9s"]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ended.stderr.startswith(said.format(tmp_path / name))
        assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.real
def test_a_failed_installation_starts_nothing(clone: Path) -> None:
    result = run(clone, "smoke", INSTALL_FAILS="2")
    assert (result.returncode, result.stdout) == (2, "make --silent install\n")


def test_windows_has_the_same_command_on_docker_and_line_ends_of_its_own() -> None:
    content = (ROOT / "scripts" / "run_load_tests.bat").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n")
    assert b'"%VENV_PYTHON%" -m swarmscope all --docker %*\r\nexit /b %ERRORLEVEL%' in content
