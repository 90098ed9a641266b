"""A locustfile from an OpenAPI document: what is in it, whatever the document holds."""

from __future__ import annotations

import ast
import copy
import subprocess
import sys
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from swarmscope.errors import CommandError
from swarmscope.starter.openapi.document import Document
from swarmscope.starter.openapi.names import RESERVED
from tests.places import ROOT
from tests.starter.documents import PETSTORE, STRANGE, locustfile, with_paths

PETSTORE_LOCUSTFILE = '''\
"""Virtual users of Swagger Petstore: a task for each operation of api.yaml.

Reading tasks have a weight of 5, writing ones 1: change both to what your callers do.
Deleting tasks have a weight of 0 and are never picked: give one a weight to let it delete.
Where a comment says "made up", the document has no example: give a value that your API has.
"""

import os
from urllib.parse import quote

from locust import FastHttpUser, between, tag, task
from urllib3 import encode_multipart_formdata

# The keys of the API are read from the environment: set these variables before the run.
API_BEARER_AUTH = {"Authorization": "Bearer " + os.environ.get("API_BEARER_AUTH", "")}
API_KEY = "api_key=" + quote(os.environ.get("API_KEY", ""))


class SwaggerPetstoreUser(FastHttpUser):
    wait_time = between(0.5, 1.5)

    @tag("pets")
    @task(5)
    def list_pets(self):
        # List all pets
        self.client.get("/v1/pets?limit=1", headers=API_BEARER_AUTH, name="/pets")

    @tag("pets")
    @task
    def create_pets(self):
        # Pets
        self.client.post(
            "/v1/pets",
            json={"name": "Rex", "tags": ["aaa-1", "aaa-1"]},
            headers=API_BEARER_AUTH,
            name="/pets",
        )

    @tag("pets")
    @task(5)
    def show_pet_by_id(self):
        self.client.get(
            "/v1/pets/7",
            headers={
                "X-Trace": "00000000-0000-4000-8000-000000000001",
                **API_BEARER_AUTH,
            },
            name="/pets/{petId}",
        )

    @tag("pets")
    @task(0)
    def delete_pet(self):
        self.client.delete(
            "/v1/pets/7",
            headers={
                "X-Trace": "00000000-0000-4000-8000-000000000001",
                **API_BEARER_AUTH,
            },
            name="/pets/{petId}",
        )

    @task
    def post_pets_pet_id_photo(self):
        # made up: petId
        body, content_type = encode_multipart_formdata(
            {"file": ("file.txt", "content"), "note": "text"},
        )
        self.client.post(
            "/v1/pets/1/photo?" + API_KEY,
            data=body,
            headers={"Content-Type": content_type},
            name="/pets/{petId}/photo",
        )
'''


def requests_of(text: str) -> dict[str, ast.Call]:
    """Return the last call of each task, which is its request."""
    (users,) = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    tasks = (node for node in users.body if isinstance(node, ast.FunctionDef))
    return {task.name: task.body[-1].value for task in tasks}  # type: ignore[attr-defined]


def argument(call: ast.Call, name: str) -> Any:
    return next(ast.literal_eval(each.value) for each in call.keywords if each.arg == name)


def test_each_operation_is_a_task_with_its_parameters_body_keys_and_template(tmp_path: Path) -> None:
    made = locustfile(tmp_path, PETSTORE)
    assert made.text == PETSTORE_LOCUSTFILE
    assert (made.tasks, made.deletes, made.made_up) == (5, 1, ("post_pets_pet_id_photo",))
    assert made.variables == ("API_BEARER_AUTH", "API_KEY")
    assert made.server == "https://petstore.example.com/v1"


@pytest.mark.parametrize(
    ("host", "path"), [(None, "/v1/pets?limit=1"), ("https://a/", "/v1/pets?limit=1"), ("https://a/b", "/pets?limit=1")]
)
def test_a_host_with_a_path_of_its_own_stands_for_the_base_path_of_the_document(
    tmp_path: Path, host: str | None, path: str
) -> None:
    (url, *_) = requests_of(locustfile(tmp_path, PETSTORE, host).text)["list_pets"].args
    assert ast.literal_eval(url) == path


def test_strange_names_texts_and_recursion_are_a_locustfile_all_the_same(tmp_path: Path) -> None:
    made = locustfile(tmp_path, STRANGE)
    calls = requests_of(made.text)
    assert list(calls) == [
        *("class_", "head_root", "client_", "get_1st", "trace_1st", "grosse", "get_root", "put_files_path_format_copy"),
        *("shared", "same", "same_2", "post_tree", "patch_tree", "post_form", "post_text", "post_xml"),
    ]
    assert argument(calls["post_tree"], "json") == {"kind": "text", "left": None, "more": []}
    assert argument(calls["patch_tree"], "json") == {}
    assert argument(calls["put_files_path_format_copy"], "json") == {"a": [1, None, True]}
    assert argument(calls["put_files_path_format_copy"], "name") == "/files/{path}.{format}:copy"
    assert argument(calls["post_form"], "data") == "a=true&b=%C3%A9%26"
    assert argument(calls["post_text"], "data") == "a\nb"
    assert argument(calls["post_text"], "headers") == {"Content-Type": "text/plain"}
    assert argument(calls["post_xml"], "data") == "<a>'\"</a>"
    assert made.variables == (*("API_BASIC_AUTH", "API_JWT_SECRET_2", "API_SESSION", "API_OAUTH2_PASSWORD_BEARER"),)


