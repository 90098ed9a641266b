"""Addresses that the web interface leads to."""

from __future__ import annotations

import argparse

import pytest

from swarmscope.locust_plugin.web_tab import link_bar, links_to, web_address


def test_an_address_loses_its_last_slash_and_may_be_left_out() -> None:
    assert [web_address(text) for text in ("http://g.test:3000/", "https://g.test/grafana", "")] == [
        "http://g.test:3000",
        "https://g.test/grafana",
        "",
    ]


@pytest.mark.parametrize("text", ["g.test:3000", "javascript:alert(1)", "http://", "file:///etc/passwd"])
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as error:
        web_address(text)
    assert str(error.value) == f"expected an address like http://host:port, not {text!r}"


def test_an_address_cannot_break_out_of_its_link() -> None:
    assert '<a href="http://g.test/?&quot;&gt;&lt;script&gt;" ' in link_bar({"Grafana": 'http://g.test/?"><script>'})


def test_only_what_there_is_is_led_to() -> None:
    assert links_to("http://g.test", "", "http://p.test") == {
        "Grafana": "http://g.test/d/run-overview",
        "Alerts in Prometheus": "http://p.test/alerts",
    }
    assert "Watch:" not in link_bar({})
