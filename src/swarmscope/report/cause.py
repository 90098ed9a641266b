"""Where a run's verdict comes from: the system under test, the load generator, or a gap in the measurement."""

from __future__ import annotations

from swarmscope.verdict.decide import SATURATION
from swarmscope.verdict.regression import ENDPOINT_REGRESSION, REGRESSION
from swarmscope.verdict.verdict import Outcome, Status, Verdict

_PASSED = "Every critical objective was met, and every check of the evidence holds."
_SYSTEM = "The system under test, not the load generator, which kept up: {} of the evidence hold."
_BOTH = "The system under test. The measurement has gaps as well: {} of the evidence hold."
_OWN_CHECK = "The locustfile's own check; no objective was missed."
_REGRESSION = "The system under test became worse than in the runs of its baseline; no threshold was missed."
_GENERATOR = "The load generator, not the system under test: it was too slow for this load, so its times prove nothing."
_MEASUREMENT = (
    "The measurement, not the system under test: {} of the evidence hold, so neither PASS nor FAIL is proven."
)
#: A run that was stopped on a breach has proven enough.
_ENDED_EARLY = "run"


def _became_worse(verdict: Verdict) -> bool:
    return any(
        result.status is Status.FAIL and result.objective.objective in {REGRESSION, ENDPOINT_REGRESSION}
        for result in verdict.objectives
    )


def cause_of(verdict: Verdict) -> str:
    """Return in one sentence whether system or generator decided."""
    holding = sum(check.ok for check in verdict.checks)
    checks = f"{holding} of {len(verdict.checks)} checks"
    doubts = {span.name for span in verdict.timeline if span.is_doubt}
    if verdict.outcome is Outcome.PASS:
        return _PASSED
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return _GENERATOR if doubts & SATURATION else _MEASUREMENT.format(checks)
    if verdict.first_breach is None:
        return _REGRESSION if _became_worse(verdict) else _OWN_CHECK
    gaps = [check for check in verdict.checks if not check.ok and check.name != _ENDED_EARLY]
    return (_BOTH if doubts or gaps else _SYSTEM).format(checks)
