"""Prints the user classes of the locustfile as JSON; a program of its own, because importing Locust patches Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from locust.util.load_locustfile import load_locustfile

LOCUSTFILE = Path(__file__).parents[3] / "locust" / "locustfile.py"

user_classes, _ = load_locustfile(str(LOCUSTFILE))
json.dump(
    {
        name: {
            "endpoints": [(endpoint.method, endpoint.name) for endpoint in user_class.endpoints],  # type: ignore[attr-defined]
            "weight": user_class.weight,
            "transactions": user_class.transaction_names,  # type: ignore[attr-defined]
            "tags": sorted({tag for task in user_class.tasks for tag in getattr(task, "locust_tag_set", ())}),
        }
        for name, user_class in user_classes.items()
    },
    sys.stdout,
)
