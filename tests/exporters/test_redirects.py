"""Redirects that the clients follow, counted on real connections."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
CLIENTS = ("HttpSession", "FastHttpSession", "LeanHttpSession")
Counts = dict[str, int]


@pytest.fixture(scope="module")
def counted() -> dict[str, Counts]:
    command = [sys.executable, "-m", "tests.exporters.programs.redirects"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    figures: dict[str, Counts] = json.loads(done.stdout)
    return figures


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("path", "redirects", "elsewhere", "target"),
    [
        ("/0", 0, 0, 1),
        ("/1", 1, 0, 2),
        ("/3", 3, 0, 4),
        ("/3 not followed", 0, 0, 1),
        ("/absolute", 2, 0, 3),
        ("/away", 0, 1, 1),
        ("/and-back", 1, 1, 2),
        ("/by-name", 0, 1, 2),  # localhost and 127.0.0.1 are the same server, and that is not known
    ],
)
def test_an_answer_behind_redirects_counts_once_and_each_redirect_by_where_it_led(
    counted: dict[str, Counts], client: str, path: str, redirects: int, elsewhere: int, target: int
) -> None:
    assert counted[f"{client} {path}"] == {
        "answered": 1,
        "unanswered": 0,
        "cut_off": 0,
        "redirects": redirects,
        "elsewhere": elsewhere,
        "target": target,
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_a_redirect_to_what_fails_hangs_or_has_no_end_is_counted_as_well(
    counted: dict[str, Counts], client: str
) -> None:
    assert counted[f"{client} /refused"] == {
        "answered": 0,
        "unanswered": 1,
        "cut_off": 0,
        "redirects": 0,
        "elsewhere": 1,
        "target": 1,
    }
    assert counted[f"{client} /to-hang"] == {
        "answered": 0,
        "unanswered": 0,
        "cut_off": 1,
        "redirects": 1,
        "elsewhere": 0,
        "target": 2,
    }
    endless = counted[f"{client} /endless"]
    assert (endless["answered"], endless["unanswered"]) == (0, 1)
    assert endless["redirects"] == endless["target"] > 2


def test_the_target_never_counted_less_than_answers_and_redirects_nor_more_than_what_is_uncertain(
    counted: dict[str, Counts],
) -> None:
    for case, counts in counted.items():
        least = counts["answered"] + counts["redirects"]
        most = least + counts["unanswered"] + counts["cut_off"] + counts["elsewhere"]
        assert least <= counts["target"] <= most, case
    assert len(counted) == 3 * 11
