import os
import shutil
import sys
from pathlib import Path

import pytest

from swarmscope.project.places import TOOLS_DIR
from swarmscope.stack.programs.prometheus import PrometheusBinaries, find_prometheus
from tests.places import ROOT

LOCUST_DIR = str(ROOT / "locust")
if LOCUST_DIR not in sys.path:  # Locust puts it there for a locustfile
    sys.path.append(LOCUST_DIR)


@pytest.fixture(scope="session")
def prometheus() -> PrometheusBinaries:
    return find_prometheus()


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Return the one that is asked for, on PATH, or fetched before; else the one of the Prometheus that is found."""
    fetched = (path for path in sorted(TOOLS_DIR.rglob("promtool")) if path.is_file() and os.access(path, os.X_OK))
    found = os.environ.get("PROMTOOL_BIN") or shutil.which("promtool") or next(fetched, None)
    return Path(found) if found else find_prometheus().promtool
