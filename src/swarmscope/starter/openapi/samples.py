"""Values for parameters and bodies: the document's own examples, or what fits the schema."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from swarmscope.starter.openapi.document import Document, reference_of
from swarmscope.starter.openapi.scalars import number, text, whole

_MAX_DEPTH = 30
_MAX_ITEMS = 100
_MAX_VALUES = 10_000  # of one body, with those that were tried in vain
_KEYS_OF = {
    "object": ("properties", "additionalProperties", "required"),
    "array": ("items", "prefixItems", "minItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class _EndlessError(Exception):
    """A schema contains itself, and nothing in it may be left out."""


@dataclass(frozen=True)
class Sample:
    """``is_made_up``: the document has no example of it, so that it is only known to have the right form."""

    value: Any
    is_made_up: bool = False


class Samples:
    """Values that a document asks for: the same ones each time."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._values_left = 0

    def of_parameter(self, parameter: Mapping[str, Any]) -> Sample:
        """Return the value of a parameter."""
        given = self._example_of(parameter)
        if given is not None:
            return given
        for media in self._document.table(parameter.get("content")).values():
            return self.of_media(media)
        return self.of_schema(parameter.get("schema"))

    def of_media(self, media: Any) -> Sample:
        """Return a body, or a parameter that is written like one."""
        table = self._document.table(media)
        schema = self._document.table(table.get("schema"))
        given = self._example_of(table) or self._example_of(schema)
        return self.of_schema(table.get("schema")) if given is None else Sample(_as_data(given.value, schema))

    def of_schema(self, schema: Any) -> Sample:
        """Return a value that the schema allows."""
        table = self._document.table(schema)
        given = _given(table)
        if given is not None:
            return given
        self._values_left = _MAX_VALUES
        try:
            return Sample(self._value(schema, (), is_top=True), is_made_up=True)
        except _EndlessError:
            return Sample({}, is_made_up=True)

    def _example_of(self, node: Mapping[str, Any]) -> Sample | None:
        """Return the first example of a parameter, a media type or a schema; None when there is none."""
        if "example" in node:
            return Sample(plain(node["example"]))
        examples = self._document.resolve(node.get("examples"))
        for each in examples.values() if isinstance(examples, dict) else ():
            table = self._document.table(each)
            if "value" in table:
                return Sample(plain(table["value"]))
        return None

    def _value(self, schema: Any, inside: tuple[str, ...], *, is_top: bool = False) -> Any:
        """Return a value; ``inside`` are the references that led here."""
        reference = reference_of(schema)
        self._values_left -= 1
        if self._values_left < 0 or len(inside) > _MAX_DEPTH or reference in inside:
            raise _EndlessError
        inside = inside if reference is None else (*inside, reference)
        for table in self._variants(self._document.table(schema), inside):
            with suppress(_EndlessError):
                return self._of_variant(table, inside, is_top=is_top)
        raise _EndlessError

    def _of_variant(self, table: Mapping[str, Any], inside: tuple[str, ...], *, is_top: bool) -> Any:
        given = _given(table)
        if given is not None:
            return given.value
        match _type_of(table):
            case "object":
                return self._object(table, inside, is_top=is_top)
            case "array":
                return self._array(table, inside)
            case "integer" | "number" as kind:
                return number(table, is_whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return text(table)

    def _variants(self, table: Mapping[str, Any], inside: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Yield what a schema may be when its allOf is put together, and one of its anyOf and oneOf is chosen."""
        every = [[part] for part in self._parts(table, "allOf")]
        choices = [found for key in ("oneOf", "anyOf") if (found := self._parts(table, key))]
        own = {key: value for key, value in table.items() if key not in {"allOf", "anyOf", "oneOf"}}
        yield from self._put_together(own, [*every, *choices], inside)

    def _put_together(
        self, table: dict[str, Any], groups: Sequence[Sequence[Any]], inside: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        if not groups:
            yield table
            return
        for part in groups[0]:
            reference = reference_of(part)
            if reference not in inside:
                path = inside if reference is None else (*inside, reference)
                for variant in self._variants(self._document.table(part), path):
                    more = combined(variant, self._discriminator(table, variant, reference))
                    yield from self._put_together(combined(table, more), groups[1:], inside)

    def _parts(self, table: Mapping[str, Any], key: str) -> list[Any]:
        """Return the schemas of allOf, anyOf or oneOf; null last, as a value says more."""
        return sorted(_list(table, key), key=lambda part: self._document.table(part).get("type") == "null")

    def _discriminator(
        self, table: Mapping[str, Any], variant: Mapping[str, Any], reference: str | None
    ) -> dict[str, Any]:
        """Return the schema of the property that says which variant this is; nothing where the variant has it."""
        told = self._document.table(table.get("discriminator"))
        name = told.get("propertyName")
        own = self._document.table(self._document.table(variant.get("properties")).get(str(name)))
        if not isinstance(name, str) or reference is None or "const" in own or "enum" in own:
            return {}
        mapping = self._document.table(told.get("mapping")).items()
        key = next((key for key, target in mapping if reference.endswith(str(target))), reference.rpartition("/")[2])
        return {"properties": {name: {"const": key}}, "required": [name]}

    def _object(self, table: Mapping[str, Any], inside: tuple[str, ...], *, is_top: bool) -> dict[str, Any]:
        """Return what is required; where nothing is, all that can be written at the top, and nothing deeper."""
        properties = self._document.table(table.get("properties"))
        required = _required(table)
        wanted = {name: properties.get(name, {}) for name in required}
        if not required and is_top:
            wanted = properties
        found: dict[str, Any] = {}
        for name, schema in wanted.items():
            if self._document.table(schema).get("readOnly") is True:
                continue
            try:
                found[name] = self._value(schema, inside)
            except _EndlessError:
                if name in required:
                    raise
        more = table.get("additionalProperties")
        if not found and table.get("minProperties") and more is not False:
            found["key"] = self._value(more if isinstance(more, dict) else {}, inside)
        return found

    def _array(self, table: Mapping[str, Any], inside: tuple[str, ...]) -> list[Any]:
        first = [self._value(each, inside) for each in _list(table, "prefixItems")]
        low = whole(table.get("minItems")) or 0
        count = min(max(low, 1), whole(table.get("maxItems"), _MAX_ITEMS), _MAX_ITEMS) - len(first)
        if count <= 0 or (first and not low):
            return first
        try:
            return first + [self._value(table.get("items") or {}, inside)] * count
        except _EndlessError:
            if low > len(first):
                raise
            return first


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dates of YAML as the texts that they were."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(each) for each in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _as_data(example: Any, schema: Mapping[str, Any]) -> Any:
    """Return an example; where it is the text of an object, as some documents have it, the object."""
    if not isinstance(example, str) or schema.get("type") == "string":
        return example
    try:
        found = json.loads(example)
    except ValueError:
        return example
    return found if isinstance(found, dict | list) else example


def _given(table: Mapping[str, Any]) -> Sample | None:
    """Return the value that a schema names; None when it only says of what form it is."""
    for key in ("const", "example", "default"):
        if table.get(key) is not None:
            return Sample(plain(table[key]))
    for key in ("examples", "enum"):
        values = _list(table, key)
        if values:
            return Sample(plain(next((each for each in values if each is not None), None)))
    return None


def _type_of(table: Mapping[str, Any]) -> str:
    kind = table.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    return next((name for name, keys in _KEYS_OF.items() if any(key in table for key in keys)), "string")


def combined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return two schemas as one that has the properties and requirements of both."""
    both = {**one, **other}
    properties = dict(_table(one, "properties"))
    for name, schema in _table(other, "properties").items():
        before = _table(properties, name)
        properties[name] = {**before, **schema} if isinstance(schema, dict) else schema
    if properties:
        both["properties"] = properties
    required = list(dict.fromkeys([*_required(one), *_required(other)]))
    return both | ({"required": required} if required else {})


def _table(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def _list(node: Mapping[str, Any], key: str) -> list[Any]:
    value = node.get(key)
    return value if isinstance(value, list) else []


def _required(schema: Mapping[str, Any]) -> list[str]:
    """Return names of properties; before OpenAPI 3, ``required`` could be a flag."""
    return [name for name in _list(schema, "required") if isinstance(name, str)]
