"""The two roots: what travels with the package, and the project that is tested.

Rules, dashboards and provisioning are the package's; a checkout uses its own folders. Locustfiles, results, .env and
the embedded stack's data are the project's, which is the folder of the caller's swarmscope.toml.
"""

from __future__ import annotations

import os
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


def _package_data() -> Path:
    package = Path(str(files("swarmscope")))
    data = package / "data"  # in a wheel
    return data if data.is_dir() else package.parents[1]


PROJECT = project_root()
PROMETHEUS_DIR = _package_data() / "prometheus"
GRAFANA_DIR = _package_data() / "grafana"
DEFAULT_RULES = PROMETHEUS_DIR / "rules"
DEFAULT_RESULTS = PROJECT / "results"
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
