"""What the objectives of all requests do not show: endpoints with errors, and what the latency leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from swarmscope.objectives import figure_of
from swarmscope.verdict.evidence import EndpointErrors, LeftOut

#: More are in verdict.json.
MAX_ENDPOINTS = 15
_WHY: Mapping[str, str] = MappingProxyType({"judged_apart": "judged apart", "no_time": "no time measured"})


@dataclass(frozen=True)
class ErrorLine:
    """An endpoint as a table shows it: ``14 of 14``, ``100 %``, ``http_5xx 12, timeout 2``."""

    endpoint: str
    failed: str
    ratio: str
    kinds: str


def error_lines(endpoints: Sequence[EndpointErrors]) -> tuple[ErrorLine, ...]:
    """Return a line for each endpoint with errors, and one that says how many more there are."""
    lines = [
        ErrorLine(
            " ".join(filter(None, (each.method, each.name))),
            f"{each.failures:,} of {each.requests:,}",
            figure_of("_ratio", each.failures / each.requests),
            ", ".join(f"{kind} {count:,}" for kind, count in sorted(each.errors.items(), key=lambda item: -item[1])),
        )
        for each in endpoints[:MAX_ENDPOINTS]
    ]
    left = len(endpoints) - len(lines)
    return (*lines, *([ErrorLine(f"… and {left} more in verdict.json", "", "", "")] if left else []))


def left_out_line(left_out: Sequence[LeftOut]) -> str:
    """Return what the latency of all requests leaves out, with its share of them; empty when nothing."""
    if not left_out:
        return ""
    types = ", ".join(
        f"{each.method or '(no type)'} {figure_of('_ratio', each.ratio)} ({_WHY.get(each.why, each.why)})"
        for each in left_out
    )
    ratio = sum(each.ratio for each in left_out)
    return f"The latency of all requests leaves out {figure_of('_ratio', ratio)} of them: {types}"
