"""Series as promtool reads them; tests/run/test_evidence_on_a_real_prometheus.py has it read them."""

from __future__ import annotations

import io

from swarmscope.prometheus.openmetrics import write_openmetrics
from swarmscope.prometheus.series import StoredSeries


def test_a_sample_a_line_with_half_a_millisecond_on_top() -> None:
    file = io.StringIO()
    series = [
        StoredSeries({"__name__": "a_total", "x": 'q"\\\n'}, (1_764_500_000_007, 1_764_500_002_000), ("1", "NaN")),
        StoredSeries({"__name__": "a.b", "c.d": "e"}, (1_764_500_000_007,), ("+Inf",)),
    ]
    write_openmetrics(series, file)
    assert file.getvalue().splitlines() == [
        r'a_total{x="q\"\\\n"} 1 1764500000.0075',
        r'a_total{x="q\"\\\n"} NaN 1764500002.0005',
        '{"a.b","c.d"="e"} +Inf 1764500000.0075',
        "# EOF",
    ]
