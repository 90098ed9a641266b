"""Folders with runs in them, as runs leave them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.integrity import digest_of
from swarmscope.verdict.verdict import JudgedRun
from tests.verdict.builders import evidence

BEGAN = 1_769_869_501  # 2026-01-31 14:25:01 UTC
MEASURED = {"latency_p95_seconds": 0.12, "throughput_requests_per_second": 88.25, "error_ratio": 0.004}


def document(began: int, scenario: str = "smoke", **changed: Any) -> dict[str, Any]:
    """Return the verdict.json of a run; what is changed is at its top, or in its ``run``."""
    figures = Figures(requests=1765, failures=7, measured=MEASURED)
    written: dict[str, Any] = json.loads(to_json(JudgedRun(decide(evidence(figures=figures)))))
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began))
    run_id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(began))}-{scenario}"
    of_run = {name: value for name, value in changed.items() if name in written["run"]}
    written["run"] |= {"run_id": run_id, "scenario": scenario, "start": start, **of_run}
    return written | {name: value for name, value in changed.items() if name not in of_run}


def left(results: Path, began: int = BEGAN, scenario: str = "smoke", **changed: Any) -> Path:
    """Return the folder of a run that left its verdict in a results folder."""
    written = document(began, scenario, **changed)
    folder = results / str(written["run"]["run_id"])
    folder.mkdir(parents=True)
    (folder / "verdict.json").write_text(json.dumps(written | {"digest": digest_of(written)}))
    return folder


def measured(p95_seconds: float) -> dict[str, Any]:
    """Return figures with that p95, for `left`."""
    return {"measured": MEASURED | {"latency_p95_seconds": p95_seconds}, "requests": 1765}
