"""What a proof is: a run with a cause, and what has to come of it; and the file of a project's cases."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from swarmscope.errors import CommandError
from swarmscope.objectives import Threshold
from swarmscope.project.settings import project
from swarmscope.verdict.verdict import Outcome


class TargetAction(Protocol):
    """Changes the system under test, ``at_seconds`` after the phase began."""

    @property
    def at_seconds(self) -> float: ...

    @property
    def phase(self) -> str: ...

    def begin(self, target_url: str) -> Callable[[], None]:
        """Bring the cause about; return what ends it. Raise CommandError when the target does not do it."""
        ...


@dataclass(frozen=True)
class Signal:
    """Kills (``for_seconds`` 0) or pauses a process whose command line has these words."""

    words: tuple[str, ...]
    for_seconds: float = 0.0
    at_seconds: float = 6.0
    phase: str = "steady"


@dataclass(frozen=True)
class Reload:
    """Writes a rule file of the run, and makes Prometheus read it."""

    file: str
    text: str
    at_seconds: float = 6.0
    phase: str = "steady"


#: The alert that judges each objective live: it has to be proven for each.
LIVE_ALERT = "ObjectiveMissed"


def missed(objective: str) -> str:
    """Return what a proof calls the live alert when it fires for this objective."""
    return f"{LIVE_ALERT} {objective}"


Action = TargetAction | Signal | Reload


@dataclass(frozen=True)
class Case:
    """One run; ``alerts`` are all that must fire in it, and no others."""

    name: str
    cause: str  #: in words, for the table
    alerts: frozenset[str]
    outcome: Outcome
    thresholds: tuple[Threshold, ...]
    actions: tuple[Action, ...] = ()
    proof: str = ""  #: what the proving locustfile does; empty for the locustfile of the project
    scenario: str = field(default_factory=lambda: project().catalogue.first or "")  #: the first of the project
    arguments: tuple[str, ...] = ()
    run_time_seconds: float = 60.0
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Alerts that may fire beside them: whether they do is a matter of moments.
    tolerated: frozenset[str] = frozenset()
    extra_rules: str = ""  #: a rule file to be added
    own_prometheus: bool = False  #: it is restarted, so it must not be a child of the run


@dataclass(frozen=True)
class Cases:
    """What a file of cases holds."""

    path: Path
    cases: tuple[Case, ...]
    locustfile: Path


def load_cases(path: Path | None) -> Cases:
    """Return what the file holds; raise CommandError, one line, when there is none, or it is not one of cases."""
    if path is None:
        raise CommandError("swarmscope.toml names no alert_cases: a Python file with what makes each alert fire")
    sys.path.insert(0, str(path.parent))  # it may import its neighbors
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return Cases(path, tuple(module.CASES), Path(module.LOCUSTFILE))
    except (OSError, ImportError, AttributeError) as error:
        raise CommandError(f"{path} cannot be read as cases (CASES, LOCUSTFILE): {error}") from error
    finally:
        sys.path.remove(str(path.parent))
