"""OpenAPI documents as people have them, and what is made of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from swarmscope.starter.openapi.document import Document
from swarmscope.starter.openapi.locustfile import GeneratedLocustfile, generate

PETSTORE = """\
openapi: 3.0.3
info: {title: Swagger Petstore, version: 1.0.0}
servers: [{url: "https://{stage}.example.com/v1", variables: {stage: {default: petstore}}}]
security: [{bearerAuth: []}]
paths:
  /pets:
    summary: Pets
    get:
      summary: List all pets
      operationId: listPets
      tags: [pets]
      parameters:
        - {name: limit, in: query, required: true, schema: {type: integer, maximum: 100}}
        - {name: after, in: query, schema: {type: string, format: date}}
    post:
      operationId: createPets
      tags: [pets]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
  /pets/{petId}:
    parameters:
      - {name: petId, in: path, required: true, schema: {type: string}, example: 7}
      - {name: X-Trace, in: header, required: true, schema: {type: string, format: uuid}}
    get: {operationId: showPetById, tags: [pets]}
    delete: {operationId: deletePet, tags: [pets]}
  /pets/{petId}/photo:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    post:
      security: [{key: []}]
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, properties: {file: {type: string, format: binary}, note: {type: string}}}
components:
  securitySchemes:
    bearerAuth: {type: http, scheme: bearer}
    key: {type: apiKey, in: query, name: api_key}
  schemas:
    Pet:
      type: object
      required: [id, name, tags]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, example: Rex}
        tags: {type: array, minItems: 2, items: {type: string, pattern: "^[a-z]{3}-\\\\d+$"}}
        parent: {$ref: "#/components/schemas/Pet"}
"""

#: Names, texts and shapes that are hard on a program that writes a program.
STRANGE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": 'Straße """ \\ \n import os', "version": "1"},
    "security": [{"mutual": []}],
    "components": {
        "securitySchemes": {
            "mutual": {"type": "mutualTLS"},
            "basicAuth": {"type": "http", "scheme": "basic"},
            "OAuth2PasswordBearer": {"type": "oauth2", "flows": {}},
            "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
            "jwt_secret": {"type": "apiKey", "in": "header", "name": 'X-"Key"\n'},
        },
        "parameters": {"Locale": {"name": "locale", "in": "query", "required": True, "schema": {"const": "日本"}}},
        "pathItems": {"Shared": {"get": {"operationId": "shared"}}},
        "schemas": {
            "Base": {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]},
            "Tree": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {
                        "properties": {
                            "left": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
                            "more": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                        },
                        "required": ["left", "more"],
                    },
                ]
            },
            "Endless": {
                "type": "object",
                "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
                "required": ["next"],
            },
        },
    },
    "paths": {
        "/": {"get": {"operationId": "class"}, "head": {}},
        "/run": {"post": {"operationId": "client", "description": "no body"}},
        "/1": {"get": {"operationId": "1st"}, "trace": {"operationId": "1st"}},
        "/größe/{größe}": {"get": {"operationId": "größe", "parameters": [{"$ref": "#/components/parameters/Locale"}]}},
        "/日本": {"get": {"operationId": "日本", "tags": ["日本", 'a"b', "a'b", "a'b\"c\\"]}},
        "/files/{path}.{format}:copy": {
            "put": {
                "summary": 'Copies """\nimport os; os.abort() # ' + "and more of it " * 20,
                "security": [{"basicAuth": [], "jwt_secret": []}],
                "requestBody": {"content": {"application/merge-patch+json": {"example": '{"a": [1, null, true]}'}}},
            }
        },
        "/shared": {"$ref": "#/components/pathItems/Shared"},
        "/same": {"get": {"operationId": "same"}, "post": {"operationId": "same", "security": [{"session": []}]}},
        "/tree": {
            "post": {
                "security": [{"OAuth2PasswordBearer": ["write"]}],
                "parameters": [
                    {"name": "Cookie-Bite", "in": "cookie", "required": True, "schema": {"enum": ["a b"]}},
                    {"name": "filter", "in": "query", "required": True, "style": "deepObject", "example": {"a": 1}},
                    {"name": "ids", "in": "query", "required": True, "explode": False, "example": [1, 2]},
                    {"name": "tags", "in": "query", "required": True, "example": ["x", "y&z"]},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
            },
            "patch": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Endless"}}}}
            },
        },
        "/form": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"const": "é&"}}}
                        }
                    }
                }
            }
        },
        "/text": {"post": {"requestBody": {"content": {"text/*": {"schema": {"type": "string", "default": "a\nb"}}}}}},
        "/xml": {"post": {"requestBody": {"content": {"application/xml": {"example": "<a>'\"</a>"}}}}},
        "/x": {"x-get": {}, "description": "no operation"},
    },
    "webhooks": {"new": {"post": {"operationId": "hook"}}},
}


def document(folder: Path, content: str | dict[str, Any], name: str = "api.yaml") -> Document:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return Document(path)


def locustfile(folder: Path, content: str | dict[str, Any], host: str | None = None) -> GeneratedLocustfile:
    return generate(document(folder, content), host=host)


def with_paths(**paths: Any) -> dict[str, Any]:
    """Return a document with these operations: ``get_items={...}`` is GET /items."""
    found: dict[str, Any] = {}
    for name, operation in paths.items():
        method, _, path = name.partition("_")
        found.setdefault(f"/{path}", {})[method] = operation
    return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": found}
