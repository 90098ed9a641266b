"""A/B runs on real processes: two servers, Locust and Prometheus."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.runs.command import RunCommand

pytestmark = [pytest.mark.real]

HERE = Path(__file__).parent
PAGES = HERE / "locustfiles" / "pages.py"
SERVER = f"{sys.executable} {HERE / 'paged_server.py'} {{port}}"


class AbCommand(RunCommand):
    """``swarmscope ab`` with two servers whose answers take these seconds; of B's /back others, if given."""

    COMMAND: ClassVar[str] = "ab"

    def __init__(self, folder: Path, *arguments: str, back: str = "0.02") -> None:
        sides = ("--a", f"{SERVER} 0.02", "--b", f"{SERVER} 0.02 {back}")
        super().__init__(
            folder, "pages", "--locustfile", str(PAGES), "--users", "10", "--workers", "1", *sides, *arguments
        )

    def comparison(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "comparison.json").read_text())
        return document


def answers(comparison: dict[str, Any], figure: str) -> dict[str, str]:
    return {
        f"{row['method']} {row['name']}".strip(): row["answer"] for row in comparison["rows"] if row["figure"] == figure
    }


def test_ctrl_c_leaves_what_was_measured_and_no_process(tmp_path: Path) -> None:
    run = AbCommand(tmp_path, "--pairs", "6", "--block", "6s")
    run.wait_for("pair 1/6: p95 A")
    run.interrupt()
    assert run.exit_code() == 2, run.text
    comparison = run.comparison()
    assert comparison["answer"] == "cannot tell"
    assert comparison["obstacles"] == ["interrupted in block 3 of 12"]
    blocks = sorted(path.name for path in (run.folder / "blocks").glob("*.json"))
    assert [name.rpartition("-")[2] for name in blocks] == ["001a.json", "002b.json"]
    assert run.leftovers() == []


@pytest.mark.nightly
@pytest.mark.timeout(1500)
def test_the_same_server_twice_is_not_called_worse(tmp_path: Path) -> None:
    run = AbCommand(tmp_path, "--pairs", "14", "--block", "6s")
    code = run.exit_code(1200)
    comparison = run.comparison()
    assert code == {"same": 0, "better": 0, "cannot tell": 2}[comparison["answer"]], run.text
    assert "worse" not in {row["answer"] for row in comparison["rows"]}


@pytest.mark.nightly
@pytest.mark.timeout(1500)
def test_an_endpoint_that_became_slower_is_named_and_the_other_is_not(tmp_path: Path) -> None:
    run = AbCommand(tmp_path, "--pairs", "16", "--block", "6s", back="0.024")
    assert run.exit_code(1200) == 1, run.text
    means = answers(run.comparison(), "latency_mean_seconds")
    assert means["GET /back"] == "worse"
    assert means["GET /front"] != "worse"
