"""Looks at a step whether it is decided."""

from __future__ import annotations

from collections.abc import Sequence

from swarmscope.capacity.step import is_far_beyond, is_far_within
from swarmscope.objectives import Objective
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.capacity.plan import StepPlan
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.sureness import is_decided
from swarmscope.verdict.verdict import HARMLESS

_QUERY_TIMEOUT_SECONDS = 5.0


class StepWatch:
    """``is_over`` once every objective is decided, or one was missed surely or by far.

    Unless ``has_to_be_sure``, what is met by far need not be decided: it says which way to go on.
    """

    def __init__(self, prometheus: PrometheusApi, run_id: str, plan: StepPlan, *, has_to_be_sure: bool) -> None:
        looks = plan.looks
        self._reader = RunReader(prometheus.with_timeout(_QUERY_TIMEOUT_SECONDS), run_id, looks=len(looks))
        self._ahead = [plan.ramp_seconds + at for at in looks[:-1]]
        self._has_to_be_sure = has_to_be_sure

    def is_over(self, load_seconds: float) -> bool:
        """Return whether the step may end after so many seconds of load; a silent Prometheus ends nothing."""
        if not self._ahead or load_seconds < self._ahead[0]:
            return False
        while self._ahead and load_seconds >= self._ahead[0]:
            self._ahead.pop(0)
        return is_step_decided(self._reader.objectives(), has_to_be_sure=self._has_to_be_sure)


def is_step_decided(objectives: Sequence[Objective], *, has_to_be_sure: bool) -> bool:
    """Return whether more of the same load would hardly change what becomes of a step."""
    critical = [each for each in objectives if each.severity not in HARMLESS]
    if any(each.met is False and (is_decided(each) or is_far_beyond(each)) for each in critical):
        return True

    def is_open(objective: Objective) -> bool:
        if objective.only_warns:
            return objective.met is False and not is_decided(objective)
        if has_to_be_sure:
            return not is_decided(objective)
        has_data = objective.met is not None  # an endpoint that is asked rarely says nothing of which way to go on
        return has_data and not is_decided(objective) and not is_far_within(objective)

    return any(each.met is not None for each in critical) and not any(map(is_open, critical))
