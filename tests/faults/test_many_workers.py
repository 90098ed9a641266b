"""More workers than this machine has cores: nothing may be lost between them and the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.faulted import FaultedRun
from tests.faults.target import Target

pytestmark = [pytest.mark.real, pytest.mark.faults]


def test_with_eight_workers_every_hop_counts_the_same(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, workers=8, users=40, run_time="30s")
    run.exit_code()  # a busy machine may make it inconclusive, by its alerts; the books balance all the same
    ledger = run.verdict()["ledger"]
    counted = [sum(ledger["workers"].values()), ledger["locust"], ledger["exporter"], ledger["prometheus"]]
    assert counted == [ledger["locust"]] * 4, run.text
    assert len(ledger["workers"]) == 8
    assert all(count > 0 for count in ledger["workers"].values())
