"""Fetches Prometheus from a newer suite of the Debian archive that this machine is configured for.

Debian builds Prometheus statically, so a newer suite's package runs on an older system. apt does the fetching, with
lists and archives of its own: signatures and proxies work as configured, and nothing on the system changes.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from swarmscope.stack.programs.prometheus_version import (
    PROGRAMS,
    Report,
    UnusableError,
    publish,
    version_of,
    version_text,
)

SUITES = ("forky", "sid")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NETWORK_TIMEOUT_SECONDS = 10
APT_TIMEOUT_SECONDS = 300


def fetch(tools_dir: Path, report: Report) -> Path:
    """Download and unpacks both packages; return the folder that holds both programs. Root is not needed.

    Raise UnusableError where apt, a Debian mirror or the package is not to be had.
    """
    mirror = debian_mirror()
    tools_dir.mkdir(parents=True, exist_ok=True)
    reasons = []
    for suite in SUITES:
        report(f"Prometheus: fetching the Debian package of suite {suite} from this machine's mirror")
        with tempfile.TemporaryDirectory(dir=tools_dir, prefix="fetch-") as scratch:
            try:
                return _fetch_suite(suite, mirror, Path(scratch), tools_dir)
            except UnusableError as error:
                reasons.append(f"{suite}: {error}")
    raise UnusableError("; ".join(reasons))


def debian_mirror() -> str:
    """Return the address of the Debian archive in this machine's own configuration. Raise UnusableError without one."""
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise UnusableError(f"{program} is not on this machine")
    if not KEYRING.exists():
        raise UnusableError(f"{KEYRING} is missing, so packages could not be verified")
    addresses = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).split()
    for address in addresses:
        if address.rstrip("/").endswith("/debian"):
            return address
    raise UnusableError("apt is configured for no Debian archive")


def _fetch_suite(suite: str, mirror: str, scratch: Path, tools_dir: Path) -> Path:
    apt = _isolated_apt(suite, mirror, scratch)
    _run([*apt, "update"])
    _run([*apt, "download", *PROGRAMS], cwd=scratch)
    unpacked = scratch / "unpacked"
    for package in sorted(scratch.glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(unpacked)])
    return _collect(unpacked / "usr" / "bin", scratch / "programs", tools_dir)


def _isolated_apt(suite: str, mirror: str, scratch: Path) -> list[str]:
    """Return the apt-get command that sees nothing but this suite, and writes nowhere but in ``scratch``."""
    for folder in ("lists/partial", "archives/partial"):
        (scratch / folder).mkdir(parents=True)
    sources = scratch / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": str(sources),
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::Lists": str(scratch / "lists"),
        "Dir::Cache::archives": str(scratch / "archives"),
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": str(NETWORK_TIMEOUT_SECONDS),
        "Acquire::https::Timeout": str(NETWORK_TIMEOUT_SECONDS),
        # As root apt fetches as its own user, who cannot enter a clone below a private home.
        **({"APT::Sandbox::User": "root"} if os.geteuid() == 0 else {}),
    }
    return ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]


def _collect(unpacked: Path, programs: Path, tools_dir: Path) -> Path:
    programs.mkdir()
    for program in PROGRAMS:
        if not (unpacked / program).is_file():
            raise UnusableError(f"the packages hold no /usr/bin/{program}")
        shutil.move(unpacked / program, programs / program)
    version = version_text(version_of(programs / "prometheus"))
    return publish(programs, tools_dir / f"prometheus-{version}.debian")


def _run(command: Sequence[str], cwd: Path | None = None) -> str:
    """Run a command and return its output. Raise UnusableError with its last line when it fails."""
    try:
        result = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=APT_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableError(f"{command[0]} took longer than {APT_TIMEOUT_SECONDS} s") from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        raise UnusableError(f"{command[0]} failed: {lines[-1]}")
    return result.stdout
