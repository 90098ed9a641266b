"""A Prometheus for a while, with the series of a run that another one has seen, and nothing to scrape."""

from __future__ import annotations

import gzip
import os
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from swarmscope.errors import CommandError, StackError
from swarmscope.processes.ports import LOOPBACK, PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.processes.signals import signals_ignored
from swarmscope.prometheus.openmetrics import write_openmetrics
from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import Extent, SeriesFileError, SeriesReader
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.programs.prometheus_version import Report
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope.stack.stack import READY_TIMEOUT_SECONDS, print_line

#: Of one text for promtool: about 100 MB on the disk while it is read.
_MAX_SAMPLES = 500_000
_PROMTOOL_TIMEOUT_SECONDS = 600
#: How many texts promtool reads at a time.
_AT_ONCE = min(4, os.cpu_count() or 1)
#: Longer than any run is old.
_RETENTION = "100y"


@dataclass(frozen=True)
class Timing:
    """How long a sample holds, and how often rules are evaluated, as it was in the Prometheus that has seen the run."""

    lookback_seconds: float
    evaluation_seconds: float


@contextmanager
def archived_prometheus(
    series: Path, rules: Path, timing: Timing, report: Report = print_line
) -> Iterator[tuple[str, Extent]]:
    """Yield the address of a Prometheus that holds the series of a file, and how many these were.

    Raise CommandError when the file cannot be read, and StackError when there is no Prometheus or it does not start.
    Afterwards nothing of it is left.
    """
    with ExitStack() as stack:
        programs = find_prometheus(report=report)
        folder = Path(_folder(stack))
        server = PrometheusServer(programs.prometheus, folder, rules, _RETENTION, timing.lookback_seconds)
        extent = _load(series, programs.promtool, folder)
        _configure(server, timing.evaluation_seconds)
        port = PortPicker(report).pick("Prometheus")
        process = server.process(port, folder / "prometheus.log")
        stack.callback(_undisturbed, process.stop)
        process.start()
        process.wait_ready(http_ok(port, "/-/ready"), READY_TIMEOUT_SECONDS)
        yield f"http://{LOOPBACK}:{port}", extent


def _configure(server: PrometheusServer, evaluation_seconds: float) -> None:
    server.write_config({})
    config = yaml.safe_load(server.config_file.read_text(encoding="utf-8"))
    config["global"]["evaluation_interval"] = f"{round(evaluation_seconds * 1000)}ms"
    server.config_file.write_text(yaml.safe_dump(config), encoding="utf-8")


def _folder(stack: ExitStack) -> str:
    folder = tempfile.TemporaryDirectory(prefix="swarmscope-evidence-", ignore_cleanup_errors=True)
    stack.callback(_undisturbed, folder.cleanup)
    return folder.name


def _undisturbed(clean_up: Callable[[], object]) -> None:
    """Call it; another Ctrl-C must not leave a process or a folder behind."""
    with signals_ignored():
        clean_up()


def _load(series: Path, promtool: Path, folder: Path) -> Extent:
    """Make blocks of the series, in parts that fit on a disk; return how much there was."""
    (folder / "data").mkdir()
    try:
        with gzip.open(series, "rt", encoding="utf-8", newline="\n") as file, ThreadPoolExecutor(_AT_ONCE) as pool:
            reader = SeriesReader(file)
            made: list[Future[None]] = []
            for number, part in enumerate(_parts(reader)):
                text = folder / f"part-{number}.om"
                with text.open("w", encoding="utf-8", newline="\n") as opened:
                    write_openmetrics(part, opened)
                made.append(pool.submit(_make_blocks, promtool, text, folder / "data"))
                if number >= _AT_ONCE:
                    made[number - _AT_ONCE].result()
            for each in made:
                each.result()
    except SeriesFileError as error:
        raise CommandError(f"{series} cannot be read: {error}") from error
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise CommandError(f"{series} cannot be read ({type(error).__name__}: {error})") from error
    return reader.extent


def _parts(series: Iterable[StoredSeries]) -> Iterator[list[StoredSeries]]:
    part: list[StoredSeries] = []
    samples = 0
    for each in series:
        part.append(each)
        samples += len(each.values)
        if samples >= _MAX_SAMPLES:
            yield part
            part, samples = [], 0
    if part:
        yield part


def _make_blocks(promtool: Path, text: Path, data: Path) -> None:
    """Make blocks of a text, which is not needed any more then; raise StackError."""
    command: list[str | Path] = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, data]
    made = subprocess.run(command, capture_output=True, text=True, timeout=_PROMTOOL_TIMEOUT_SECONDS, check=False)
    text.unlink()
    if made.returncode:
        told = (made.stderr or made.stdout).strip().splitlines()[-1:] or [f"exit code {made.returncode}"]
        raise StackError(f"{promtool} could not load the evidence: {told[0]}")