def test_values_are_quoted_where_they_stand(tmp_path: Path) -> None:
    calls = requests_of(locustfile(tmp_path, STRANGE).text)
    urls = {name: ast.literal_eval(call.args[0]) for name, call in calls.items() if name != "trace_1st"}
    assert urls["grosse"] == "/gr%C3%B6%C3%9Fe/1?locale=%E6%97%A5%E6%9C%AC"
    assert urls["get_root"] == "/%E6%97%A5%E6%9C%AC"
    assert urls["put_files_path_format_copy"] == "/files/1.1:copy"
    assert urls["post_tree"] == "/tree?filter%5Ba%5D=1&ids=1%2C2&tags=x&tags=y%26z"


@pytest.mark.real
@pytest.mark.parametrize("content", [PETSTORE, STRANGE], ids=["petstore", "strange"])
def test_linters_and_formatters_have_nothing_to_say_of_it(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "locustfile.py"
    path.write_text(locustfile(tmp_path, content).text, encoding="utf-8")
    for command in (["check"], ["format", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(path)]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_no_task_is_named_like_what_a_user_class_has() -> None:
    code = "from locust import FastHttpUser\nprint(*[name for name in dir(FastHttpUser) if name[0] != '_'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= RESERVED


def test_references_lead_into_other_files_and_back(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "order.yaml").write_text(
        "Order: {type: object, required: [item, note], properties: {item: {$ref: 'item.json#/a~1b'}, note: {const: n}}}"
    )
    (tmp_path / "parts" / "item.json").write_text('{"a/b": {"$ref": "../api.yaml#/components/schemas/Id"}}')
    body = {"content": {"application/json": {"schema": {"$ref": "parts/order.yaml#/Order"}}}}
    content = with_paths(post_orders={"requestBody": body}) | {"components": {"schemas": {"Id": {"const": 5}}}}
    call = requests_of(locustfile(tmp_path, content).text)["post_orders"]
    assert argument(call, "json") == {"item": 5, "note": "n"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1, 2]", "is not an OpenAPI 3 document (it has no key openapi): give a JSON or YAML file of one"),
        ("openapi: 2.1\n", "is not an OpenAPI 3 document (openapi: 2.1): give a JSON or YAML file of one"),
        (
            "swagger: '2.0'\n",
            (
                "is a Swagger document (swagger: '2.0'): expected OpenAPI 3; convert it first, for example with"
                " `npx swagger2openapi api.yaml -o openapi.json`"
            ),
        ),
        ("{ 'a'", "is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 3 (char 2)"),
        ("{" * 3, "is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"a":' * 100_000, "is nested too deeply: expected a few levels"),
        ("a: [", "is not YAML: while parsing a flow node did not find expected node content in"),
        (with_paths(), "has no operations: expected paths with get, post, put, patch or head"),
        (
            with_paths(delete_items={}),
            (
                "has no operations but DELETE, which is left out by default: expected paths with get, post, put, patch"
                " or head"
            ),
        ),
    ],
    ids=["no table", "other version", "swagger", "json", "open", "deep", "yaml", "empty", "deletes"],
)
def test_what_is_not_such_a_document_is_told_in_one_line(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(CommandError) as raised:
        locustfile(tmp_path, content)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{tmp_path / 'api.yaml'} {said}")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("#/components/schemas/Gone", "$ref 'api.yaml#/components/schemas/Gone' leads nowhere: correct the document"),
        ("#/loop", "$ref 'api.yaml#/loop' leads back to itself"),
        (
            "https://example.com/a.yaml#/b",
            (
                "$ref 'https://example.com/a.yaml#/b' is an address: expected a place in this file or in one beside it;"
                " make one file of the document first, for example with `npx @redocly/cli bundle`"
            ),
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(tmp_path: Path, reference: str, said: str) -> None:
    content = with_paths(get_items={"parameters": [{"$ref": reference}]}) | {"loop": {"$ref": "#/loop"}}
    with pytest.raises(CommandError) as raised:
        locustfile(tmp_path, content)
    assert str(raised.value) == f"{tmp_path / 'api.yaml'}: {said}"


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "image.json").write_bytes(b"\x89PNG\xff")
    content = with_paths(get_items={"parameters": [{"$ref": "gone.yaml#/a"}]})
    with pytest.raises(CommandError) as raised:
        locustfile(tmp_path, content)
    assert str(raised.value) == f"{tmp_path / 'gone.yaml'} cannot be read: No such file or directory"
    with pytest.raises(CommandError) as raised:
        Document(tmp_path / "image.json")
    assert str(raised.value) == f"{tmp_path / 'image.json'} cannot be read: expected text in UTF-8"


JUNK = (None, 2.5, "\u202e\n\0", [[1]], {"$ref": "#/paths"}, {"type": ["a"]})


def places_in(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield (*way, key)
        yield from places_in(value, (*way, key))


def test_junk_anywhere_in_a_document_is_passed_over_or_told_in_one_line(tmp_path: Path) -> None:
    refusals = []
    count = 0
    for way in places_in(STRANGE):
        for junk in JUNK:
            content = copy.deepcopy(STRANGE)
            reduce(lambda node, key: node[key], way[:-1], content)[way[-1]] = junk
            try:
                compile(locustfile(tmp_path, content).text, "locustfile.py", "exec")
            except CommandError as error:
                refusals.append(str(error))
            count += 1
    assert all(refusal.isprintable() for refusal in refusals)
    assert 0 < len(refusals) < count / 10
