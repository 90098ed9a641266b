"""Every verdict of the fault suite is the same from evidence as it was live."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.runs.command import ROOT, RunCommand

#: What a second verdict has of its own.
_OF_ITS_OWN = {"context", "evidence", "digest", "warnings"}


def assert_same_from_evidence(run: RunCommand) -> None:
    """Judge each run again that left evidence, from a copy of its folder, and compare all that the verdict says."""
    for folder in sorted(path.parents[1] for path in run.results.glob("*/evidence/manifest.json")):
        live = json.loads((folder / "verdict.json").read_text())
        again = _judged_again(folder)
        different = {key: (live[key], again[key]) for key in live.keys() - _OF_ITS_OWN if live[key] != again[key]}
        assert different == {}, different


def _judged_again(folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as elsewhere:
        copy = Path(shutil.copytree(folder, Path(elsewhere) / folder.name))
        command = [sys.executable, "-m", "swarmscope", "verdict", "--from", str(copy)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        path = copy / "judged-again" / "verdict.json"
        assert path.is_file(), ended.stdout + ended.stderr
        document: dict[str, Any] = json.loads(path.read_text())
        return document
