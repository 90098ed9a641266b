"""Colors that a dashboard fixes, as colors of the page."""

from __future__ import annotations

import pytest

from swarmscope.report.html.colors import page_color


@pytest.mark.parametrize("red", ["red", "dark-red", "semi-dark-red", "#F2495C", "#D55E00", "#c00"])
def test_every_red_is_the_red_of_the_page(red: str) -> None:
    assert page_color(red) == "red"


@pytest.mark.parametrize("green", ["green", "super-light-green", "#73BF69", "#009E73", "#0c0"])
def test_every_green_is_the_green_of_the_page(green: str) -> None:
    assert page_color(green) == "green"


def test_another_color_is_itself_in_the_light_and_visible_in_the_dark() -> None:
    assert page_color("#0072B2") == "light-dark(#0072b2, #3db9ff)"
    assert page_color("#56B4E9") == "light-dark(#56b4e9, #56b4e9)"


def test_what_dashboards_mean_by_amber_yellow_gray_and_their_text_has_a_name_on_the_page() -> None:
    assert [page_color(color) for color in ("#E69F00", "#F0E442", "#8E8E8E", "text")] == [
        "orange",
        "yellow",
        "soft",
        "ink",
    ]


def test_a_color_that_the_page_does_not_know_is_left_to_the_palette() -> None:
    assert [page_color(name) for name in ("", "transparent", "#12345", "light-dark(red, red)")] == [""] * 4
