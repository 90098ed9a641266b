"""The product away from this repository: built, installed with nothing but what it declares, and run elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmscope import __version__
from tests.clones import install
from tests.examples.shop import FOLDER as SHOP_FOLDER
from tests.examples.shop import Shop
from tests.places import ROOT
from tests.wheels import build, environment, pip_install

pytestmark = pytest.mark.real

#: What builds it; pip, for the environment that it is installed into, is that of this one.
BUILD_BACKEND = ("hatchling", "editables", "pip")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture
def place() -> Iterator[Path]:
    """Yield a folder whose name is hard on programs; PostgreSQL may run as another user, who must be able to enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "a folder of $HOME über all"
        place.mkdir()
        yield place


def said(python: Path, *arguments: str) -> str:
    program = python.with_name("swarmscope")
    bare = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(python.parents[2])}
    done = subprocess.run([program, *arguments], env=bare, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_holds_the_product_with_its_rules_and_dashboards_and_nothing_of_the_reference(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    assert tops == {"swarmscope", "swarmscope_exporter", "lean_http", f"swarmscope-{__version__}.dist-info"}
    data = {name.removeprefix("swarmscope/data/") for name in names if name.startswith("swarmscope/data/")}
    assert {"prometheus/prometheus.yml", "prometheus/rules/alerts.yml"} <= data
    assert not [name for name in data if name.startswith("prometheus/rules/reference")]
    assert {f"grafana/dashboards/{path.name}" for path in (ROOT / "grafana" / "dashboards").glob("*.json")} <= data
    assert "swarmscope/py.typed" in names


@pytest.mark.parametrize("source", ["wheel", "sdist", "git", "editable"])
def test_it_is_installed_and_says_its_version_and_help(source: str, built: Path, tmp_path: Path) -> None:
    python = environment(tmp_path, *BUILD_BACKEND)
    sources: dict[str, list[str | Path]] = {
        "wheel": [*built.glob("*.whl")],
        "sdist": [*built.glob("*.tar.gz")],
        "git": [f"git+file://{ROOT}"],
        "editable": ["--editable", ROOT],
    }
    pip_install(python, *sources[source])
    assert said(python, "--version") == f"swarmscope {__version__}\n"
    assert "Usage: swarmscope run" in said(python, "run", "--help")


@pytest.mark.alone
def test_a_run_of_the_wheel_in_a_project_of_its_own_is_judged_by_the_rules_that_came_with_it(
    wheel: Path, place: Path, tmp_path: Path
) -> None:
    python = environment(tmp_path, "pip")
    pip_install(python, wheel)
    project = place / "my shop"
    project.mkdir()
    for name in ("locustfile.py", "thresholds.yml"):
        shutil.copy(SHOP_FOLDER / name, project)
    (project / "swarmscope.toml").write_text("[scenarios.shop]\nusers = 10\nspawn_rate = 10\nrun_time = '12s'\n")
    with Shop() as shop:
        arguments = ["shop", "--host", shop.url, "--thresholds", "thresholds.yml", "--headless", "--confidence", "0"]
        command = [str(python.with_name("swarmscope")), "run", *arguments]
        done = subprocess.run(
            command, cwd=project, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = (project / "results").glob("*-shop")
    verdict = json.loads((folder / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["run"]["peak_users"]) == ("PASS", 10)
    assert verdict["figures"]["requests"] > 50
    assert (folder / "report.html").stat().st_size > 100_000
    assert {path.name for path in project.iterdir()} - {"__pycache__"} == {
        *("locustfile.py", "thresholds.yml", "swarmscope.toml"),
        *("results", ".swarmscope"),
    }
    assert (project / ".swarmscope" / ".gitignore").read_text() == "*\n"


@pytest.mark.alone
def test_a_clone_runs_where_its_path_has_blanks_umlauts_and_a_dollar_sign_in_the_plainest_locale(place: Path) -> None:
    clone = place / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
    install(clone)
    plain = {name: value for name, value in os.environ.items() if name not in {"LANG", "LANGUAGE"}} | {"LC_ALL": "C"}
    done = subprocess.run(
        ["make", "smoke", "RUN_TIME=10s", "ARGS=--headless --confidence 0"],
        cwd=clone,
        env=plain,
        capture_output=True,
        check=False,
    )
    assert b"Verdict: PASS" in done.stdout, (done.stdout + done.stderr).decode()
    (folder,) = (clone / "results").glob("*-smoke")
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "PASS"
