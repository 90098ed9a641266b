"""On which line of a TOML file each key stands, which tomllib does not say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

KeyPath = tuple[str, ...]


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line of each table and key, by its path; raise TOMLDecodeError for what is not TOML.

    A line belongs to a statement that begins above it for as long as the statement is not whole: an open bracket or
    text makes what stands there invalid by itself. So tomllib decides what a statement is. Keys within a value that
    goes over several lines are on its first line.
    """
    found: dict[KeyPath, int] = {}
    header: KeyPath = ()
    for line, statement in _statements(text):
        content = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            header = _innermost(content)
            content, above = {}, header
            for depth in range(1, len(above) + 1):
                found.setdefault(above[:depth], line)
        for path in _paths(content):
            found.setdefault((*header, *path), line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with the number of its first line."""
    pending, first = "", 1
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        first = first if pending else number
        pending += line
        if _is_whole(pending):
            yield first, pending
            pending = ""
    if pending:
        yield first, pending


def _is_whole(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _innermost(content: Mapping[str, Any]) -> KeyPath:
    """Return the path of the one table that a header opens."""
    path: list[str] = []
    value: Any = content
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        path.append(key)
    return tuple(path)


def _paths(content: Mapping[str, Any]) -> Iterator[KeyPath]:
    for key, value in content.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, *path) for path in _paths(value))
