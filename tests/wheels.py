"""The product as a wheel, in an environment that holds what it declares and nothing else."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

from tests.places import ROOT


def build(folder: Path, *targets: str) -> None:
    """Build the wheel and the sdist into the folder, or the ``targets`` alone."""
    chosen = [word for target in targets for word in ("-t", target)]
    subprocess.run([sys.executable, "-m", "hatchling", "build", *chosen, "-d", folder], cwd=ROOT, check=True)


def environment(folder: Path, *more: str) -> Path:
    """Make a virtual environment with what the product declares, and nothing else; return its Python."""
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    for name in needed(*more):
        for file in importlib.metadata.distribution(name).files or ():
            top = file.parts[0]
            if top != ".." and not (packages / top).exists():
                (packages / top).symlink_to(str(importlib.metadata.distribution(name).locate_file(top)))
    return venv / "bin" / "python"


def needed(*more: str) -> set[str]:
    """Return the packages that ours needs without any extra, those that they need, and ``more`` with theirs."""
    found: set[str] = set()
    ours = importlib.metadata.requires("swarmscope") or []
    left = [*(Requirement(text) for text in ours), *map(Requirement, more)]
    while left:
        requirement = left.pop()
        extras = requirement.extras or {""}
        wanted = requirement.marker is None or any(requirement.marker.evaluate({"extra": each}) for each in extras)
        if wanted and requirement.name not in found:
            found.add(requirement.name)
            needs = importlib.metadata.requires(requirement.name) or []
            left += [each for text in needs if "extra ==" not in text for each in [Requirement(text)]]
    return found


def pip_install(python: Path, *what: str | Path) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
