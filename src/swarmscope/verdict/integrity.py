"""Whether a verdict.json and the evidence beside it are as they were written: checksums of both.

They find what was damaged, lost or edited by hand. They are not a signature: what is replaced together with its
checksums is not found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmscope.verdict.verdict import Check, Outcome, Verdict

DIGEST = "digest"
EVIDENCE_FOLDER = "evidence"
EDITED = "was edited after it was written, as its digest tells"
_CHUNK_BYTES = 1 << 20


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a verdict.json without its digest, whatever its spaces and the order of its keys."""
    content = {key: value for key, value in document.items() if key != DIGEST}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def is_edited(document: Mapping[str, Any]) -> bool:
    """Return whether a verdict.json is not as it was written.

    Unknown, so False, of an older one that has neither a digest nor evidence.
    """
    if DIGEST not in document:
        return document.get("evidence") is not None
    return bool(document[DIGEST] != digest_of(document))


def sums_of(folder: Path) -> dict[str, dict[str, str | int]]:
    """Return checksum and size of each file below a folder, by its path there; raise OSError."""
    return {path.relative_to(folder).as_posix(): _sum(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def file_problems(folder: Path, recorded: object) -> tuple[str, ...]:
    """Return what of the evidence is not as verdict.json has it recorded, a sentence each; empty when all is.

    ``recorded`` is what verdict.json has as its ``evidence``, whatever that is.
    """
    files = recorded.get("files") if isinstance(recorded, Mapping) else None
    if not isinstance(files, Mapping) or not files:
        return ("verdict.json has no checksums of the evidence",)
    try:
        found = sums_of(folder)
    except OSError as error:
        return (f"{EVIDENCE_FOLDER} cannot be read: {error.strerror}",)
    return tuple(_differences(found, files))


def doubted(verdict: Verdict, problems: tuple[str, ...]) -> Verdict:
    """Return a verdict whose evidence is not what it was: INCONCLUSIVE, whatever it says, with the problems first."""
    if not problems:
        return verdict
    told = tuple(f"evidence: {problem}" for problem in problems)
    checks = (Check("evidence", ok=False, figure=problem) for problem in problems)
    return replace(
        verdict,
        outcome=Outcome.INCONCLUSIVE,
        reasons=tuple(dict.fromkeys((*told, *verdict.reasons))),
        checks=tuple(dict.fromkeys((*checks, *verdict.checks))),
    )


def _differences(
    found: Mapping[str, Mapping[str, str | int]], recorded: Mapping[str, Mapping[str, str | int]]
) -> Iterator[str]:
    for name, expected in recorded.items():
        file, there = f"{EVIDENCE_FOLDER}/{name}", found.get(name)
        if there is None:
            yield f"{file} is missing"
        elif not isinstance(expected, Mapping) or there["bytes"] != expected.get("bytes"):
            size = expected.get("bytes") if isinstance(expected, Mapping) else expected
            yield f"{file} has {there['bytes']} bytes, expected {size}: it was cut off or changed"
        elif there["sha256"] != expected.get("sha256"):
            yield f"{file} was changed: its checksum differs"
    yield from (f"{EVIDENCE_FOLDER}/{name} was added" for name in found if name not in recorded)


def _sum(path: Path) -> dict[str, str | int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return {"sha256": digest.hexdigest(), "bytes": size}
