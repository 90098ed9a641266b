"""The embedded PostgreSQL: makes the cluster at the first start, and runs it on a loopback port."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from swarmscope.errors import StackError
from swarmscope.processes.process import ManagedProcess
from swarmscope.stack.postgres_place import PostgresPlace

USER = "swarmscope"
DATABASE = "swarmscope"
STOP_TIMEOUT_SECONDS = 10
COMMAND_TIMEOUT_SECONDS = 120
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # The data is made anew by `swarmscope clean` and the next start. Without these a slow disk's flushes would be
    # measured instead of the API; a crash of PostgreSQL alone still loses nothing, a crash of the machine may.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@dataclass(frozen=True)
class Postgres:
    """One cluster, made from a place and a password; ``report`` gets a line for each thing that takes time."""

    place: PostgresPlace
    password: str
    report: Callable[[str], None]

    @property
    def data_dir(self) -> Path:
        """The cluster's folder."""
        return self.place.home / "data"

    def url(self, port: int) -> str:
        """Return the address with its password: not for printing."""
        return postgres_url(self.password, port)

    def prepare(self) -> None:
        """Make sure of a stopped cluster that takes the password. Raise StackError when a command of it fails."""
        self.place.home.mkdir(parents=True, exist_ok=True)
        self.place.home.chmod(0o755)  # the account must enter it whatever the umask; the cluster inside is private
        stop_leftover(self.data_dir, self.report)
        obstacle = self._obstacle()
        if obstacle and self.data_dir.exists():
            self.report(f"PostgreSQL: {self.data_dir} {obstacle}; making it anew")
            shutil.rmtree(self.data_dir)
        if obstacle:
            self._create()
        elif self._password_mark() != self._read_mark():
            self._single_user(self.data_dir, [self._set_password()])
            self._write_mark()

    def process(self, port: int, log_path: Path) -> ManagedProcess:
        """Return the server, not yet started."""
        settings = SERVER_SETTINGS | {"port": str(port)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return ManagedProcess(
            "PostgreSQL",
            [self.place.programs / "postgres", "-D", self.data_dir, *options],
            env=_environment(),
            log_path=log_path,
            cwd=Path("/"),
            account=self.place.account,
            stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for the clients to leave
            stop_timeout_seconds=STOP_TIMEOUT_SECONDS,
        )

    def _obstacle(self) -> str | None:
        """Return why the cluster that is there, if any, cannot be used."""
        if not (self.data_dir / "PG_VERSION").exists():
            return "holds no cluster"
        account = self.place.account
        if self.data_dir.stat().st_uid != (account.uid if account else os.geteuid()):
            return "belongs to another user"
        version = (self.data_dir / "PG_VERSION").read_text().strip()
        if f" {version}." not in self._run("postgres", ["--version"]):
            return f"was made by PostgreSQL {version}"
        return None

    def _create(self) -> None:
        self.report("PostgreSQL: making the database (first start)")
        draft = Path(tempfile.mkdtemp(dir=self.place.home, prefix="new-"))
        if self.place.account:
            os.chown(draft, self.place.account.uid, self.place.account.gid)
        try:
            # Local connections may come in without a password, but there are none: no socket is opened.
            auth = ["--auth-local=trust", "--auth-host=scram-sha-256"]
            locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            self._run("initdb", ["-D", str(draft), "-U", USER, "--no-sync", "--no-instructions", *auth, *locale])
            self._single_user(draft, [self._set_password(), f"CREATE DATABASE {DATABASE}"])
            draft.rename(self.data_dir)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        self._write_mark()

    def _set_password(self) -> str:
        escaped = self.password.replace("'", "''")
        return f"ALTER ROLE {USER} PASSWORD '{escaped}'"

    def _single_user(self, data_dir: Path, statements: Iterable[str]) -> None:
        """Run SQL without a server. The statements go in by standard input: arguments show in the process list."""
        text = "".join(f"{statement}\n" for statement in statements)
        self._run("postgres", ["--single", "-c", "exit_on_error=on", "-D", str(data_dir), "postgres"], text)

    def _run(self, program: str, arguments: list[str], text: str = "") -> str:
        account = self.place.account
        command = [str(self.place.programs / program), *arguments]
        result = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            env=_environment(),
            cwd="/",
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if result.returncode != 0:
            raise StackError(f"PostgreSQL: {program} failed in {self.place.home}: {result.stderr.strip()[-500:]}")
        return result.stdout

    @property
    def _mark_file(self) -> Path:
        return self.place.home / "password.sha256"

    def _password_mark(self) -> str:
        return hashlib.sha256(self.password.encode()).hexdigest()

    def _read_mark(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._mark_file.read_text()
        return ""

    def _write_mark(self) -> None:
        self._mark_file.touch(mode=0o600)
        self._mark_file.write_text(self._password_mark())


def postgres_url(password: str, port: int) -> str:
    """Return the address of our database on this machine, with its password: not for printing."""
    return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{port}/{DATABASE}"


def stop_leftover(data_dir: Path, report: Callable[[str], None]) -> None:
    """Stop a server that runs on this cluster without a parent, and clear a lock file whose process is a stranger.

    PostgreSQL itself refuses to start when any process has the pid in the lock file, which is common in containers.
    """
    lock_file = data_dir / "postmaster.pid"
    try:
        server = psutil.Process(int(lock_file.read_text().split()[0]))
        is_ours = str(data_dir) in server.cmdline()
    except FileNotFoundError:
        return
    except (psutil.Error, ValueError, IndexError):
        is_ours = False
    if not is_ours:
        lock_file.unlink(missing_ok=True)
        return
    report(f"stopping PostgreSQL (pid {server.pid}), left over from a stack that was killed")
    with contextlib.suppress(psutil.NoSuchProcess):
        server.send_signal(signal.SIGINT)
        _end(server)


def _end(server: psutil.Process) -> None:
    try:
        server.wait(STOP_TIMEOUT_SECONDS)
    except psutil.TimeoutExpired:
        server.kill()
        server.wait(STOP_TIMEOUT_SECONDS)


def _environment() -> dict[str, str]:
    """Without the caller's own PGDATA, PGPORT and the like."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
