"""The colors that dashboards fix, as colors of the page: what failed is red, what succeeded is green."""

from __future__ import annotations

import colorsys
import re

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_SHADE = re.compile(r"^(?:super-light|light|semi-dark|dark)-")
#: Colors of Grafana that the page has under the same name, and those that it has under another.
_NAMES = frozenset({"red", "orange", "yellow", "green", "blue"})
_OTHER_NAMES = {"purple": "series-3", "super-light-blue": "series-4", "dark-blue": "series-7", "text": "ink"}
#: Up to which hue, in degrees, a color is the page's: color-blind readers have a vermilion red and a bluish green.
_UP_TO = ((30, "red"), (48, "orange"), (80, "yellow"), (170, "green"))
_RED_FROM = 345
_MIN_SATURATION = 0.25
_GRAY = "soft"
#: What is darker than this cannot be seen on the dark page.
_MIN_LIGHTNESS_IN_THE_DARK = 0.62


def page_color(fixed: str) -> str:
    """Return the name of a color of the page, or a pair for its light and its dark theme, of a color of Grafana.

    A red one is the page's red and a green one its green, whatever their shades. Empty for a color that is unknown.
    """
    for name in (fixed, _SHADE.sub("", fixed)):
        if name in _NAMES or name in _OTHER_NAMES:
            return _OTHER_NAMES.get(name, name)
    return _of_hex(fixed) if _HEX.fullmatch(fixed) else ""


def _of_hex(text: str) -> str:
    pairs = re.findall("..", text[1:]) if len(text) > len("#abc") else [2 * digit for digit in text[1:]]
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(pair, 16) / 255 for pair in pairs))
    if saturation < _MIN_SATURATION:
        return _GRAY
    degrees = hue * 360 % _RED_FROM
    for end, name in _UP_TO:
        if degrees <= end:
            return name
    lighter = colorsys.hls_to_rgb(hue, max(lightness, _MIN_LIGHTNESS_IN_THE_DARK), saturation)
    dark = "".join(f"{round(part * 255):02x}" for part in lighter)
    return f"light-dark({text.lower()}, #{dark})"
