"""How figures read."""

from __future__ import annotations

import pytest

from swarmscope.objectives import figure_of


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("latency_p95_seconds", 0.1824, "182 ms"),
        ("latency_p95_seconds", 0.9999, "1000 ms"),
        ("recovery_seconds", 14.04, "14 s"),
        ("recovery_seconds", 3725.0, "3725 s"),
        ("error_ratio", 0.00425, "0.425 %"),
        ("latency_drift_ratio", 22.84, "2284 %"),
        ("throughput_requests_per_second", 512.34, "512.3/s"),
        ("target_memory_bytes", 13 * 2**20, "13.0 MiB"),
        ("error_ratio", None, "no data"),
    ],
)
def test_a_figure_is_written_in_the_unit_of_its_name(name: str, value: float | None, text: str) -> None:
    assert figure_of(name, value) == text
