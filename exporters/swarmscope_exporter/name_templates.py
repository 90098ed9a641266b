"""Request names without what varies in them: found by its look, or said by patterns of the user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

MAX_NAME_LENGTH = 200
#: Folding a name costs some microseconds: so many names are folded once only.
_REMEMBERED = 4096
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_ID = re.compile(
    r"""
    (?<![A-Za-z0-9%{])
    (?: (?P<uuid> [0-9a-fA-F]{8} (?:-[0-9a-fA-F]{4}){3} -[0-9a-fA-F]{12} )
      | [0-9]+ (?:[-.:,][0-9]+)*                               # 7, 2026-01-31, 10.0.0.1
      | (?P<hash> (?=[a-fA-F]*[0-9]) [0-9a-fA-F]{8,} )         # with a digit: "feedback" is a word
    )
    (?![A-Za-z0-9])
    | (?<=[A-Za-z]) [0-9]{3,} (?![A-Za-z0-9])                  # user1234; v1 and oauth2 are words
    """,
    re.VERBOSE,
)
_MIN_TOKEN_LENGTH = 16
_TOKEN = re.compile(rf"[A-Za-z0-9_~.=:+%-]{{{_MIN_TOKEN_LENGTH},}}")
_DIGIT_AMID_LETTERS = re.compile(r"[A-Za-z][0-9]+[A-Za-z]")
_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])")
#: Of the letters of a random token half differ in case from the one before; of a name in camel case up to a quarter.
_MIN_CASE_CHANGES_RATIO = 1 / 3
_PLACEHOLDER = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}|\*")


@lru_cache(maxsize=_REMEMBERED)
def template_of(name: str) -> str:
    """Return the name with placeholders for ids: ``/items/{id}?page={value}`` of ``/items/7?page=2``.

    In a path these are numbers (``{id}``), UUIDs (``{uuid}``), hexadecimal digits (``{hash}``) and long random tokens
    (``{id}``); in a query every value is one. The template of a template is itself.
    """
    address = _ADDRESS.match(name)
    start = address.end() if address else 0
    path, mark, query = name[start:].partition("?")
    template = name[:start] + "/".join(map(_without_id, path.split("/")))
    return template + mark + "&".join(map(_without_value, query.split("&"))) if mark else template


def _without_id(segment: str) -> str:
    if segment.isalpha() and len(segment) < _MIN_TOKEN_LENGTH:  # most are, and this is three times as quick
        return segment
    template = _ID.sub(_placeholder, segment)
    return "{id}" if _TOKEN.fullmatch(segment) and _looks_random(_PLACEHOLDER.sub("", template)) else template


def _placeholder(match: re.Match[str]) -> str:
    return f"{{{match.lastgroup or 'id'}}}"


def _looks_random(text: str) -> bool:
    """Return whether digits are amid letters, or upper and lower case are mixed as in no word."""
    has_digit_amid = _DIGIT_AMID_LETTERS.search(text) is not None
    return has_digit_amid or len(_CASE_CHANGE.findall(text)) >= len(text) * _MIN_CASE_CHANGES_RATIO > 0


def _without_value(parameter: str) -> str:
    key, mark, _ = parameter.partition("=")
    return f"{_without_id(key)}={{value}}" if mark else _without_id(parameter)


class NamePatterns:
    """Templates that the user has given, such as ``/users/{user}/orders/*``; the first that fits a name is its name."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raise ValueError for a pattern that `problem_with_pattern` finds something wrong with."""
        for pattern in patterns:
            if problem := problem_with_pattern(pattern):
                raise ValueError(problem)
        self._patterns = tuple(patterns)
        regex = "|".join(f"({_regex_of(pattern)})" for pattern in patterns)
        self._find = re.compile(regex, re.DOTALL).fullmatch if patterns else _find_nothing

    def find(self, name: str) -> str | None:
        """Return the pattern that a name fits, or is; None for another name."""
        if name in self._patterns:
            return name
        match = self._find(name)
        return self._patterns[match.lastindex - 1] if match is not None and match.lastindex else None


def _find_nothing(_: str) -> None:
    """Do what is to be done without patterns."""


def problem_with_pattern(pattern: str) -> str | None:
    """Return what is wrong with a pattern, in words; None for a valid one."""
    example = "such as '/items/{id}' or '/users/*/orders'"
    if not pattern or len(pattern) > MAX_NAME_LENGTH:
        return f"expected patterns of 1 to {MAX_NAME_LENGTH} characters, {example}"
    literals = _PLACEHOLDER.split(pattern)
    if any("{" in literal or "}" in literal for literal in literals):
        return f"{pattern!r} has a brace that is not part of a placeholder: expected {{word}} or *, {example}"
    if "" in literals[1:-1]:
        return f"{pattern!r} has two placeholders side by side: expected text between them, {example}"
    return None


def _regex_of(pattern: str) -> str:
    """Return the regular expression of a pattern; one without a query is for names with any query."""
    path, mark, query = pattern.partition("?")
    regex = "[^/?#]+".join(map(re.escape, _PLACEHOLDER.split(path)))
    return rf"{regex}\?" + "[^&]*".join(map(re.escape, _PLACEHOLDER.split(query))) if mark else rf"{regex}(?:[?#].*)?"
