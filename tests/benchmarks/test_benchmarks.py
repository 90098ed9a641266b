"""The benchmarks can be run, and write where they should. What they measure is for reading, not for asserting."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.baselines import BASELINES, MissingMarkersError, begin_of, end_of, rewrite
from benchmarks.quantiles import exact, histogram_quantile, sides_wrong
from benchmarks.table import Table

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if "\ndef main(" in path.read_text())
PAGE = f"# Figures\n\n{begin_of('a')}\nold\n{end_of('a')}\n\nin between\n\n{begin_of('b')}\n{end_of('b')}\n"


def test_there_is_a_command_for_each_question() -> None:
    assert {"accuracy", "lean", "overhead", "peers", "recorder", "scale"} <= set(COMMANDS)


@pytest.mark.real
@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_is_imported_and_tells_its_options(name: str) -> None:
    module = "benchmarks" if name == "__main__" else f"benchmarks.{name}"
    command = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout.lower()


@pytest.mark.real
def test_an_unknown_benchmark_is_refused_with_the_list_of_them() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "no benchmark speed: there are lean, overhead, " in done.stderr


def test_a_section_replaces_what_stands_between_its_markers_and_nothing_else() -> None:
    page = rewrite(PAGE, "a", "new\n")
    assert page == PAGE.replace("\nold\n", "\n\nnew\n\n")
    assert rewrite(page, "a", "new") == page


def test_a_page_without_a_place_for_a_benchmark_is_an_error_that_says_what_to_add() -> None:
    with pytest.raises(MissingMarkersError, match=r"needs a line <!-- begin c: .* and after it a line <!-- end c -->"):
        rewrite(PAGE, "c", "new")


def test_the_page_has_a_place_for_each_benchmark() -> None:
    page = BASELINES.read_text()
    begun, ended = re.findall(r"<!-- begin (\w+):", page), re.findall(r"<!-- end (\w+) -->", page)
    assert begun == ended == list(NAMES)
    assert all(begin_of(name) in page for name in NAMES)


def test_a_table_is_markdown_with_the_command_that_makes_it() -> None:
    table = Table("Speed", "python -m benchmarks.speed", ("user", "req/s"), (("a", "1"), ("b", "2")), "Two users.")
    assert table.markdown() == (
        "Speed: `python -m benchmarks.speed`\n\n| user | req/s |\n|---|---:|\n| a | 1 |\n| b | 2 |\n\nTwo users."
    )


def test_a_quantile_is_read_from_buckets_as_prometheus_does() -> None:
    buckets = [(0.1, 0.0), (0.2, 50.0), (0.4, 100.0), (math.inf, 100.0)]
    assert histogram_quantile(0.5, buckets) == pytest.approx(0.2)
    assert histogram_quantile(0.75, buckets) == pytest.approx(0.3)
    assert histogram_quantile(0.99, [*buckets[:3], (math.inf, 200.0)]) == pytest.approx(0.4)


def test_the_exact_quantile_is_a_sample_that_so_many_do_not_exceed() -> None:
    assert [exact([4, 1, 3, 2], quantile) for quantile in (0.25, 0.5, 0.51, 1)] == [1, 2, 3, 4]


def test_a_quantile_on_the_other_side_of_a_threshold_than_the_samples_is_counted() -> None:
    samples = [200.0] * 95 + [225.0] * 5  # the p95 is 200 ms, on the threshold: not above it
    assert sides_wrong(samples, 0.95, 0.2) == 0
    assert sides_wrong(samples, 0.95, 0.21) == 1
