"""Shares that only a locustfile can count, such as answers with a citation: each is an objective of its own.

A threshold for the objective judges the share; `[objectives.NAME]` of swarmscope.toml says on which side.
"""

from __future__ import annotations

from prometheus_client import Counter

SHARES = Counter(
    "loadtest_share",
    "Observations of a share that is an objective: which count.",
    ["objective", "counts"],
)
_UNIT = "_ratio"


def declare_share(objective: str) -> None:
    """Create the series of a share at 0, before the load; its name ends in ``_ratio``."""
    if not objective.endswith(_UNIT):
        raise ValueError(f"a share is named like citation_ratio, not {objective!r}")
    for counts in ("true", "false"):
        SHARES.labels(objective, counts)


def observe_share(objective: str, *, counts: bool) -> None:
    """Count one observation of a declared share: one that ``counts``, or one that does not."""
    SHARES.labels(objective, "true" if counts else "false").inc()
