"""Steps as tests need them."""

from __future__ import annotations

from swarmscope.capacity.step import Measured, Step, StepOutcome

HELD, BROKE = StepOutcome.HELD, StepOutcome.BROKE


def p95(seconds: float, threshold: float = 0.5) -> Measured:
    status = "PASS" if seconds <= threshold else "FAIL"
    return Measured("latency_p95_seconds", "latency p95", "max", "critical", threshold, seconds, status)


def step(load: float, outcome: StepOutcome = HELD, number: int = 1, **more: object) -> Step:
    return Step(number, f"s-step{number:02d}", load, outcome, "", 0.0, 15.0, **more)  # type: ignore[arg-type]
