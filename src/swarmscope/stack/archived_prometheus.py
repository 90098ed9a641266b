"""A Prometheus for a while, with the series of a run that another one has seen, and nothing to scrape."""

from __future__ import annotations

import gzip
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

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
#: Longer than any run is old.
_RETENTION = "100y"


@contextmanager
def archived_prometheus(
    series: Path, rules: Path, lookback_seconds: float, report: Report = print_line
) -> Iterator[tuple[str, Extent]]:
    """Yield the address of a Prometheus that holds the series of a file, and how many these were.

    Raise CommandError when the file cannot be read, and StackError when there is no Prometheus or it does not start.
    Afterwards nothing of it is left.
    """
    with ExitStack() as stack:
        programs = find_prometheus(report=report)
        folder = Path(_folder(stack))
        server = PrometheusServer(programs.prometheus, folder, rules, _RETENTION, lookback_seconds)
        extent = _load(series, programs.promtool, folder)
        server.write_config({})
        port = PortPicker(report).pick("Prometheus")
        process = server.process(port, folder / "prometheus.log")
        stack.callback(_undisturbed, process.stop)
        process.start()
        process.wait_ready(http_ok(port, "/-/ready"), READY_TIMEOUT_SECONDS)
        yield f"http://{LOOPBACK}:{port}", extent


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
    text = folder / "part.om"
    try:
        with gzip.open(series, "rt", encoding="utf-8", newline="\n") as file:
            reader = SeriesReader(file)
            for part in _parts(reader):
                with text.open("w", encoding="utf-8", newline="\n") as opened:
                    write_openmetrics(part, opened)
                _make_blocks(promtool, text, folder / "data")
    except SeriesFileError as error:
        raise CommandError(f"{series} cannot be read: {error}") from error
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise CommandError(f"{series} cannot be read ({type(error).__name__}: {error})") from error
    text.unlink(missing_ok=True)
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
    command: list[str | Path] = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, data]
    made = subprocess.run(command, capture_output=True, text=True, timeout=_PROMTOOL_TIMEOUT_SECONDS, check=False)
    if made.returncode:
        told = (made.stderr or made.stdout).strip().splitlines()[-1:] or [f"exit code {made.returncode}"]
        raise StackError(f"{promtool} could not load the evidence: {told[0]}")
