"""Reads an OpenAPI document, JSON or YAML, of one file or of several that refer to each other."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from swarmscope.errors import CommandError
from swarmscope.project.files import read_text
from swarmscope.project.yaml_text import UnreadableYamlError, load_yaml

_MAX_REFERENCES = 50  # from one reference to the next, until there is something else


class Document:
    """An OpenAPI document; nodes of it are plain dicts and lists, in which references name their file."""

    def __init__(self, path: Path) -> None:
        """Read the document; raise CommandError, one line, when it is not one that can be used."""
        self.path = path
        self._files: dict[str, Any] = {}
        root = self._file(path.absolute(), path)
        _require_openapi(path, root)
        self.root: Mapping[str, Any] = root

    def resolve(self, node: Any) -> Any:
        """Return a node, or what its reference stands for; what is written beside a reference comes on top.

        Raise CommandError for a reference that leads nowhere.
        """
        for _ in range(_MAX_REFERENCES):
            reference = reference_of(node)
            if reference is None:
                return node
            beside = {key: value for key, value in node.items() if key != "$ref"}
            target = self._target(reference)
            node = {**target, **beside} if beside and isinstance(target, dict) else target
        raise CommandError(f"{self.path}: $ref {_shown(reference_of(node) or '')} leads back to itself")

    def table(self, node: Any) -> dict[str, Any]:
        """Return a node that is a table, after its references; an empty one for anything else."""
        found = self.resolve(node)
        return found if isinstance(found, dict) else {}

    def tables(self, node: Any) -> list[dict[str, Any]]:
        """Return the tables in a list, after their references."""
        found = self.resolve(node)
        return [self.table(each) for each in found] if isinstance(found, list) else []

    def _target(self, reference: str) -> Any:
        file, _, pointer = reference.partition("#")
        if "://" in reference:
            raise CommandError(
                f"{self.path}: $ref {reference!r} is an address: expected a place in this file or in one beside it;"
                " make one file of the document first, for example with `npx @redocly/cli bundle`"
            )
        if not file.isprintable():
            raise CommandError(f"{self.path}: $ref {_shown(reference)} leads nowhere: correct the document")
        node = self._file(Path(file))
        for part in pointer.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise CommandError(f"{self.path}: $ref {_shown(reference)} leads nowhere: correct the document")
        return node

    def _file(self, path: Path, shown: Path | None = None) -> Any:
        key = str(path)
        if key not in self._files:
            try:
                self._files[key] = _with_files_named(_loaded(path, shown or path), path)
            except RecursionError:
                raise CommandError(f"{shown or path} is nested too deeply: expected a few levels") from None
        return self._files[key]


def reference_of(node: Any) -> str | None:
    """Return the reference that a node is; None for another node."""
    reference = node.get("$ref") if isinstance(node, dict) else None
    return reference if isinstance(reference, str) else None


def _shown(reference: str) -> str:
    file, _, pointer = reference.partition("#")
    return repr(f"{Path(file).name}#{pointer}")


def _loaded(path: Path, shown: Path) -> Any:
    try:
        text = read_text(path)
    except UnicodeDecodeError:
        raise CommandError(f"{shown} cannot be read: expected text in UTF-8") from None
    except OSError as error:
        raise CommandError(f"{shown} cannot be read: {error.strerror or error}") from None
    try:
        return json.loads(text) if text.lstrip().startswith("{") else load_yaml(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"{shown} is not valid JSON: {error}") from None
    except UnreadableYamlError as error:
        raise CommandError(f"{shown} {error}") from None


def _with_files_named(node: Any, file: Path) -> Any:
    """Return a copy in which each reference begins with the absolute path of its file, and each key is a text."""
    if isinstance(node, list):
        return [_with_files_named(each, file) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {str(key): _with_files_named(value, file) for key, value in node.items()}
    reference = reference_of(copy)
    if reference is not None and "://" not in reference:
        location, _, pointer = reference.partition("#")
        place = Path(os.path.normpath(file.parent / unquote(location))) if location else file
        copy["$ref"] = f"{place}#{pointer}"
    return copy


def _require_openapi(path: Path, root: Any) -> None:
    version = root.get("openapi") if isinstance(root, dict) else None
    if isinstance(root, dict) and "swagger" in root:
        raise CommandError(
            f"{path} is a Swagger document (swagger: {root['swagger']!r}): expected OpenAPI 3; convert it first, for"
            f" example with `npx swagger2openapi {path.name} -o openapi.json`"
        )
    if version is None or not str(version).startswith("3."):
        given = f"openapi: {version!r}" if version is not None else "it has no key openapi"
        raise CommandError(f"{path} is not an OpenAPI 3 document ({given}): give a JSON or YAML file of one")
