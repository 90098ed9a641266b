"""The colors that dashboards fix, as colors of the page: what failed is red, what succeeded is green."""

from __future__ import annotations

import colorsys
import re

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_SHADE = re.compile(r"^(?:super-light|light|semi-dark|dark)-")
#: Colors of Grafana that the page has under the same name; its purple is that of the third series.
_NAMES = frozenset({"red", "orange", "yellow", "green", "blue"})
_PURPLE = "series-3"
#: Hues in degrees. Palettes for color-blind readers have a vermilion red and a bluish green.
_RED_FROM, _RED_TO = 345, 30
_GREEN_FROM, _GREEN_TO = 80, 170
_MIN_SATURATION = 0.25
#: What is darker than this cannot be seen on the dark page.
_MIN_LIGHTNESS_IN_THE_DARK = 0.62


def page_color(fixed: str) -> str:
    """Return the name of a color of the page, or a pair for its light and its dark theme, of a color of Grafana.

    A red one is the page's red and a green one its green, whatever their shades. Empty for a color that is unknown.
    """
    name = _SHADE.sub("", fixed)
    if name in _NAMES:
        return name
    if name == "purple":
        return _PURPLE
    return _of_hex(fixed) if _HEX.fullmatch(fixed) else ""


def _of_hex(text: str) -> str:
    pairs = re.findall("..", text[1:]) if len(text) > len("#abc") else [2 * digit for digit in text[1:]]
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(pair, 16) / 255 for pair in pairs))
    if saturation >= _MIN_SATURATION:
        degrees = hue * 360
        if degrees >= _RED_FROM or degrees <= _RED_TO:
            return "red"
        if _GREEN_FROM <= degrees <= _GREEN_TO:
            return "green"
    lighter = colorsys.hls_to_rgb(hue, max(lightness, _MIN_LIGHTNESS_IN_THE_DARK), saturation)
    dark = "".join(f"{round(part * 255):02x}" for part in lighter)
    return f"light-dark({text.lower()}, #{dark})"
