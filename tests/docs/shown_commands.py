"""Finds the commands that the documentation shows: in code blocks, and in the text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "prometheus/*.md", "grafana/*.md", "deploy/**/*.md")
    for path in ROOT.glob(pattern)
)
#: Languages of blocks that hold commands; other languages hold data, or output.
_SHELL = ("console", "sh", "bash", "shell")
_FENCED = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^ {4}\S.*\n(?: {4}.*\n)*)+", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_SEPARATOR = re.compile(r"\s*(?:&&|\|\||;|\||&(?=\s|$))\s*")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_OURS = re.compile(
    r"swarmscope (?:[a-z]|NAME\b)|make [\w<]|(?:\./)?scripts/[\w/-]+\.(?:sh|py|bat)\b|\.venv/bin/\w|python -m \w"
    r"|docker compose |locust -f "
)


@dataclass(frozen=True)
class Shown:
    """One command, as words; ``source`` is the document."""

    source: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.source}: {' '.join(self.words)}"


def shown_commands(document: Path) -> Iterator[Shown]:
    """Return all commands of a document that are one of ours, each once."""
    text = document.read_text(encoding="utf-8")
    lines: list[str] = []
    for language, block in _FENCED.findall(text):
        if language in _SHELL:
            lines += _lines_of(block)
    text = _FENCED.sub("", text)
    for block in _INDENTED.findall(text):
        lines += _lines_of(block)
    lines += [span for span in _INLINE.findall(_INDENTED.sub("", text)) if not span.endswith("/")]
    found = (command for line in lines for command in _commands_of(line))
    name = document.relative_to(ROOT).as_posix()
    yield from (Shown(name, words) for words in dict.fromkeys(found))


def _lines_of(block: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", " ", block)
    return [line.strip().removeprefix("$ ") for line in joined.splitlines()]


def _commands_of(line: str) -> Iterator[tuple[str, ...]]:
    line = re.sub(r"\s#\s.*$", "", line)
    for part in _SEPARATOR.split(line):
        try:
            words = shlex.split(part.replace("[", " ").replace("]", " "))
        except ValueError:
            continue  # prose with an apostrophe, or a figure
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words.pop(0)
        if _OURS.match(" ".join(words)):
            yield tuple(words)
