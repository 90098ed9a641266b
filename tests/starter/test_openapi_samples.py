"""Values that fit a schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from swarmscope.starter.openapi.patterns import matching
from swarmscope.starter.openapi.samples import Sample, Samples
from tests.starter.documents import document, with_paths


def sample(folder: Path, schema: Any, **schemas: Any) -> Sample:
    """Return the sample of a schema that stands in a document, beside others that it refers to."""
    content = with_paths(get_={}) | {"components": {"schemas": {**schemas, "It": schema}}}
    found = document(folder, content)
    return Samples(found).of_schema(found.root["components"]["schemas"]["It"])


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 3}, 3),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": "string", "default": "d"}, "d"),
        ({"type": "string", "examples": ["e", "f"]}, "e"),
        ({"type": "integer", "example": 9, "minimum": 3}, 9),
    ],
)
def test_what_the_document_gives_is_taken(tmp_path: Path, schema: Any, value: Any) -> None:
    assert sample(tmp_path, schema) == Sample(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "integer", "exclusiveMinimum": 10}, 11),
        ({"type": "integer", "exclusiveMaximum": 0, "multipleOf": 5}, -5),
        ({"type": "integer", "minimum": 10, "multipleOf": 7}, 14),
        ({"type": "number", "minimum": 1.5}, 1.5),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, 0.5),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 0.25),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "string"]}, "text"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T12:00:00Z"),
        ({"type": "string", "minLength": 6, "maxLength": 7}, "textte"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "email", "maxLength": 5}, "user@"),
        ({"type": "string", "pattern": r"^\d{3}-[A-F]+$"}, "111-A"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3}, [1, 1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, ["text", 1]),
        ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}}, {"a": 1, "b": "text"}),
        ({"properties": {"a": {}, "b": {}}, "required": ["b"]}, {"b": "text"}),
        ({"type": "object", "properties": {"a": {"properties": {"b": {}}}}}, {"a": {}}),
        ({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}, {"key": 1}),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        (
            {
                "allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {}}}],
                "oneOf": [{"properties": {"c": {"minimum": 4}}, "required": ["c"]}],
                "required": ["b"],
            },
            {"a": 1, "b": "text", "c": 4},
        ),
    ],
    ids=str,
)
def test_a_value_that_is_made_up_fits_the_schema(tmp_path: Path, schema: Any, value: Any) -> None:
    assert sample(tmp_path, schema) == Sample(value, is_made_up=True)
    jsonschema.validate(value, schema)


def test_the_flags_of_openapi_3_0_are_bounds_as_well(tmp_path: Path) -> None:
    schema = {"type": "integer", "minimum": 5, "exclusiveMinimum": True, "maximum": 7, "exclusiveMaximum": True}
    assert sample(tmp_path, schema).value == 6


def test_a_base_schema_may_be_in_what_is_built_on_it(tmp_path: Path) -> None:
    base = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    customer = {"allOf": [{"$ref": "#/components/schemas/Base"}]}
    order = {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {"properties": {"customer": {"$ref": "#/components/schemas/Customer"}}, "required": ["customer"]},
        ]
    }
    assert sample(tmp_path, order, Base=base, Customer=customer).value == {"id": 1, "customer": {"id": 1}}


def test_a_discriminator_says_which_schema_it_is(tmp_path: Path) -> None:
    cat = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}
    dog = {"type": "object", "properties": {"kind": {"enum": ["hound"]}}, "required": ["kind"]}

    def pet(name: str, **mapping: str) -> Any:
        choice = {"propertyName": "kind", "mapping": mapping}
        schema = {"oneOf": [{"$ref": f"#/components/schemas/{name}"}], "discriminator": choice}
        return sample(tmp_path, schema, Cat=cat, Dog=dog).value

    assert pet("Cat") == {"kind": "Cat"}
    assert pet("Cat", c="#/components/schemas/Cat") == {"kind": "c"}
    assert pet("Dog") == {"kind": "hound"}


def test_schemas_that_multiply_are_given_up_in_time(tmp_path: Path) -> None:
    levels = {
        f"L{level}": {
            "type": "object",
            "properties": {name: {"$ref": f"#/components/schemas/L{level + 1}"} for name in "abcdefgh"},
            "required": list("abcdefgh"),
        }
        for level in range(20)
    }
    found = sample(tmp_path, {"$ref": "#/components/schemas/L0"}, **levels, L20={"type": "integer"})
    assert found == Sample({}, is_made_up=True)


@pytest.mark.parametrize(
    "pattern",
    [
        *("^[a-z0-9_-]{3,16}$", r"^\+?[1-9]\d{1,14}$", "^(GET|PUT)$", r"^[^\s@]+@[^\s@]+\.[^\s@]+$", "^#[0-9a-f]{6}$"),
        *(
            r"^(?P<a>x+)-(?P=a)$",
            r"^\w+(?:\.\w+)*$",
            "a",
            "",
            r"^[\W]$",
            "^.{8,}$",
            r"^(?=.*[A-Z])(?=.*\d).{6,}$",
            "^[À-ÿ]+$",
        ),
    ],
)
def test_a_text_is_made_for_a_pattern(pattern: str) -> None:
    found = matching(pattern)
    assert found is not None
    assert re.search(pattern, found)


def test_a_pattern_takes_the_length_that_is_asked_for_or_none_at_all() -> None:
    assert matching("^a*$", 5) == "aaaaa"
    assert matching(r"^\p{L}+$") is None
    assert matching("^a$", 5) is None
    assert matching("(?!)") is None
