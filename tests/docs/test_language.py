"""Code, messages, rules, dashboards and docs are written in the words that engineers use."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.places import ROOT

#: A pattern, and what to write.
WORDS = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bmishaps?\b": "unhandled exception",
    r"\bwhoever\b": "the actor: the runner, Prometheus, the user",
    r"\b(no|some|every)body\b": "the actor, or the passive voice",
    r"\b(?<!there )(is|are|was|were) no (?!longer\b|other\b|more\b)[a-z]+": "is not a …",
    r"\bshall\b": "must, or the imperative",
    r"\b_?(LEAST|MOST|USUAL)_[A-Z]": "MIN_, MAX_ or DEFAULT_",
    r"\bhasty\b": "with a timeout",
}
#: These words are about something else there.
EXCEPTIONS = (
    (re.compile(r"\"postgres\", \"nobody\"|\"nobody\"|user nobody|or nobody"), "an account of Unix"),
    (re.compile(r"nobody@example"), "an address in a test"),
)
FILES = subprocess.run(
    ["git", "ls-files", "src", "exporters", "scripts", "api", "locust/users", "prometheus/rules", "grafana/source"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
DOCUMENTS = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()


def found(pattern: str, files: list[str]) -> list[str]:
    wrong = re.compile(pattern, re.IGNORECASE if pattern.islower() else 0)
    lines = []
    for name in files:
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1):
            known = any(exception.search(line) for exception, _ in EXCEPTIONS)
            if wrong.search(line) and not known:
                lines.append(f"{name}:{number}: {line.strip()}")
    return lines


@pytest.mark.parametrize("pattern", WORDS)
def test_words_that_are_hard_to_read_are_not_used(pattern: str) -> None:
    documents = [name for name in DOCUMENTS if name != "CHANGELOG.md"]
    assert found(pattern, [*FILES, *documents]) == [], f"write: {WORDS[pattern]}"
