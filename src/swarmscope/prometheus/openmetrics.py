"""Series as the text that promtool makes blocks of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO

from swarmscope.prometheus.series import StoredSeries

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def write_openmetrics(series: Iterable[StoredSeries], file: IO[str]) -> None:
    """Write all samples, one a line; raise OSError."""
    moments: dict[tuple[int, ...], list[str]] = {}
    for each in series:
        if each.times_ms not in moments:
            moments[each.times_ms] = list(map(_moment, each.times_ms))
        name = _name(each)
        file.writelines(f"{name} {value}{at}" for value, at in zip(each.values, moments[each.times_ms], strict=True))
    file.write("# EOF\n")


def _name(series: StoredSeries) -> str:
    metric = series.labels.get("__name__", "")
    labels = [
        f"{label if _LABEL.fullmatch(label) else _quoted(label)}={_quoted(value)}"
        for label, value in series.labels.items()
        if label != "__name__"
    ]
    if _METRIC.fullmatch(metric):
        return f"{metric}{{{','.join(labels)}}}"
    return f"{{{','.join((_quoted(metric), *labels))}}}"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _moment(milliseconds: int) -> str:
    """Return the end of a line: promtool reads seconds as a float and cuts off what is below a millisecond.

    Half of one on top keeps the float from falling into the millisecond before.
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f" {seconds}.{rest:03d}5\n"
