"""A run of which most was its ramp is told of: what is slow there is judged by no objective."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.verdict.decide import decide
from tests.verdict.builders import LOAD_START, evidence


@pytest.mark.parametrize(("ramp_seconds", "is_told"), [(20.0, False), (41.0, True)])
def test_a_run_of_which_most_was_its_ramp_says_so(ramp_seconds: float, is_told: bool) -> None:
    phases = {"ramp": LOAD_START, "steady": LOAD_START + ramp_seconds, "stopping": LOAD_START + 60}
    run = replace(evidence().run, phases=phases)
    warnings = decide(evidence(run=run)).warnings
    told = [text for text in warnings if text.startswith("only 19 s of 60 s were judged: the ramp took 41 s")]
    assert bool(told) == is_told
    assert decide(evidence(run=replace(run, interrupted="aborted on breach"))).warnings == ()
