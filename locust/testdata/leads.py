"""What sales people type into the CRM."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

STATUSES = ("new", "contacted", "qualified", "won", "lost")
SOURCES = ("web", "referral", "event", "partner", "phone")
PROJECT_STATUSES = ("planned", "active", "on_hold", "done")

_GIVEN = ("Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lars")
_FAMILY = ("Almeida", "Berg", "Costa", "Dahl", "Eriksen", "Fontaine", "Gruber", "Haas", "Ivanova", "Jensen", "Kovacs")
_TRADE = ("Mills", "Optics", "Logistics", "Bakeries", "Shipyard", "Textiles", "Solar", "Tools", "Press", "Foods")


def make_lead(key: str) -> dict[str, object]:
    """Return the body of a new lead; the same ``key`` makes the same lead."""
    rng = Random(f"lead/{key}")  # noqa: S311  # reproducible, no secret
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    local = "".join(letter for letter in key.lower() if letter.isalnum())
    return {
        "name": f"{given} {family}",
        "email": f"{given}.{family}.{local}@example.test".lower(),
        "company": f"{rng.choice(_FAMILY)} {rng.choice(_TRADE)}",
        "status": "new",
        "source": rng.choice(SOURCES),
        "value": rng.randrange(500, 50_000, 50),
    }


def next_status(lead: Mapping[str, object]) -> str:
    """Return the status that follows a lead's own on the way to won; a closed lead is opened again."""
    position = STATUSES.index(str(lead["status"]))
    return STATUSES[position + 1] if position < STATUSES.index("won") else "contacted"
