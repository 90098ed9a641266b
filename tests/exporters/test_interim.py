"""Interim answers such as 103 Early Hints, on real connections: the final answer counts, and the next one is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
USERS = ("HttpUser", "FastHttpUser", "LeanHttpUser")
PLAIN = [200, "plain", False]
FINAL = (
    "together",
    "apart",
    "body-apart",
    "only-body-apart",
    "in-slices",
    "twice",
    "continue",
    "processing",
    "unknown",
)


def asked(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.exporters.programs.interim", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    return asked()


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    ("path", "status", "body", "error"),
    [
        *((path, 200, "final", "") for path in (*FINAL, "chunked", "redirect", "redirect-in-pieces")),
        ("no-content", 204, "", ""),
        ("error", 500, "error", "http_5xx"),
    ],
)
@pytest.mark.kind(
    "interim answers (1xx)",
    "100, 102, 103 or 199 before the answer, with HttpUser, FastHttpUser and LeanHttpUser",
    verdict="the final answer counts",
)
def test_the_answer_after_interim_ones_counts_and_the_connection_is_used_again(
    seen: dict[str, Any], user: str, path: str, status: int, body: str, error: str
) -> None:
    assert seen[f"{user} GET /{path}"] == {
        "seen": [[status, body, False], PLAIN],
        "recorded": sorted([["GET", f"/{path}", status, error, 1], ["GET", "/plain", 200, "", 1]]),
        "connections": 1,
    }


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("path", ["apart", "body-apart", "twice"])
def test_other_methods_are_answered_alike(seen: dict[str, Any], user: str, path: str) -> None:
    assert seen[f"{user} POST /{path}"]["seen"] == [[200, "final", False], PLAIN]
    assert seen[f"{user} HEAD /{path}"]["seen"] == [[200, "", False], PLAIN]
    assert seen[f"{user} POST /{path}"]["connections"] == seen[f"{user} HEAD /{path}"]["connections"] == 1


@pytest.mark.parametrize("user", USERS)
@pytest.mark.kind(
    "interim answers (1xx)",
    "the connection is closed after 103",
    verdict="the request has failed, the next one has not",
)
def test_a_request_whose_final_answer_never_comes_has_failed_and_the_next_one_has_not(
    seen: dict[str, Any], user: str
) -> None:
    assert seen[f"{user} GET /closed"]["recorded"] == [
        ["GET", "/closed", 0, "connection", 1],
        ["GET", "/plain", 200, "", 1],
    ]


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("path", ["switch", "hints-and-switch"])
@pytest.mark.kind(
    "interim answers (1xx)", "101 Switching Protocols", verdict="final; the next request has another connection"
)
def test_after_101_switching_protocols_the_connection_is_closed(seen: dict[str, Any], user: str, path: str) -> None:
    found = seen[f"{user} GET /{path}"]
    assert (found["seen"], found["connections"]) == ([[101, "", False], PLAIN], 2)


def test_a_lean_http_user_needs_no_exporter_for_it(seen: dict[str, Any]) -> None:
    alone = asked("as-locust-does")
    lean = [name for name in seen if name.startswith("LeanHttpUser")]
    assert {name: alone[name] for name in lean} == {name: seen[name] for name in lean}
    assert len(lean) > 20
