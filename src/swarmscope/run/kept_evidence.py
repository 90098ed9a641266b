"""Whether what a run has put into its folder is still there while it is under way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.prometheus.rule_sets import RuleSet

RULES_FOLDER, LOGS_FOLDER = "rules", "logs"


def copied_rules(rules: RuleSet, folder: Path) -> Path:
    """Return where Prometheus is to load the rules from, and where they stay as evidence; raise CommandError."""
    try:
        return rules.write(folder / RULES_FOLDER)
    except OSError as error:
        raise CommandError(f"The rules cannot be copied to {folder}: {error}") from error


class KeptEvidence:
    """The rules and the logs of one run; what was deleted is said once, when it is noticed, and remembered."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        """Remember what is there now: every log has been opened, and a log written elsewhere is not looked for."""
        self._folder, self._say = folder, say
        self._files = {name: _names(folder / name) for name in (RULES_FOLDER, LOGS_FOLDER)}
        self.lost = ""  #: what was deleted, in words

    def look(self) -> str:
        """Say what is gone, if it was not said before; return all that is, in words, empty when nothing is."""
        if not self.lost and (gone := self._gone()):
            self.lost = f"deleted during the run: {', '.join(gone)}"
            self._say(f"{self.lost}: this run cannot pass any more")
        return self.lost

    def _gone(self) -> list[str]:
        if not self._folder.is_dir():
            return [str(self._folder)]
        gone: list[str] = []
        for name, files in self._files.items():
            present = _names(self._folder / name)
            missing = sorted(file for file in files if not any(_stands_for(other, file) for other in present))
            whole = files and not present
            gone += [f"{self._folder / name}"] if whole else [f"{self._folder / name / file}" for file in missing]
        return gone


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except OSError:
        return frozenset()


def _stands_for(present: str, file: str) -> bool:
    """Return a rotated log goes on as ``api.log.1``, ``api.log.1.gz`` or ``api.log-20260131``."""
    return present == file or present.startswith((f"{file}.", f"{file}-"))
