"""A host with a slash at its end, with every kind of HTTP user."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def asked() -> dict[str, list[str]]:
    command = [sys.executable, "-m", "tests.exporters.programs.hosts"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    paths: dict[str, list[str]] = json.loads(done.stdout)
    return paths


@pytest.mark.parametrize("user", ["HttpUser", "FastHttpUser", "LeanHttpUser"])
def test_a_host_with_a_slash_at_its_end_and_a_path_are_joined_by_one_slash(
    asked: dict[str, list[str]], user: str
) -> None:
    assert asked[f"{user} /"] == ["/x", "/x", "/", "/x?a=b//c", "/whole/"]
    assert asked[f"{user} /api/"] == ["/api/x", "/api/x", "/api/", "/api/x?a=b//c", "/whole/"]


@pytest.mark.parametrize("user", ["HttpUser", "FastHttpUser", "LeanHttpUser"])
def test_a_host_without_one_is_put_before_the_path_as_locust_does(asked: dict[str, list[str]], user: str) -> None:
    assert asked[f"{user} /api"] == ["/api/x", "/apix", "/api", "/api/x?a=b//c", "/whole/"]
