"""The commit of a project is that of its work tree, else what the CI says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from swarmscope.project.commit import commit_of

pytestmark = pytest.mark.real

NOWHERE = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": "/"}


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.test")
    result = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return result.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "locustfile.py").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "One")
    git(tmp_path, "tag", "v1", "-m", "One")
    return tmp_path


def test_the_commit_of_the_work_tree_goes_before_what_the_ci_says(tree: Path) -> None:
    head = git(tree, "rev-parse", "HEAD")
    below = tree / "tests"
    below.mkdir()
    (below / "new.txt").write_text("not tracked, so not a change")
    for folder in (tree, below):
        assert commit_of(folder, NOWHERE | {"GITHUB_SHA": "of the ci"}) == head


def test_changed_files_are_told(tree: Path) -> None:
    (tree / "locustfile.py").write_text("changed")
    assert commit_of(tree, NOWHERE) == f"{git(tree, 'rev-parse', 'HEAD')}-dirty"


def test_variables_of_a_hook_of_git_do_not_name_another_tree(tree: Path) -> None:
    assert commit_of(tree, NOWHERE | {"GIT_DIR": "/elsewhere/.git"}) == git(tree, "rev-parse", "HEAD")


def test_without_a_work_tree_the_ci_is_asked(tmp_path: Path) -> None:
    assert commit_of(tmp_path, NOWHERE | {"CI_COMMIT_SHA": "b", "GITHUB_SHA": "a"}) == "a"
    assert commit_of(tmp_path, NOWHERE | {"CI_COMMIT_SHA": "b"}) == "b"
    assert commit_of(tmp_path, NOWHERE) == ""
    assert commit_of(tmp_path, {"PATH": "/nowhere", "GITHUB_SHA": "a"}) == "a"
    git(tmp_path, "init", "-q")  # and no commit
    assert commit_of(tmp_path, NOWHERE) == ""
