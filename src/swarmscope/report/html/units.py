"""Values in the units that the panels name, as people write them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from swarmscope.report.html.panels import Meanings, State

_DIGITS = 3
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Scale:
    """What to multiply a value with, and what to write behind it."""

    factor: float
    suffix: str

    def of(self, value: float) -> float:
        """Return the value on this scale, in four digits: what a chart can show, and no more bytes than that."""
        scaled = float(f"{value * self.factor:.4g}")
        return int(scaled) if scaled.is_integer() else scaled

    def text(self, value: float, decimals: int | None = None) -> str:
        """Return the value with its unit."""
        scaled = value * self.factor
        written = digits(scaled) if decimals is None or math.isinf(scaled) else f"{scaled:,.{decimals}f}"
        return f"{written}{self.suffix}"


def scale_for(unit: str, greatest: float) -> Scale:
    """Return one scale for values up to ``greatest``; raise ValueError for a unit that the report does not know."""
    match unit:
        case "s":
            return _seconds(abs(greatest))
        case "percentunit":
            return Scale(100, " %")
        case "bytes":
            return _bytes(abs(greatest), "")
        case "Bps":
            return _bytes(abs(greatest), "/s")
        case "reqps":
            return Scale(1, " req/s")
        case "cps":
            return Scale(1, "/s")
        case "short" | "none" | "":
            return Scale(1, "")
        case _:
            raise ValueError(
                f"Unknown unit {unit!r}: src/swarmscope/report/html/units.py knows how to write the others"
            )


def text_of(unit: str, value: float | None, decimals: int | None = None) -> str:
    """Return one value in its unit, with so many decimals or three digits; a dash where there is none."""
    if value is None or math.isnan(value):
        return "-"
    if unit == "dateTimeAsIso":
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(value / 1000))
    return scale_for(unit, value).text(value, decimals)


def state_of(value: str | float | None, meanings: Meanings) -> State | None:
    """Return what a value, a text or the lack of one means, where it means something."""
    if value is None:
        return meanings.nothing
    return meanings.states.get(value if isinstance(value, str) else f"{value:g}")


def digits(value: float) -> str:
    """Three digits where there are more, whole numbers in full, thousands apart: 0.0123, 13.9, 12,345."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 10**_DIGITS:
        return f"{value:,.0f}"
    text = f"{value:.{_DIGITS}g}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if "e" in text and value else text


def _seconds(greatest: float) -> Scale:
    for least, factor, suffix in (
        (3600 * 3, 1 / 3600, " h"),
        (180, 1 / 60, " min"),
        (1, 1, " s"),
        (0.001, 1000, " ms"),
    ):
        if greatest >= least:
            return Scale(factor, suffix)
    return Scale(1e6, " µs") if greatest else Scale(1000, " ms")


def _bytes(greatest: float, behind: str) -> Scale:
    power = min(int(math.log(greatest, 1024)), len(_BYTES) - 1) if greatest >= 1 else 0
    return Scale(1 / 1024**power, f" {_BYTES[power]}{behind}")
