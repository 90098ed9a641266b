"""Reads tables of swarmscope.toml key by key, each value with its type; errors name the file, the line and the key."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from swarmscope.errors import CommandError
from swarmscope.project.files import read_text
from swarmscope.project.syntax import seconds_of
from swarmscope.project.toml_lines import KeyPath, key_lines

_T = TypeVar("_T")
NO_TABLE: Mapping[str, Any] = {}
NO_TEXTS: tuple[str, ...] = ()


@dataclass(frozen=True)
class TomlFile:
    """A TOML file with what it holds; without the file, nothing."""

    path: Path
    content: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Return what a file holds; raise CommandError, one line, for one that is not TOML."""
        if not path.is_file():
            return cls(path)
        try:
            source = read_text(path)
            return cls(path, tomllib.loads(source), source)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not text in UTF-8: {error}") from None
        except tomllib.TOMLDecodeError as error:
            raise CommandError(f"{path} is not valid TOML: {error}") from None

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return key_lines(self.source)

    def line_of(self, keys: KeyPath) -> int:
        """Return the line of a key, or of the innermost table around it that has one; 0 for the file itself."""
        while keys and keys not in self._lines:
            keys = keys[:-1]
        return self._lines.get(keys, 0)

    def mistake(self, keys: KeyPath, what: str) -> CommandError:
        """Return the error that names a key: ``what`` continues the sentence that begins with it."""
        line = self.line_of(keys)
        return CommandError(f"{self.path}{f':{line}' if line else ''}: {written(keys)}{what}")


class Table:
    """A table of the file whose keys are taken one by one."""

    def __init__(self, file: TomlFile, keys: KeyPath, values: Mapping[str, Any]) -> None:
        self.file, self.keys, self._values = file, keys, dict(values)

    def take(self, key: str, read: Callable[[Any], _T], default: _T | None = None) -> _T:
        """Return the value; without a default the key is required. Raise CommandError for one that is not valid."""
        if key not in self._values:
            if default is None:
                raise self.file.mistake((*self.keys, key), " is missing")
            return default
        value = self._values.pop(key)
        try:
            return read(value)
        except (CommandError, ValueError) as error:
            raise self.file.mistake((*self.keys, key), f" = {value!r}: {error}") from None

    def take_optional(self, key: str, read: Callable[[Any], _T]) -> _T | None:
        """Return the value; None where the key is missing."""
        return self.take(key, read) if key in self._values else None

    def take_table(self, key: str) -> Table:
        """Return the table under a key, an empty one where it is missing."""
        return Table(self.file, (*self.keys, key), self.take(key, table, NO_TABLE))

    def take_tables(self, key: str) -> Mapping[str, Table]:
        """Return the tables in the table under a key, by their names."""
        outer = self.take_table(key)
        return {name: Table(self.file, (*outer.keys, name), outer.take(name, table)) for name in tuple(outer)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def require_all_taken(self, known: str = "") -> None:
        """Raise CommandError for a key that nothing has taken; ``known`` lists what may be there."""
        if self._values:
            key = (*self.keys, next(iter(self._values)))
            raise self.file.mistake(key, f" is not a known setting{f': expected {known}' if known else ''}")

    def fail(self, error: Exception) -> CommandError:
        """Return the error of a table whose keys contradict each other."""
        return self.file.mistake(self.keys, f": {error}")


def written(keys: KeyPath) -> str:
    """Return a path as the file writes it: scenarios.smoke.endpoints."GET /a"."""
    return ".".join(key if key.replace("-", "").replace("_", "").isalnum() else f'"{key}"' for key in keys)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")  # noqa: TRY004  # as all that is wrong with a file
    return value


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("expected a list of texts")
    return tuple(value)


def text_or_texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not value or not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("expected a text or a list of texts")
    return tuple(value)


def table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("expected a table")  # noqa: TRY004
    return value


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError("expected a number over 0")
    return float(value)


def count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("expected a whole number of 1 or more")
    return value


def seconds(value: Any) -> float:
    try:
        return seconds_of(text(value))
    except CommandError:
        raise ValueError("expected a time span over 0 such as '30s', '5m' or '1h30m'") from None
