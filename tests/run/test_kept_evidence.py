"""What is deleted from a run's folder while it is under way is noticed; what only moves on is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from swarmscope.run.kept_evidence import KeptEvidence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("rules/alerts.yml", "rules/sli.yml", "logs/api.log", "logs/locust-master.log"):
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("deleted", "gone"),
    [
        ((".",), "{0}"),
        (("logs",), "{0}/logs"),
        (("rules",), "{0}/rules"),
        (("logs", "rules"), "{0}/rules, {0}/logs"),
        (("logs/api.log",), "{0}/logs/api.log"),
        (("rules/sli.yml", "logs"), "{0}/rules/sli.yml, {0}/logs"),
    ],
)
def test_what_was_deleted_is_said_once_and_stays_known(folder: Path, deleted: tuple[str, ...], gone: str) -> None:
    said: list[str] = []
    kept = KeptEvidence(folder, said.append)
    assert kept.look() == ""
    for name in deleted:
        path = folder / name
        path.unlink() if path.is_file() else shutil.rmtree(path)
    lost = f"deleted during the run: {gone.format(folder)}"
    assert (kept.look(), kept.look()) == (lost, lost)
    assert said == [f"{lost}: this run cannot pass any more"]
    folder.mkdir(exist_ok=True)
    assert kept.look() == lost


@pytest.mark.parametrize("rotated", ["api.log.1", "api.log.1.gz", "api.log-20260131"])
def test_a_rotated_log_and_new_files_are_no_loss(folder: Path, rotated: str) -> None:
    said: list[str] = []
    kept = KeptEvidence(folder, said.append)
    (folder / "logs" / "api.log").rename(folder / "logs" / rotated)
    (folder / "verdict.json").touch()
    (folder / "logs" / "later.log").touch()
    assert (kept.look(), said) == ("", [])


def test_logs_that_are_written_elsewhere_are_not_missed(folder: Path) -> None:
    shutil.rmtree(folder / "logs")
    assert KeptEvidence(folder, pytest.fail).look() == ""
