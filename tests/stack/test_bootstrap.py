import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.stack.conftest import make_program

pytestmark = pytest.mark.real

# A Python that makes a .venv with a stand-in for python and pip: every call of pip is written down.
FAKE_PYTHON = r"""
case "$*" in
  *version_info*) exit "${TOO_OLD:-0}" ;;
  --version) echo "Python 3.12.1" ;;
  *ensurepip*) exit "${NO_VENV:-0}" ;;
  *"-m venv"*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
  *"-m pip"*) echo "$*" >>"$CALLS"; case "$*" in *stdin*) cat >>"$CALLS" ;; esac; exit "${PIP_FAILS:-0}" ;;
esac
"""
SETUPTOOLS = "setuptools==2 \\\n    --hash=sha256:bb\n    # via alpha\n"
BUILD_BACKEND = ("editables", "hatchling", "packaging", "pathspec", "pluggy", "setuptools", "trove-classifiers")
LOCK = f"alpha==1 \\\n    --hash=sha256:aa\n{SETUPTOOLS}six==3 --hash=sha256:cc\n"


class Clone:
    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        (self.root / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "bootstrap.sh", self.root / "scripts")
        (self.root / "requirements.lock").write_text(LOCK)
        (self.root / "pyproject.toml").write_text("[project]\n")
        self.calls = folder / "calls"
        make_program(folder / "bin" / "python3", FAKE_PYTHON)
        self.path = f"{folder / 'bin'}:/usr/bin:/bin"

    def bootstrap(self, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": self.path, "CALLS": str(self.calls)}
        script = self.root / "scripts" / "bootstrap.sh"
        return subprocess.run([script], env=own | environment, capture_output=True, text=True, check=False)

    def pip_calls(self) -> str:
        return self.calls.read_text() if self.calls.exists() else ""


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path.resolve())


def test_a_clean_clone_gets_a_venv_with_the_pinned_packages_and_itself(clone: Clone) -> None:
    result = clone.bootstrap()
    assert (result.returncode, result.stderr) == (0, "")
    python = clone.root.parent / "bin" / "python3"
    assert result.stdout.splitlines() == [
        f"install: making .venv with {python} (Python 3.12.1)",
        "install: installing 3 pinned packages from requirements.lock (a minute or two)",
        "install: done",
    ]
    always = "--disable-pip-version-check --no-cache-dir --no-deps"
    locked_ones = f"-m pip install {always} --require-hashes --progress-bar off"
    assert clone.pip_calls() == (
        f"{locked_ones} --quiet -r /dev/stdin\n{SETUPTOOLS}"
        f"{locked_ones} --no-build-isolation --use-pep517 -r {clone.root}/requirements.lock\n"
        f"-m pip install --quiet {always} --no-build-isolation --editable {clone.root}\n"
    )


def test_an_unchanged_lock_file_means_nothing_to_do(clone: Clone) -> None:
    clone.bootstrap()
    clone.calls.unlink()
    result = clone.bootstrap(PATH="/usr/bin:/bin")
    assert (result.returncode, result.stdout, clone.pip_calls()) == (0, "", "")


def test_a_changed_lock_file_is_installed_into_the_same_venv(clone: Clone) -> None:
    clone.bootstrap()
    marker = clone.root / ".venv" / "marker"
    marker.touch()
    (clone.root / "requirements.lock").write_text(f"{LOCK}more==1 --hash=sha256:dd\n")
    assert clone.bootstrap().stdout.splitlines()[0].startswith("install: installing 4 pinned packages")
    assert marker.exists()


def test_a_moved_clone_makes_its_venv_anew(clone: Clone) -> None:
    clone.bootstrap()
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    assert clone.bootstrap().stdout.splitlines()[0].startswith("install: making .venv with ")
    assert clone.pip_calls().endswith(f"--editable {clone.root}\n")


def test_a_venv_that_is_a_link_to_that_of_another_clone_leaves_the_other_as_it_is(clone: Clone, tmp_path: Path) -> None:
    other = Clone(tmp_path.resolve() / "other")
    other.bootstrap()
    before = sorted(path.name for path in (other.root / ".venv").rglob("*"))
    (other.root / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 0\n")
    (clone.root / ".venv").symlink_to(other.root / ".venv")
    assert clone.bootstrap().returncode == 0
    assert not (clone.root / ".venv").is_symlink()
    assert sorted(path.name for path in (other.root / ".venv").rglob("*")) == before
    assert (other.root / ".venv" / "bin" / "python").read_text() == "#!/bin/sh\nexit 0\n"


def test_a_failed_installation_is_tried_again(clone: Clone) -> None:
    result = clone.bootstrap(PIP_FAILS="1")
    assert result.returncode == 2
    assert result.stderr == "install: pip failed (see above): once that is fixed, run `make install` again\n"
    assert clone.bootstrap().stdout.splitlines()[-1] == "install: done"


def test_without_a_recent_python_the_error_says_what_is_there_and_what_to_do(clone: Clone) -> None:
    result = clone.bootstrap(TOO_OLD="1", PATH=f"{clone.root.parent / 'bin'}:{tools_only(clone)}")
    assert result.returncode == 2
    assert result.stderr == (
        "no Python 3.11 or later on PATH (python3 is Python 3.12.1): install one, or set PYTHON to its path\n"
    )


def test_a_python_asked_for_that_is_too_old_is_an_error(clone: Clone) -> None:
    result = clone.bootstrap(PYTHON="/does/not/exist")
    assert result.returncode == 2
    assert result.stderr == (
        "PYTHON=/does/not/exist is not a Python 3.11 or later that runs: name one, or leave PYTHON unset\n"
    )


def test_a_python_that_makes_no_virtual_environments_says_which_package_to_install(clone: Clone) -> None:
    result = clone.bootstrap(NO_VENV="1")
    assert result.returncode == 2
    assert result.stderr == (
        f"{clone.root.parent / 'bin' / 'python3'} cannot make a virtual environment: "
        "install it (Debian, Ubuntu: apt install python3-venv)\n"
    )


@pytest.mark.nightly  # continuous integration installs the clone itself
def test_with_a_real_python_the_clone_is_importable_from_anywhere(clone: Clone, tmp_path: Path) -> None:
    (clone.root / "requirements.lock").write_text("\n".join(locked(*BUILD_BACKEND)))
    shutil.copy(ROOT / "pyproject.toml", clone.root)
    (clone.root / "README.md").touch()
    package = clone.root / "src" / "swarmscope"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "4.2"\n')
    (clone.root / "exporters").mkdir()
    result = clone.bootstrap(PYTHON=sys.executable, PATH=os.environ["PATH"])
    assert result.returncode == 0, result.stderr
    python = clone.root / ".venv" / "bin" / "python"
    code = "import swarmscope; print(swarmscope.__version__)"
    imported = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert imported.stdout == "4.2\n"


def locked(*names: str) -> list[str]:
    """Return the blocks of these packages in our lock file."""
    blocks = re.split(r"^(?=\S)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    found = [block for block in blocks if block.partition("==")[0] in names]
    assert len(found) == len(names)
    return found


def tools_only(clone: Clone) -> Path:
    """Return a folder with the programs that the script uses, and no Python."""
    folder = clone.root.parent / "tools"
    folder.mkdir()
    for name in ("dirname", "cat", "cmp", "head", "awk", "grep", "sh"):
        (folder / name).symlink_to(shutil.which(name) or "")
    return folder
