"""The endpoint that an error ratio without a name of its own speaks of: the worst of those that have no threshold."""

from __future__ import annotations

from dataclasses import replace

from swarmscope.objectives import MIN_ENDPOINT_REQUESTS, WORST_ENDPOINT
from swarmscope.verdict.evidence import EndpointErrors, Evidence


def worst_endpoint(evidence: Evidence) -> EndpointErrors | None:
    """Return it; None where no endpoint that is judged has failures."""
    own = {(o.method, o.name) for o in evidence.objectives if o.objective == WORST_ENDPOINT}
    judged = (
        each
        for each in evidence.figures.endpoint_errors
        if each.requests >= MIN_ENDPOINT_REQUESTS and (each.method, each.name) not in own
    )
    return next(judged, None)


def with_its_samples(evidence: Evidence) -> Evidence:
    """Return the evidence, in which that objective rests on the requests to the worst endpoint and not on all."""
    worst = worst_endpoint(evidence)
    if worst is None:
        return evidence
    objectives = (
        replace(each, samples=float(worst.requests)) if each.key == (WORST_ENDPOINT, "", "") else each
        for each in evidence.objectives
    )
    return replace(evidence, objectives=tuple(objectives))
