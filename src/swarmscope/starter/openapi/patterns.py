"""Makes a text that a regular expression matches."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from typing import Any

#: How often a part that may be repeated is, at most: enough for a password, more where the text has to be longer.
_REPEATS, _MAX_REPEATS = 8, 100
_ANY = "aA1-"
_PREFERRED = "a1A-" + string.ascii_letters + string.digits + "._~ +@/:,;!?"


def matching(pattern: str, min_length: int = 0) -> str | None:
    """Return a text of at least that length in which the expression is found; None when none was thought of."""
    try:
        expression = re.compile(pattern)
        parsed = _parsed(pattern)
    except (re.error, RecursionError, OverflowError):  # JavaScript's expressions are not all Python's
        return None
    for repeats in range(min(max(_REPEATS, min_length), _MAX_REPEATS) + 1):
        text = _text(parsed, repeats, {})
        if text is not None and len(text) >= min_length and expression.search(text):
            return text
    return None


def _parsed(pattern: str) -> Any:
    from re import _parser  # noqa: PLC0415  # what re itself compiles from

    return _parser.parse(pattern)


def _text(parsed: Iterable[Any], repeats: int, groups: dict[int, str]) -> str | None:
    """Return a text for the parts of an expression, each of which is repeated that often where it may be."""
    parts = [_part(str(kind), value, repeats, groups) for kind, value in parsed]
    return None if None in parts else "".join(part for part in parts if part is not None)


def _part(kind: str, value: Any, repeats: int, groups: dict[int, str]) -> str | None:
    match kind:
        case "LITERAL":
            return chr(value)
        case "ANY" | "NOT_LITERAL":
            return "b" if value == ord("a") else "a"
        case "IN":
            return _one_of(value)
        case "GROUPREF":
            return groups.get(value)
        case "AT" | "ASSERT_NOT" | "ASSERT":
            return ""  # what comes of it is matched in the end
        case _:
            return _group(kind, value, repeats, groups)


def _group(kind: str, value: Any, repeats: int, groups: dict[int, str]) -> str | None:
    match kind:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, inside = value
            count = max(int(low), min(repeats, int(high)))
            if str(inside[0][0]) == "ANY":  # as in a password, of which other parts ask for one of each kind
                return (_ANY * count)[:count]
            text = _text(inside, repeats, groups) if count else ""
            return None if text is None else text * count
        case "SUBPATTERN":
            text = _text(value[-1], repeats, groups)
            groups[value[0]] = text or ""
            return text
        case "ATOMIC_GROUP":
            return _text(value, repeats, groups)
        case "BRANCH":
            return _text(value[1][0], repeats, groups)
        case _:
            return None


def _one_of(members: list[Any]) -> str | None:
    """Return a character of a set such as [a-z]."""
    if str(members[0][0]) == "NEGATE":
        return next((each for each in _PREFERRED if not _has(members[1:], each)), None)
    inside = next((each for each in _PREFERRED if _has(members, each)), None)
    if inside is not None:
        return inside
    kind, value = members[0]
    return chr(value[0]) if str(kind) == "RANGE" else chr(value) if str(kind) == "LITERAL" else None


def _has(members: list[Any], character: str) -> bool:
    for kind, value in members:
        match str(kind):
            case "LITERAL" if ord(character) == value:
                return True
            case "RANGE" if value[0] <= ord(character) <= value[1]:
                return True
            case "CATEGORY" if _in_category(str(value), character):
                return True
    return False


def _in_category(name: str, character: str) -> bool:
    """Return whether a character is in a class such as CATEGORY_DIGIT or CATEGORY_NOT_DIGIT."""
    match name.replace("_NOT_", "_"):
        case "CATEGORY_DIGIT":
            found = character.isdecimal()
        case "CATEGORY_SPACE":
            found = character.isspace()
        case _:
            found = character.isalnum() or character == "_"
    return found != ("_NOT_" in name)
