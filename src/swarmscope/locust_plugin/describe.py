"""Prints as JSON what is in locustfiles: ``python -m swarmscope.locust_plugin.describe FILE… -- ARGUMENT…``.

The arguments are those that Locust is to be given beside Swarmscope's. A program of its own: importing Locust patches
the standard library, and a locustfile may do anything.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from swarmscope.locust_plugin.driven import PLUGIN, problem_with_arguments, settings_of

#: The last line of the output, after whatever the locustfile itself printed.
MARK = "locustfile:"


def main(given: Sequence[str]) -> int:
    """Return the exit code: 0, or 1 with one line on standard error when the files cannot be loaded."""
    import locust.main  # noqa: PLC0415  # patches the standard library
    from locust.argument_parser import parse_locustfile_paths  # noqa: PLC0415

    split = given.index("--") if "--" in given else len(given)
    files, arguments = given[:split], given[split + 1 :]
    said = io.StringIO()  # Locust prints its complaints before it exits
    try:
        with contextlib.redirect_stderr(said):
            paths = parse_locustfile_paths([*files, str(PLUGIN)])
            user_classes, shape_classes, _, _ = locust.main.merge_locustfiles_content(paths)
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a locustfile is anybody's program
        print(_one_line(error, paths_of(files), said.getvalue()), file=sys.stderr)
        return 1
    print(f"{MARK}{json.dumps(_description(user_classes, shape_classes) | _settings(arguments))}")
    return 0


def paths_of(files: Sequence[str]) -> frozenset[str]:
    """Return the Python files among those given, or in the folders among them, as Locust names them."""
    from locust.argument_parser import parse_locustfile_paths  # noqa: PLC0415  # as above

    with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
        return frozenset(parse_locustfile_paths(list(files)))
    return frozenset()


def _description(user_classes: dict[str, Any], shape_classes: dict[str, Any]) -> dict[str, Any]:
    from locust import FastHttpUser, HttpUser  # noqa: PLC0415  # as above

    from swarmscope_exporter.certificates import verifies_nothing  # noqa: PLC0415  # as above
    from swarmscope_exporter.custom import reserved_names  # noqa: PLC0415  # after Locust

    fast_users = {name: user for name, user in user_classes.items() if issubclass(user, FastHttpUser)}
    shape_name, shape = next(iter(shape_classes.items()), ("", None))
    return {
        "hosts": {name: host for name, user in user_classes.items() if isinstance(host := user.host, str) and host},
        "without_proxies": sorted(
            name for name, user in user_classes.items() if issubclass(user, FastHttpUser) and not user.proxy_host
        ),
        "unverified": sorted(name for name, user in fast_users.items() if verifies_nothing(user, with_bundle=False)),
        "unverified_with_bundle": sorted(
            name for name, user in fast_users.items() if verifies_nothing(user, with_bundle=True)
        ),
        "http_users": sorted(name for name, user in user_classes.items() if issubclass(user, (FastHttpUser, HttpUser))),
        "user_classes": sorted(user_classes),
        "tags": sorted({tag for user_class in user_classes.values() for tag in _tags(user_class.tasks)}),
        "shape": shape_name,
        "shape_takes_options": bool(getattr(shape, "use_common_options", False)),
        "reserved_metrics": reserved_names(),
    }


def _settings(arguments: Sequence[str]) -> dict[str, Any]:
    """Return what Locust takes from its environment and files, and what it has against the arguments."""
    from locust.argument_parser import get_parser  # noqa: PLC0415  # as above

    parser, said = get_parser(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            problem = problem_with_arguments(parser, arguments)
            options = parser.parse_args(list(arguments))
    except SystemExit:
        text = " ".join(said.getvalue().split())
        return {"problem": text.partition("error: ")[2] or text or "they end Locust"}
    found = [[setting.dest, str(setting.value), setting.source] for setting in settings_of(parser, options)]
    return {"problem": problem, "settings": found}


def _tags(tasks: Any) -> Iterator[str]:
    for task in tasks:
        yield from getattr(task, "locust_tag_set", ())
        yield from _tags(getattr(task, "tasks", ()))


def _one_line(error: BaseException, paths: frozenset[str], said: str) -> str:
    """For example ``line 12: ModuleNotFoundError: No module named 'faker'``, the line being one of that file."""
    if isinstance(error, SyntaxError) and error.filename in paths:
        return f"{_where(error.filename, paths)}line {error.lineno}: {type(error).__name__}: {error.msg}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in paths]
    if isinstance(error, SystemExit) and not frames and said.strip():
        return said.strip().splitlines()[-1]
    text = " ".join(traceback.format_exception_only(error)[-1].split())
    return f"{_where(frames[-1].filename, paths)}line {frames[-1].lineno}: {text}" if frames else text


def _where(path: str | None, paths: frozenset[str]) -> str:
    return f"{path}, " if len(paths) > 1 else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
