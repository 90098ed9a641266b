"""Prints as JSON what is in a locustfile: ``python -m swarmscope.locust_plugin.describe PATH``.

A program of its own: importing Locust patches the standard library, and a locustfile may do anything.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from typing import Any

#: The last line of the output, after whatever the locustfile itself printed.
MARK = "locustfile:"


def main(path: str) -> int:
    """Return the exit code: 0, or 1 with one line on standard error when the file cannot be loaded."""
    from locust import FastHttpUser, HttpUser  # noqa: PLC0415  # patches the standard library
    from locust.util.load_locustfile import load_locustfile  # noqa: PLC0415

    from swarmscope_exporter.custom import reserved_names  # noqa: PLC0415  # after Locust

    try:
        user_classes, shape_classes = load_locustfile(path)
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a locustfile is anybody's program
        print(_one_line(error, path), file=sys.stderr)
        return 1
    description = {
        "hosts": {name: host for name, user in user_classes.items() if isinstance(host := user.host, str) and host},
        "without_proxies": sorted(
            name for name, user in user_classes.items() if issubclass(user, FastHttpUser) and not user.proxy_host
        ),
        "http_users": sorted(name for name, user in user_classes.items() if issubclass(user, (FastHttpUser, HttpUser))),
        "user_classes": sorted(user_classes),
        "tags": sorted({tag for user_class in user_classes.values() for tag in _tags(user_class.tasks)}),
        "has_shape": bool(shape_classes),
        "reserved_metrics": reserved_names(),
        "observes": "swarmscope_exporter.plugin" in sys.modules,  # which observe() imports
    }
    print(f"{MARK}{json.dumps(description)}")
    return 0


def _tags(tasks: Any) -> Iterator[str]:
    for task in tasks:
        yield from getattr(task, "locust_tag_set", ())
        yield from _tags(getattr(task, "tasks", ()))


def _one_line(error: BaseException, path: str) -> str:
    """For example ``line 12: ModuleNotFoundError: No module named 'faker'``, the line being one of that file."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"line {error.lineno}: {type(error).__name__}: {error.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    said = " ".join(traceback.format_exception_only(error)[-1].split())
    return f"line {lines[-1]}: {said}" if lines else said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
