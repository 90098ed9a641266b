"""Fetches the official Prometheus release for this platform, checked against a SHA-256 that is pinned here."""

import hashlib
import platform
import shutil
import tarfile
import tempfile
from pathlib import Path

import requests

from swarmscope.stack.programs.prometheus_version import PROGRAMS, Report, UnusableError, publish

# The one place to change for another version: the checksums are in the release's sha256sums.txt.
VERSION = "3.13.2"
SHA256 = {
    "linux-amd64": "0e8c4d46101bd025ea8265e377d2caabc57f488fc1be1c367f37db69ea41be6f",
    "linux-arm64": "7cecb17a6f41d59814e1a0581a1f81f79051ad5973d1ecf39e23a9f747d6572a",
    "darwin-amd64": "e57095aed0b69e10edaee28b92718d4a65f46d466bf93aeda54075e901d15c2a",
    "darwin-arm64": "f68ca4f1dbedd6366bbfdd8ac5d2c0b7ba1f273474acc8d38eb33202fbeec7a4",
}
BASE_URL = "https://github.com/prometheus/prometheus/releases/download"
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 20


def fetch(tools_dir: Path, report: Report, base_url: str = BASE_URL) -> Path:
    """Download, checks and unpacks the release; return the folder that holds both programs.

    Raise UnusableError when there is none for this platform, the site is out of reach or the checksum differs.
    """
    platform_name = this_platform()
    name = f"prometheus-{VERSION}.{platform_name}"
    if platform_name not in SHA256:
        raise UnusableError(f"no pinned release for {platform_name}")
    url = f"{base_url}/v{VERSION}/{name}.tar.gz"
    report(f"Prometheus: fetching {url}")
    tools_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools_dir, prefix="fetch-") as scratch:
        archive, programs = Path(scratch) / "release.tar.gz", Path(scratch) / "programs"
        _check(_download(url, archive), SHA256[platform_name])
        _unpack(archive, name, programs)
        return publish(programs, tools_dir / name)


def this_platform() -> str:
    """Return the platform as the release files name it, such as ``linux-amd64``."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"


def _download(url: str, archive: Path) -> str:
    digest = hashlib.sha256()
    timeouts = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    try:
        with requests.get(url, stream=True, timeout=timeouts) as response, archive.open("wb") as file:
            response.raise_for_status()
            for chunk in response.iter_content(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
    except requests.RequestException as error:
        raise UnusableError(f"out of reach: {_reason(error)}") from error
    return digest.hexdigest()


def _reason(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"status {error.response.status_code}"
    return f"no connection within {CONNECT_TIMEOUT_SECONDS} s, or it broke off ({type(error).__name__})"


def _check(actual: str, expected: str) -> None:
    if actual != expected:
        raise UnusableError(f"refused, its SHA-256 is {actual} and not the pinned {expected}")


def _unpack(archive: Path, root: str, programs: Path) -> None:
    programs.mkdir()
    with tarfile.open(archive) as tar:
        for program in PROGRAMS:
            _extract(tar, f"{root}/{program}", programs / program)


def _extract(tar: tarfile.TarFile, name: str, target: Path) -> None:
    member = tar.extractfile(name) if name in tar.getnames() else None
    if member is None:
        raise UnusableError(f"the release holds no file {target.name}")
    with member, target.open("wb") as file:
        shutil.copyfileobj(member, file)
    target.chmod(0o755)
