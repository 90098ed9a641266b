"""Response time and service time, where they part: requests that had to wait for their start."""

from __future__ import annotations

from collections.abc import Mapping

from swarmscope.objectives import figure_of

_FIGURES = ("p50", "p95", "p99")
#: Nearer to each other than this, as a share of the service time, they are the same; so are they within the seconds by
#: which an event loop is late.
_NEGLIGIBLE, _NEGLIGIBLE_SECONDS = 0.05, 0.005


def two_times(measured: Mapping[str, float]) -> str:
    """Return a sentence on objectives of all requests, with the figures at which both part; empty where they do not."""
    times = {
        figure: (response, service)
        for figure in _FIGURES
        if (response := measured.get(f"latency_{figure}_seconds")) is not None
        and (service := measured.get(f"service_time_{figure}_seconds")) is not None
        and response > service * (1 + _NEGLIGIBLE) + _NEGLIGIBLE_SECONDS
    }
    if not times:
        return ""
    response_time, service_time = (
        ", ".join(f"{figure} {figure_of('_seconds', both[which])}" for figure, both in times.items())
        for which in (0, 1)
    )
    return (
        f"Response time {response_time}; service time {service_time}: requests waited until a user was free to begin"
        " them. Endpoints without a threshold of their own are listed with their service time."
    )
