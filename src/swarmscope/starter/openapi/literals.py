"""Python source for values, laid out as formatters lay it out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LINE_LENGTH = 88
_INDENT = "    "


def literal(value: Any, indent: str = "", before: int = 0, after: int = 1) -> str:
    """Return a value as Python source, on one line if it fits.

    ``before`` and ``after`` are how many characters stand on the line before and after it, beside its indent.
    """
    line = on_one_line(value)
    if len(indent) + before + len(line) + after <= LINE_LENGTH or not value or not isinstance(value, dict | list):
        return line
    inner = indent + _INDENT
    if isinstance(value, dict):
        parts = [f"{inner}{_key(key)}{literal(each, inner, len(_key(key)))}," for key, each in value.items()]
        return "\n".join(["{", *parts, indent + "}"])
    return "\n".join(["[", *(f"{inner}{literal(each, inner)}," for each in value), indent + "]"])


def call(function: str, arguments: Sequence[tuple[str, Any]], indent: str) -> str:
    """Return a call; an argument is its name, empty for one by position, and its value or `Source`."""
    shown = [(f"{name}=" if name else "", value) for name, value in arguments]
    line = f"{indent}{function}({', '.join(name + on_one_line(value) for name, value in shown)})"
    if len(line) <= LINE_LENGTH:
        return line
    inner = indent + _INDENT
    parts = [inner + name + literal(value, inner, len(name)) for name, value in shown]
    return "\n".join([f"{indent}{function}(", *(f"{part}," for part in parts), f"{indent})"])


class Source(str):
    """An expression, in the place of a value; as the key of a dict, ``**`` before a dict that is added to it."""

    __slots__ = ()


def text(value: str) -> str:
    """Return a text as Python source, in double quotes unless these would have to be escaped more often."""
    inside = repr(f"'{value}\"")[1:-1].replace("\\'", "'")[1:-1]  # with both quotes in it, repr escapes the single ones
    if value.count('"') > value.count("'"):
        return "'" + inside.replace("'", "\\'") + "'"
    return '"' + inside.replace('"', '\\"') + '"'


def comment(value: str) -> str:
    """Return a text of any kind as one line that can stand in a comment or a docstring."""
    words = " ".join("".join(each if each.isprintable() else " " for each in value).split())
    return words.replace("\\", "/").replace('"""', "'''")


def on_one_line(value: Any) -> str:
    """Return a value as Python source, however long."""
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(_key(key) + on_one_line(each) for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(on_one_line, value)) + "]"
    return repr(value)


def _key(key: str) -> str:
    return str(key) if isinstance(key, Source) else f"{text(key)}: "
