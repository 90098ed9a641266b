"""What to do next, by the objectives that were missed: where such a miss usually comes from."""

from __future__ import annotations

from collections.abc import Sequence

from swarmscope.project.settings import objective_kind
from swarmscope.verdict.verdict import ObjectiveResult, Outcome, Status

_UNKNOWN = "Look at the API's own metrics around the first breach, then at its database and cache."
_GAP = (
    "The evidence has a gap: fix what the reasons name, then run again. `swarmscope doctor` checks this machine;"
    " a saturated generator needs more --workers, or another machine."
)
_FAILED = "No objective was missed over the whole run: the reasons name what failed, and when."
_PASSED = "Nothing to fix. Keep verdict.json: it is what the next run can be compared with."


def advice_on(objective: str) -> str:
    """Return what to do when an objective is missed."""
    kind = objective_kind(objective)
    return (kind.advice if kind is not None else "") or _UNKNOWN


def recommendation(outcome: Outcome, objectives: Sequence[ObjectiveResult]) -> tuple[str, ...]:
    """Return one sentence or more, the failed objectives first, then those that were only warned of."""
    missed = [r.objective for status in (Status.FAIL, Status.WARNING) for r in objectives if r.status is status]
    found = dict.fromkeys(advice_on(objective.objective) for objective in missed)
    gaps = [_GAP] if outcome is Outcome.INCONCLUSIVE else []
    return (*gaps, *found) or (_FAILED if outcome is Outcome.FAIL else _PASSED,)
