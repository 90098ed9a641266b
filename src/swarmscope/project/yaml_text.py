"""Reads YAML that a user may have written; small in the file is small in memory, too."""

from __future__ import annotations

from typing import Any

import yaml

#: What the aliases of a document may stand for, beyond its own length: far more than rule files need.
MAX_ALIASED_CHARACTERS = 1_000_000
MAX_DEPTH = 100

#: Of libyaml where PyYAML has it: our rules are read in a tenth of the time.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableYamlError(ValueError):
    """Why a text is not read; the message continues a sentence that begins with the name of the file."""


def load_yaml(text: str) -> Any:
    """Return what a YAML document holds, of plain types only. Raise UnreadableYamlError, one line, if it is refused."""
    try:
        return _load(text)
    except yaml.YAMLError as error:
        raise UnreadableYamlError(f"is not YAML: {' '.join(str(error).split())}") from error


def _load(text: str) -> Any:
    _require_flat(text)
    loader = _LOADER(text)
    node = loader.get_single_node()
    if node is None:
        return None
    _require_small(node, len(text) + MAX_ALIASED_CHARACTERS, {})
    return loader.construct_document(node)


def _require_flat(text: str) -> None:
    """Refuse what is nested so deeply that making nodes of it would end the process: libyaml recurses in C."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise UnreadableYamlError("is nested too deeply: expected a few levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _require_small(node: yaml.Node, limit: int, sizes: dict[int, int]) -> int:
    """Return the length of a node with its aliases written out, without writing them out.

    Aliases of aliases double a document with each line: ``sizes`` holds what was measured already, by the id of its
    node, and a negative size while that is under way.
    """
    size = sizes.get(id(node))
    if size is None:
        sizes[id(node)] = -1
        size = 1 + (
            len(node.value)
            if isinstance(node, yaml.ScalarNode)
            else sum(_require_small(child, limit, sizes) for child in _children(node))
        )
        sizes[id(node)] = size
    if size < 0:
        raise UnreadableYamlError("has an alias inside of what it stands for: write the value out")
    if size > limit:
        raise UnreadableYamlError(
            f"has aliases that stand for more than {MAX_ALIASED_CHARACTERS:,} characters: write the values out"
        )
    return size


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value)
