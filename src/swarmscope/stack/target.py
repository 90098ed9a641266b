"""The target of a project as a child of the stack; everything it needs to know goes by its environment."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import PROJECT
from swarmscope.project.target_settings import Target

STOP_TIMEOUT_SECONDS = 5


def target_process(
    target: Target, values: Mapping[str, str], settings: Mapping[str, str], more: Mapping[str, str], log_path: Path
) -> ManagedProcess:
    """Return the target, not yet started.

    ``values`` replace the names in braces in its settings. ``settings``, the target's own and ``more`` are its whole
    environment, the later of them winning.
    """
    own = {name: _filled(text, values) for name, text in target.environment.items()}
    return ManagedProcess(
        "API",
        command_of(target.command),
        env={**settings, **own, **more},
        log_path=log_path,
        cwd=PROJECT,
        stop_timeout_seconds=STOP_TIMEOUT_SECONDS,
    )


def command_of(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command to start; ``python`` is the one that runs this process."""
    program, *arguments = command
    return (sys.executable if program == "python" else program, *arguments)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
