"""Finds Prometheus and promtool: the ones asked for, on PATH, fetched before, the official release, or Debian's."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from swarmscope.errors import StackError
from swarmscope.project.places import TOOLS_DIR
from swarmscope.stack.programs import prometheus_debian, prometheus_release
from swarmscope.stack.programs.prometheus_version import (
    MINIMUM_VERSION,
    MINIMUM_VERSION_TEXT,
    Report,
    UnusableError,
    version_of,
    version_text,
)

Fetcher = Callable[[Path, Report], Path]
"""Puts both programs into a folder below the given one, says what it does, and returns the folder."""

FETCHERS: Mapping[str, Fetcher] = {
    "official release": prometheus_release.fetch,
    "Debian package": prometheus_debian.fetch,
}


@dataclass(frozen=True)
class PrometheusBinaries:
    """A Prometheus and its promtool; ``origin`` says how they were found."""

    prometheus: Path
    promtool: Path
    version: str
    origin: str


def find_prometheus(
    *,
    environment: Mapping[str, str] | None = None,
    tools_dir: Path = TOOLS_DIR,
    report: Report = print,
    fetchers: Mapping[str, Fetcher] = FETCHERS,
) -> PrometheusBinaries:
    """Prometheus 3.5 or later with its promtool; ``report`` gets a line for each thing skipped, tried or failed.

    The order: PROMETHEUS_BIN, PATH, ``tools_dir`` from an earlier run, then the ``fetchers`` into it. Raise StackError
    when PROMETHEUS_BIN or PROMTOOL_BIN names something that cannot be used, and when no way is left.
    """
    env = os.environ if environment is None else environment
    if env.get("PROMETHEUS_BIN"):
        return _requested(Path(env["PROMETHEUS_BIN"]), env)
    return _installed(env, tools_dir, report) or _fetched(env, tools_dir, report, fetchers)


def _requested(prometheus: Path, env: Mapping[str, str]) -> PrometheusBinaries:
    try:
        return _examine(prometheus, "PROMETHEUS_BIN", env)
    except UnusableError as error:
        raise StackError(
            f"PROMETHEUS_BIN={prometheus} cannot be used: {error}. "
            f"Set it to a Prometheus {MINIMUM_VERSION_TEXT} or later, or unset it to have one found or fetched"
        ) from error


def _installed(env: Mapping[str, str], tools_dir: Path, report: Report) -> PrometheusBinaries | None:
    on_path = shutil.which("prometheus", path=env.get("PATH", os.defpath))
    candidates = [(Path(on_path), "PATH")] if on_path else []
    fetched_before = sorted(tools_dir.glob("prometheus-*/prometheus"), key=_numbers_in_folder_name, reverse=True)
    candidates += [(program, tools_dir.name) for program in fetched_before]
    for program, origin in candidates:
        try:
            return _examine(program, origin, env)
        except UnusableError as reason:
            report(f"Prometheus: skipped the one of {origin}: {reason}")
    return None


def _fetched(
    env: Mapping[str, str], tools_dir: Path, report: Report, fetchers: Mapping[str, Fetcher]
) -> PrometheusBinaries:
    for origin, fetch in fetchers.items():
        try:
            return _examine(fetch(tools_dir, report) / "prometheus", origin, env)
        except UnusableError as reason:
            report(f"Prometheus: {origin}: {reason}")
    raise StackError(
        f"no Prometheus {MINIMUM_VERSION_TEXT} or later on PATH or in {tools_dir}, and none could be fetched: "
        "install prometheus and promtool, or set PROMETHEUS_BIN and PROMTOOL_BIN to where they are, "
        "or PROMETHEUS_URL to a server that runs already"
    )


def _examine(prometheus: Path, origin: str, env: Mapping[str, str]) -> PrometheusBinaries:
    version = version_of(prometheus)
    if version < MINIMUM_VERSION:
        raise UnusableError(f"{prometheus} is {version_text(version)}, older than {MINIMUM_VERSION_TEXT}")
    return PrometheusBinaries(prometheus, _promtool_for(prometheus, env), version_text(version), origin)


def _promtool_for(prometheus: Path, env: Mapping[str, str]) -> Path:
    """PROMTOOL_BIN, else the one beside this Prometheus, else the one on PATH."""
    if env.get("PROMTOOL_BIN"):
        return _given_promtool(Path(env["PROMTOOL_BIN"]))
    beside = prometheus.with_name("promtool")
    if os.access(beside, os.X_OK):
        return beside
    on_path = shutil.which("promtool", path=env.get("PATH", os.defpath))
    if on_path is None:
        raise UnusableError(f"no promtool beside {prometheus} or on PATH; PROMTOOL_BIN can name one")
    return Path(on_path)


def _given_promtool(promtool: Path) -> Path:
    if not promtool.is_file() or not os.access(promtool, os.X_OK):
        raise StackError(f"PROMTOOL_BIN={promtool} is not a program that can be run: set it to a promtool, or unset it")
    return promtool


def _numbers_in_folder_name(program: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", program.parent.name)]
