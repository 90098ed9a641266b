"""comparison.json: everything, for programs. The schema is described in docs/comparison.md."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from swarmscope.compare.comparison import Comparison, Row, Side
from swarmscope.report.comparison.words import reasons
from swarmscope.report.wording import moment

SCHEMA_VERSION = 1


def to_json(comparison: Comparison) -> str:
    """Return the comparison; times are in seconds, shifts are shares (0.05 is 5 % more)."""
    document = {
        "schema": SCHEMA_VERSION,
        "answer": comparison.answer.value,
        "exit_code": int(comparison.answer.exit_code),
        "unit": comparison.unit,
        "reasons": list(reasons(comparison)),
        "obstacles": list(comparison.obstacles),
        "forced": comparison.forced,
        "warnings": list(comparison.warnings),
        "policy": asdict(comparison.policy),
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "rows": [_row(row) for row in comparison.rows],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _side(side: Side) -> dict[str, Any]:
    return {
        "title": side.title,
        "runs": [
            {
                "run_id": run.run_id,
                "began": moment(run.began_seconds),
                "verdict": run.verdict,
                "host": run.host or None,
                "commit": run.commit or None,
                "labels": dict(run.labels),
                "conditions": asdict(run.conditions),
                "doubts": list(run.doubts),
            }
            for run in side.runs
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "figure": row.figure,
        "method": row.method or None,
        "name": row.name or None,
        "a": row.a,
        "b": row.b,
        "shift": asdict(row.shift) if row.shift is not None else None,
        "answer": row.answer.value,
        "probably": row.probably.value if row.probably is not None else None,
        "more_units": row.more_units,
        "decides": row.decides,
        "note": row.note or None,
    }
