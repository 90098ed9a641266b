"""The operations of an OpenAPI document: what each request of a load test consists of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from swarmscope.starter.openapi.document import Document
from swarmscope.starter.openapi.samples import Sample, Samples
from swarmscope.starter.openapi.security import Scheme, schemes_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PATH_CHARACTERS = "/:@!$&'()*+,;=~?%"
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})  # as the specification says
_IN_TEMPLATE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Body:
    """``value`` is data for JSON and forms, and text for anything else; ``files`` are fields of a form."""

    content_type: str
    value: Any
    files: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """Return the content type without parameters such as a charset."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        return self.media_type.endswith(("/json", "+json"))

    @property
    def is_multipart(self) -> bool:
        return self.media_type == "multipart/form-data" and isinstance(self.value, dict)


@dataclass(frozen=True)
class Operation:
    """``template`` is the path as the document has it, ``url`` with values and with the query.

    ``made_up`` are the parameters in the path that the document gives no example of.
    """

    method: str
    template: str
    url: str
    operation_id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    schemes: tuple[Scheme, ...] = ()
    made_up: tuple[str, ...] = ()


def operations_of(document: Document) -> tuple[Operation, ...]:
    """Return all operations of the document, in its order."""
    return tuple(_Reader(document).operations())


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._samples = Samples(document)
        self._schemes = schemes_of(document)

    def operations(self) -> Iterator[Operation]:
        for path, node in self._document.table(self._document.root.get("paths")).items():
            item = self._document.table(node)
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield self._operation(path, method, item, self._document.table(item[method]))

    def _operation(self, path: str, method: str, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Operation:
        by_place = self._parameters(item, operation)
        in_path = {name: self._path_value(name, by_place.get("path", {})) for name in _IN_TEMPLATE.findall(path)}
        query = "&".join(
            _form(name, self._samples.of_parameter(each).value, each)
            for name, each in by_place.get("query", {}).items()
            if each.get("required") is True
        )
        tags = operation.get("tags")
        return Operation(
            method=method,
            template=path,
            url=_url(path, in_path, query),
            operation_id=_text(operation.get("operationId")),
            summary=_text(operation.get("summary")) or _text(item.get("summary")),
            tags=tuple(each for each in tags if isinstance(each, str)) if isinstance(tags, list) else (),
            headers=self._headers(by_place),
            body=self._body(operation),
            schemes=self._security(operation),
            made_up=tuple(name for name, sample in in_path.items() if sample.is_made_up),
        )

    def _parameters(
        self, item: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> dict[str, dict[str, dict[str, Any]]]:
        """Return parameters by place and name; those of the operation win over those of its path."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for node in (item, operation):
            for parameter in self._document.tables(node.get("parameters")):
                name, place = parameter.get("name"), parameter.get("in")
                if isinstance(name, str) and isinstance(place, str):
                    found.setdefault(place, {})[name] = parameter
        return found

    def _path_value(self, name: str, parameters: Mapping[str, Mapping[str, Any]]) -> Sample:
        sample = self._samples.of_parameter(parameters[name]) if name in parameters else Sample("1", is_made_up=True)
        if sample == Sample("text", is_made_up=True):
            return Sample("1", is_made_up=True)
        values = sample.value if isinstance(sample.value, list) else [sample.value]
        return Sample(",".join(map(_plain, values)), sample.is_made_up)

    def _headers(self, by_place: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
        headers = {
            name: _header(self._samples.of_parameter(each).value)
            for name, each in by_place.get("header", {}).items()
            if each.get("required") is True and name.lower() not in _IGNORED_HEADERS
        }
        cookies = [
            f"{name}={quote(_plain(self._samples.of_parameter(each).value))}"
            for name, each in by_place.get("cookie", {}).items()
            if each.get("required") is True
        ]
        return headers | ({"Cookie": "; ".join(cookies)} if cookies else {})

    def _body(self, operation: Mapping[str, Any]) -> Body | None:
        content = self._document.table(self._document.table(operation.get("requestBody")).get("content"))
        preferred = sorted(content, key=_preference)
        if not preferred:
            return None
        content_type = preferred[0]
        media = self._document.table(content[content_type])
        properties = self._document.table(self._document.table(media.get("schema")).get("properties"))
        files = tuple(name for name, schema in properties.items() if self._is_file(schema))
        return Body(_concrete(content_type), self._samples.of_media(media).value, files)

    def _is_file(self, schema: Any) -> bool:
        table = self._document.table(schema)
        if "items" in table:
            return self._is_file(table["items"])
        return table.get("format") == "binary" or "contentMediaType" in table

    def _security(self, operation: Mapping[str, Any]) -> tuple[Scheme, ...]:
        """Return the first of the alternatives, each a set of schemes that are used together."""
        wanted = operation.get("security", self._document.root.get("security"))
        if not isinstance(wanted, list) or not wanted or not isinstance(wanted[0], dict):
            return ()
        return tuple(self._schemes[name] for name in wanted[0] if name in self._schemes)


def _preference(content_type: str) -> int:
    body = Body(content_type, None)
    order = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    if body.media_type in order:
        return order.index(body.media_type)
    return 1 if body.is_json else len(order)


def _concrete(content_type: str) -> str:
    """Return a content type that can be sent: a document may say ``*/*`` or ``text/*``."""
    return content_type if "*" not in content_type else {"text/*": "text/plain"}.get(content_type, "application/json")


def _url(path: str, values: Mapping[str, Sample], query: str) -> str:
    parts = _IN_TEMPLATE.split(path if path.startswith("/") else f"/{path}")
    # Text and names of parameters in turn.
    written = [
        quote(values[part].value, safe="") if place % 2 else quote(part, safe=_PATH_CHARACTERS)
        for place, part in enumerate(parts)
    ]
    url = "".join(written)
    return url + (("&" if "?" in url else "?") + query if query else "")


def _form(name: str, value: Any, parameter: Mapping[str, Any]) -> str:
    """Return a parameter as a part of a query, in the style that it says."""
    style, explode = parameter.get("style", "form"), parameter.get("explode", parameter.get("style", "form") == "form")
    if isinstance(value, dict):
        if "content" in parameter:
            return urlencode({name: json.dumps(value)})
        names = {key: f"{name}[{key}]" if style == "deepObject" else key for key in value}
        return urlencode({names[key]: _plain(each) for key, each in value.items()})
    if isinstance(value, list) and explode:
        return urlencode([(name, _plain(each)) for each in value])
    separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(str(style), ",")
    return urlencode({name: separator.join(map(_plain, value)) if isinstance(value, list) else _plain(value)})


def form_value(value: Any) -> str:
    """Return a field of a form: a list of one as what is in it, and data as JSON."""
    if isinstance(value, list) and len(value) == 1:
        return _plain(value[0])
    return _plain(value)


def _plain(value: Any) -> str:
    """Return a value as it is written outside of JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else "" if value is None else str(value)


def _header(value: Any) -> str:
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    text = ",".join(map(_plain, values))
    return "".join(character for character in text if " " <= character <= "~")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
