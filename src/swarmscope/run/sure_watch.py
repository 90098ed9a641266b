"""Looks, during a run of ``--until-sure``, whether every objective is decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from swarmscope.objectives import Objective
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.until_sure import UntilSure
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.sureness import is_decided

_QUERY_TIMEOUT_SECONDS = 5.0


class SureWatch:
    """Looks at a run when it may end; ``is_decided`` once it was found decided."""

    def __init__(self, prometheus: PrometheusApi, run_id: str, until: UntilSure, say: Callable[[str], None]) -> None:
        self._reader = RunReader(prometheus.with_timeout(_QUERY_TIMEOUT_SECONDS), run_id, looks=until.looks)
        self._ahead = list(until.look_seconds)
        self._say = say
        self.is_decided = False

    def is_over(self, load_seconds: float) -> bool:
        """Return whether the run is to end now, after so many seconds of load; a silent Prometheus ends nothing."""
        if not self._ahead or load_seconds < self._ahead[0]:
            return False
        while self._ahead and load_seconds >= self._ahead[0]:
            self._ahead.pop(0)
        objectives = [each for each in self._reader.objectives() if not each.only_warns]
        open_ones = [each for each in objectives if not is_decided(each)]
        self.is_decided = bool(objectives) and not open_ones
        self._say(f"after {load_seconds:.0f} s of load {_told(open_ones, len(objectives))}")
        return self.is_decided


def _told(open_ones: Sequence[Objective], number: int) -> str:
    names = [objective.title for objective in open_ones]
    if not number:
        return "Prometheus had no objective to decide: going on"
    if not names:
        return f"all {number} objectives are decided: stopping"
    return f"{len(names)} of {number} objectives are undecided: {', '.join(names)}"
