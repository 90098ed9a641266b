"""The two roots: what travels with the package, and the project that is tested.

Rules, dashboards and provisioning are the package's; a checkout uses its own folders. Locustfiles, results, .env and
the embedded stack's data are the project's, which is the folder of the caller's swarmscope.toml.
"""

from __future__ import annotations

import os
import shlex
import sys
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

PROJECT_FILE = "swarmscope.toml"
#: Names the project's folder for processes that run elsewhere.
PROJECT_VARIABLE = "SWARMSCOPE_PROJECT"


def project_root() -> Path:
    """Return the nearest folder with a swarmscope.toml, from the current one upwards; else the current one."""
    named = os.environ.get(PROJECT_VARIABLE)
    if named:
        return Path(named).resolve()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / PROJECT_FILE).is_file()), here)


_PACKAGE = Path(str(files("swarmscope")))
_IS_WHEEL = (_PACKAGE / "data").is_dir()
_PACKAGE_DATA = _PACKAGE / "data" if _IS_WHEEL else _PACKAGE.parents[1]


def clone_of(prefix: Path) -> Path | None:
    """Return the clone that `make install` set this environment up for; None for one that pip was used in."""
    if _IS_WHEEL or prefix.resolve() != (_PACKAGE_DATA / ".venv").resolve():
        return None
    return _PACKAGE_DATA


PROJECT = project_root()
#: The clone whose .venv runs this, wherever it is called from.
CLONE = clone_of(Path(sys.prefix))
PROMETHEUS_DIR = _PACKAGE_DATA / "prometheus"
GRAFANA_DIR = _PACKAGE_DATA / "grafana"
DEFAULT_RULES = PROMETHEUS_DIR / "rules"
DEFAULT_RESULTS = PROJECT / "results"
#: Runs that later ones are compared with, for version control.
DEFAULT_BASELINES = PROJECT / "baselines"
#: The Docker stack, where the project has one.
COMPOSE_FILE = PROJECT / "docker-compose.load-test.yml"
#: Data, logs and configuration of the embedded stack; nothing in it belongs under version control.
STATE_DIR = PROJECT / ".swarmscope"
#: Programs that were downloaded.
TOOLS_DIR = user_cache_path("swarmscope", appauthor=False) / "tools"


def keep_out_of_version_control(folder: Path) -> None:
    """Make a folder that Git passes over, whatever the project's own .gitignore says."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")


def make_results_folder(folder: Path) -> None:
    """Make the folder for the results of runs; a new one is passed over by Git, and one that is there stays as it is.

    Raise OSError when it cannot be made.
    """
    if not folder.is_dir():
        keep_out_of_version_control(folder)


def install_command(clone: Path | None = CLONE, project: Path = PROJECT) -> str:
    """Return the command that installs what is missing, the embedded servers as well."""
    if clone is None:
        return 'pip install "swarmscope[embedded]"'
    return "make install" if clone == project else f"make -C {shlex.quote(str(clone))} install"
