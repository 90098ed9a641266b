"""A locustfile with a task for each operation of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from swarmscope.errors import CommandError
from swarmscope.starter.openapi.document import Document
from swarmscope.starter.openapi.literals import LINE_LENGTH, Source, call, comment, text
from swarmscope.starter.openapi.names import class_name, function_name, unique
from swarmscope.starter.openapi.operations import Body, Operation, form_value, operations_of
from swarmscope.starter.openapi.security import Scheme

READ_WEIGHT = 5
_READS = frozenset({"get", "head", "options"})
_BODY_INDENT = " " * 8
_SUMMARY_LENGTH = 70


@dataclass(frozen=True)
class GeneratedLocustfile:
    """``variables`` are those of the environment with the API's keys; ``server`` the address in the document, if any.

    ``made_up`` are the tasks with a parameter in the path that the document gives no example of, ``deletes`` how many
    tasks are left out.
    """

    text: str
    tasks: int
    variables: tuple[str, ...]
    made_up: tuple[str, ...]
    deletes: int
    server: str | None


def generate(document: Document, *, host: str | None) -> GeneratedLocustfile:
    """Return a locustfile for the document; paths begin with its base path, unless ``host`` has a path of its own.

    Raise CommandError when the document has no operation that a user may repeat.
    """
    operations = operations_of(document)
    if all(operation.method == "delete" for operation in operations):
        what = "no operations but DELETE, which is left out by default" if operations else "no operations"
        raise CommandError(f"{document.path} has {what}: expected paths with get, post, put, patch or head")
    server = _server(document)
    base = "" if host is not None and urlsplit(host).path.strip("/") else urlsplit(server).path.rstrip("/")
    names = _names(operations)
    schemes = tuple(dict.fromkeys(scheme for each in operations for scheme in each.schemes))
    return GeneratedLocustfile(
        text=_module(document, operations, names, schemes, base),
        tasks=len(operations),
        variables=tuple(scheme.variable for scheme in schemes),
        made_up=tuple(name for name, each in zip(names, operations, strict=True) if each.made_up),
        deletes=sum(operation.method == "delete" for operation in operations),
        server=server if "://" in server else None,
    )


def _names(operations: Sequence[Operation]) -> list[str]:
    taken: set[str] = set()
    return [unique(function_name(each.operation_id, each.method, each.template), taken) for each in operations]


def _server(document: Document) -> str:
    """Return the first address of the document, with the defaults of its variables; it may be a path alone."""
    for server in document.tables(document.root.get("servers")):
        url = str(server.get("url", ""))
        for name, variable in document.table(server.get("variables")).items():
            url = url.replace(f"{{{name}}}", str(document.table(variable).get("default", "")))
        return url if _is_address(url) else ""
    return ""


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url))
    except ValueError:  # half a bracket
        return False


def _module(
    document: Document,
    operations: Sequence[Operation],
    names: Sequence[str],
    schemes: Sequence[Scheme],
    base: str,
) -> str:
    title = str(document.table(document.root.get("info")).get("title", ""))
    parts = [
        "\n".join(_introduction(document, title, operations)),
        "\n".join(_imports(operations, schemes)),
    ]
    if schemes:
        parts[-1] += "\n\n" + "\n".join(_keys(schemes))
    tasks = "\n\n".join(_task(each, name, base) for each, name in zip(operations, names, strict=True))
    users = f"class {class_name(title)}(FastHttpUser):\n    wait_time = between(0.5, 1.5)\n\n{tasks}\n"
    return "\n\n".join(parts) + "\n\n\n" + users


def _introduction(document: Document, title: str, operations: Sequence[Operation]) -> Iterator[str]:
    name = comment(title) or "the API"
    yield f'"""Virtual users of {name}: a task for each operation of {comment(document.path.name)}.'
    yield ""
    yield f"Reading tasks have a weight of {READ_WEIGHT}, writing ones 1: change both to what your callers do."
    if any(operation.method == "delete" for operation in operations):
        yield "Deleting tasks have a weight of 0 and are never picked: give one a weight to let it delete."
    if any(operation.made_up for operation in operations):
        yield 'Where a comment says "made up", the document has no example: give a value that your API has.'
    yield '"""'


def _imports(operations: Sequence[Operation], schemes: Sequence[Scheme]) -> Iterator[str]:
    kinds = {scheme.kind for scheme in schemes}
    standard = [
        *(["import os"] if schemes else []),
        *(["from base64 import b64encode"] if "basic" in kinds else []),
        *(["from urllib.parse import quote"] if "query" in kinds else []),
    ]
    if standard:
        yield from (*standard, "")
    has_tags = any(operation.tags for operation in operations)
    yield f"from locust import FastHttpUser, between, {'tag, ' if has_tags else ''}task"
    if any(operation.body is not None and operation.body.is_multipart for operation in operations):
        yield "from urllib3 import encode_multipart_formdata"


