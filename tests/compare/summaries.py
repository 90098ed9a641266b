"""Summaries of runs made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from swarmscope.compare.comparison import Side
from swarmscope.compare.summary import ALL, Conditions, RunSummary, Stretch, Subject, Times

LATENCY = Times(((0.0, 0.001, 3.0), (0.001, 0.002, 90.0), (0.05, 0.1, 6.0), (10.0, math.inf, 1.0)), 12.345678)
WINDOW = Stretch(3.002, 50.0, 1.0, replace(LATENCY, buckets=LATENCY.buckets[:2]), None)
CONDITIONS = Conditions("smoke", "Linux x86_64, 2 cores", 1, 10.0, None, None, 1.0, 60.0, "locustfile.py")


def summary(run_id: str = "20260131-120000-smoke", **changed: Any) -> RunSummary:
    """Return the summary of a run; what is changed is of its conditions, or of itself."""
    of_conditions = {name: value for name, value in changed.items() if hasattr(CONDITIONS, name)}
    whole = RunSummary(
        run_id,
        1_769_869_501.0 + len(run_id) + sum(map(ord, run_id)) % 97,
        "PASS",
        replace(CONDITIONS, **of_conditions),
        {
            ALL: Subject(Stretch(60.012, 100.0, 2.0, LATENCY, LATENCY), (WINDOW, WINDOW)),
            ("GET", "/chat"): Subject(Stretch(60.012, 40.0, 0.0, LATENCY), (WINDOW,)),
            ("POST", '/ö "quoted"\u2028'): Subject(Stretch(60.012, 60.0, 2.0, Times())),
        },
        {"target_memory_bytes": 1.5e8},
        host="http://shop.test",
        commit="1b07124",
        labels={"build": "12"},
    )
    return replace(whole, **{name: value for name, value in changed.items() if name not in of_conditions})


def side(*runs: RunSummary) -> Side:
    return Side("side", runs or (summary(),))
