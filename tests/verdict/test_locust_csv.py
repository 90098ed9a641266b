"""Locust's own statistics, whose names are as the locustfile made them."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.objectives import LATENCY_FIGURES
from swarmscope.verdict.locust_csv import read_stats
from tests.cli.locust_csv import row, write
from tests.verdict.builders import objective


def test_the_worst_endpoint_is_found_among_names_that_differ_by_ids_alone(tmp_path: Path) -> None:
    broken = [row(name=f"/broken/{number}", requests=2, failures=number % 3) for number in range(6)]
    fine = row(name="/items", requests=88, failures=0)
    stats = read_stats(write(tmp_path / "stats.csv", *broken, fine, row("", "Aggregated", requests=100, failures=6)))
    assert stats.worst_error_ratio() == 0.5
    assert stats.worst_error_ratio(without={("GET", "/broken/2"), ("GET", "/broken/5")}) == 0.0
    assert stats.worst_error_ratio(without={("GET", "/broken/{id}")}) == 0.0


@pytest.mark.parametrize("figure", LATENCY_FIGURES)
def test_the_time_of_locust_is_latency_and_service_time(tmp_path: Path, figure: str) -> None:
    stats = read_stats(write(tmp_path / "stats.csv", row(name="/items"), row("", "Aggregated")))
    for prefix, subject in (("", {}), ("endpoint_", {"method": "GET", "name": "/items"})):
        names = (f"{prefix}{time}_{figure}_seconds" for time in ("latency", "service_time"))
        latency, service_time = (objective(objective=name, **subject) for name in names)
        assert stats.can_answer(service_time.objective)
        assert stats.measured(service_time) == stats.measured(latency) is not None


def test_a_name_that_has_requests_enough_is_an_endpoint_of_its_own_as_well(tmp_path: Path) -> None:
    rows = [row(name="/items/1", requests=10, failures=9), row(name="/items/2", requests=90, failures=0)]
    stats = read_stats(write(tmp_path / "stats.csv", *rows, row("", "Aggregated", requests=100, failures=9)))
    assert stats.worst_error_ratio() == 0.9
