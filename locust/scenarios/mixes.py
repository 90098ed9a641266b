"""Who the users are: names of user classes and their weights, for each workload."""

from __future__ import annotations

from collections.abc import Mapping

#: A medical voice assistant: people who ask, experts, those who feed and watch it, and those who speak with it.
VOICEASSIST: Mapping[str, float] = {
    "RegularUser": 70,
    "PowerUser": 20,
    "AdminUser": 10,
    "WebSocketUser": 5,
}

#: A sales CRM: many look at dashboards, some work on leads and projects, few run reports.
CRM: Mapping[str, float] = {
    "DashboardUser": 40,
    "LeadManagementUser": 30,
    "ProjectViewUser": 20,
    "AnalyticsUser": 10,
    "MixedWorkloadUser": 15,
}


def blend(*mixes: Mapping[str, float]) -> dict[str, float]:
    """Several mixes as one, each with the same share of the users (in percent)."""
    return {
        name: round(100 * weight / sum(mix.values()) / len(mixes), 3) for mix in mixes for name, weight in mix.items()
    }


BOTH = blend(VOICEASSIST, CRM)
#: Ten users make one of each kind, and a second of the most frequent one.
ONE_OF_EACH: Mapping[str, float] = dict.fromkeys((*VOICEASSIST, *CRM), 1.0) | {"RegularUser": 2.0}
