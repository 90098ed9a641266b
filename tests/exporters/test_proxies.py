"""Proxies of the environment, with every kind of user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmscope_exporter.proxies import ProxySettingError, named_in, proxies_wanted, remove_proxies

ROOT = Path(__file__).parents[2]
DIRECT, BY_PROXY = [1, 0], [0, 1]


def seen(mode: str) -> dict[str, Any]:
    """Request that the target and the proxy were sent, by client."""
    command = [sys.executable, "-m", "tests.exporters.programs.proxies", mode]
    variables = os.environ | {"REQUESTS_CA_BUNDLE": "/nowhere.pem"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False, env=variables)
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


@pytest.mark.real
def test_without_the_setting_no_client_of_any_kind_takes_the_proxy() -> None:
    assert seen("off") == {
        "HttpUser": DIRECT,
        "HttpUser redirected": [2, 0],
        "HttpUser to an exception": [0, 0],
        "HttpUser with a proxy of its own": DIRECT,
        "HttpSession": DIRECT,
        "requests": DIRECT,
        "FastHttpUser": DIRECT,
        "LeanHttpUser": DIRECT,
        "websocket-client": DIRECT,
        "removed": ["HTTPS_PROXY", "http_proxy"],
        "verify": True,
    }


@pytest.mark.real
def test_with_the_setting_all_take_it_but_fast_http_users_and_nothing_else_changes_for_http_users() -> None:
    assert seen("on") == {
        "HttpUser": BY_PROXY,
        "HttpUser redirected": [0, 2],
        "HttpUser to an exception": [0, 0],
        "HttpUser with a proxy of its own": DIRECT,
        "HttpSession": BY_PROXY,
        "requests": BY_PROXY,
        "FastHttpUser": DIRECT,
        "LeanHttpUser": DIRECT,
        "websocket-client": [0, 2],  # CONNECT, and the handshake in the tunnel
        "removed": [],
        "verify": True,  # Locust's HttpUser does not read REQUESTS_CA_BUNDLE
    }


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("true", True), ("1", True), (" Yes ", True), ("on", True), ("false", False), ("0", False), ("", False)],
)
def test_the_setting_is_on_or_off(value: str, wanted: bool) -> None:
    assert proxies_wanted({"LOADTEST_USE_PROXIES": value}) is wanted
    assert proxies_wanted({}) is False


def test_another_value_of_the_setting_is_refused_in_one_line() -> None:
    with pytest.raises(ProxySettingError) as error:
        proxies_wanted({"LOADTEST_USE_PROXIES": "http://proxy.test:3128"})
    assert str(error.value) == "LOADTEST_USE_PROXIES: expected true or false, not 'http://proxy.test:3128'"


@pytest.mark.parametrize(("platform", "no_proxy"), [("linux", "inner.test"), ("darwin", "*"), ("win32", "*")])
def test_what_names_a_proxy_is_removed_and_systems_with_proxies_of_their_own_are_not_asked(
    platform: str, no_proxy: str
) -> None:
    variables = {"http_proxy": "http://p", "ALL_PROXY": "http://p", "https_proxy": "", "no_proxy": "inner.test"}
    assert named_in(variables) == ("ALL_PROXY", "http_proxy")
    assert remove_proxies(variables, platform) == ("ALL_PROXY", "http_proxy")
    assert variables["no_proxy"] == no_proxy
    assert named_in(variables) == ()
