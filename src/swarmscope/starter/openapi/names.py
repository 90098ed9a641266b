"""Names in Python for names in an OpenAPI document."""

from __future__ import annotations

import keyword
import re
import unicodedata

#: What a user class of Locust's has already, and what the generated module defines.
RESERVED = frozenset(
    {
        *("abstract", "client", "client_pool", "concurrency", "connection_timeout", "context", "default_headers"),
        *("environment", "fixed_count", "full_name", "fullname", "greenlet", "group", "host", "id", "insecure", "json"),
        *("max_redirects", "max_retries", "max_wait", "min_wait", "network_timeout", "on_start", "on_stop"),
        *("proxy_host", "proxy_port", "rest", "rest_", "run", "self", "ssl_context_factory", "start", "state", "stop"),
        *("tag", "task", "tasks", "user_id", "wait", "wait_function", "wait_time", "weight", "os"),
        *("b64encode", "between", "credentials", "encode_multipart_formdata", "quote"),
    }
)


def snake_case(text: str) -> str:
    """Return a text as a name such as ``get_item``; empty when nothing of it can be a name."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = re.sub(r"([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\3_\2", plain)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def function_name(operation_id: str, method: str, path: str) -> str:
    """Return a name for a task: that of the operation, or what it does where."""
    name = snake_case(operation_id) or f"{method}_{snake_case(path) or 'root'}"
    if name[0].isdigit():
        name = f"{method}_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED else name


def class_name(title: str) -> str:
    """Return a name for the user class, such as ``PetStoreUser``."""
    name = "".join(word.capitalize() for word in snake_case(title).split("_"))
    name = name.removesuffix("Api") or "Api"
    return "ApiUser" if name[0].isdigit() or name in {"Http", "FastHttp"} else f"{name}User"


def unique(name: str, taken: set[str]) -> str:
    """Return the name with a number where it is taken, and take it."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name.rstrip('_')}_{number}"
    taken.add(found)
    return found