def _keys(schemes: Sequence[Scheme]) -> Iterator[str]:
    """Yield a constant for each scheme: headers to add, or a part of the query."""
    yield "# The keys of the API are read from the environment: set these variables before the run."
    for scheme in schemes:
        key = f"os.environ.get({text(scheme.variable)}, {text('')})"
        name = comment(scheme.name)
        match scheme.kind:
            case "bearer":
                yield _constant(scheme.variable, f'{{"Authorization": "Bearer " + {key}}}')
            case "basic":
                yield f"credentials = {key}  # user:password"
                encoded = "b64encode(credentials.encode()).decode()"
                yield _constant(scheme.variable, f'{{"Authorization": "Basic " + {encoded}}}')
            case "header":
                yield _constant(scheme.variable, f"{{{text(name)}: {key}}}")
            case "cookie":
                yield _constant(scheme.variable, f"{{{text('Cookie')}: {text(name + '=')} + {key}}}")
            case "query":
                yield _constant(scheme.variable, f"{text(urlencode({name: ''}))} + quote({key})")


def _constant(name: str, value: str) -> str:
    line = f"{name} = {value}"
    if len(line) <= LINE_LENGTH or not value.startswith("{"):
        return line
    return f"{name} = {{\n    {value[1:-1]},\n}}"


def _task(operation: Operation, name: str, base: str) -> str:
    lines = [call("@tag", [("", each) for each in dict.fromkeys(operation.tags)], "    ")] if operation.tags else []
    weight = {"delete": "(0)"}.get(operation.method, f"({READ_WEIGHT})" if operation.method in _READS else "")
    lines += [f"    @task{weight}", f"    def {name}(self):"]
    if operation.summary:
        lines.append(f"{_BODY_INDENT}# {_shortened(comment(operation.summary))}")
    if operation.made_up:
        lines.append(f"{_BODY_INDENT}# made up: {comment(', '.join(operation.made_up))}")
    return "\n".join([*lines, *_request(operation, base)])


def _shortened(line: str) -> str:
    return line if len(line) <= _SUMMARY_LENGTH else f"{line[:_SUMMARY_LENGTH].rsplit(' ', 1)[0]} …"


def _request(operation: Operation, base: str) -> Iterator[str]:
    headers: dict[str, Any] = dict(operation.headers)
    body: list[tuple[str, Any]] = []
    if operation.body is not None and operation.body.is_multipart:
        yield call("body, content_type = encode_multipart_formdata", [("", _fields(operation.body))], _BODY_INDENT)
        body = [("data", Source("body"))]
        headers["Content-Type"] = Source("content_type")
    elif operation.body is not None:
        body = [_payload(operation.body)]
        if operation.body.media_type != "application/json":
            headers["Content-Type"] = operation.body.content_type
    arguments: list[tuple[str, Any]] = [("", _address(base + operation.url, operation.schemes)), *body]
    if (given := _headers(headers, operation.schemes)) is not None:
        arguments.append(("headers", given))
    arguments.append(("name", operation.template))
    if operation.method == "trace":
        yield call("self.client.request", [("", "TRACE"), *arguments], _BODY_INDENT)
    else:
        yield call(f"self.client.{operation.method}", arguments, _BODY_INDENT)


def _address(url: str, schemes: Sequence[Scheme]) -> str:
    """Return path and query, with the keys that belong into the query."""
    keys = [scheme.variable for scheme in schemes if scheme.kind == "query"]
    if not keys:
        return url
    start = text(url + ("&" if "?" in url else "?"))
    return Source(f"{start} + {(' + ' + text('&') + ' + ').join(keys)}")


def _headers(headers: dict[str, Any], schemes: Sequence[Scheme]) -> Any:
    """Return the headers of a request, those with keys last; None when it has none."""
    names = [scheme.variable for scheme in schemes if scheme.kind != "query"]
    if len(names) == 1 and not headers:
        return Source(names[0])
    return headers | {Source(f"**{name}"): Source("") for name in names} or None


def _payload(body: Body) -> tuple[str, Any]:
    if body.is_json:
        return "json", body.value
    if body.media_type == "application/x-www-form-urlencoded" and isinstance(body.value, dict):
        return "data", urlencode({name: form_value(value) for name, value in body.value.items()})
    return "data", form_value(body.value)


def _fields(body: Body) -> dict[str, Any]:
    """Return the fields of a form; a file is its name and its content."""
    return {
        name: Source(f"({text('file.txt')}, {text('content')})") if name in body.files else form_value(value)
        for name, value in body.value.items()
    }
