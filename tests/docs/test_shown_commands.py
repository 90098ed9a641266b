"""Every command that the docs show exists: its target, script or module, its options, and the files it names."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from sysconfig import get_path

import pytest
import yaml

from swarmscope.cli.main import COMMANDS
from swarmscope.project.settings import project
from tests.docs.shown_commands import DOCUMENTS, ROOT, Shown, shown_commands

SHOWN = [command for document in DOCUMENTS for command in shown_commands(document)]
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
_PLACEHOLDER = re.compile(r"[<>…{}*]|\.\.\.")
_FOLDERS = tuple(
    f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "results"))
)
#: What takes any option: it hands them on, or is not ours.
_OTHERS = frozenset({"pip", "promtool", "pytest", "ruff", "mypy", "docker"})


@cache
def make_targets() -> frozenset[str]:
    makefile = (ROOT / "Makefile").read_text()
    names = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    scenarios = project().catalogue.by_name
    return frozenset(names) | frozenset(scenarios) | {alias for each in scenarios.values() for alias in each.aliases}


@cache
def options_of(command: tuple[str, ...]) -> frozenset[str]:
    """Return what a command's own help lists, all of it."""
    said = _help(*command, "--help")
    return frozenset(_OPTION.findall(_help(*command, "--help-all") if "--help-all" in said else said)) | {
        "--help",
        "-h",
    }


def _help(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def options_of_locustfiles(document: str) -> frozenset[str]:
    """Return the options that the locustfiles beside the README of an example define."""
    folder = (ROOT / document).parent
    files = folder.rglob("*.py") if folder.parent.name == "examples" else ()
    return frozenset(name for path in files for name in re.findall(r'add_argument\("(--[\w-]+)"', path.read_text()))


def has_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    if path.with_suffix(".py").is_file() or (path / "__main__.py").is_file():
        return True
    installed = Path(get_path("purelib"), *name.split("."))  # importing it would patch this process, if it is locust
    return (installed / "__main__.py").is_file() or installed.with_suffix(".py").is_file()


def command_of(words: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Return the module that a shown command comes to, with the command of ours in it, and the words after it.

    Empty when it is not Python.
    """
    first, rest = words[0].removeprefix("./"), list(words[1:])
    if first.endswith("python") and rest[:1] == ["-m"]:
        return (rest[1],), rest[2:]
    if first in {"swarmscope", ".venv/bin/swarmscope"}:
        return ("swarmscope", *rest[:1]), rest[1:]
    if first == "locust":
        return ("locust",), rest
    if first == "scripts/run-tests.sh":
        word = rest[0] if rest else "help"
        return () if word == "help" else ("swarmscope", word if word in {"all", "web"} else "run"), rest[1:]
    for script in (first, *rest[:1]):
        if script.startswith("scripts/") and script.endswith(".py"):
            return (script.removesuffix(".py").replace("/", "."),), rest
    return (), rest


def test_documents_are_read_and_commands_are_found() -> None:
    assert "README.md" in {document.name for document in DOCUMENTS}
    words = {" ".join(shown.words) for shown in SHOWN}
    assert {"make smoke", "make install"} <= words
    assert any(shown.source == "examples/own_api/README.md" for shown in SHOWN)
    assert any(shown.words[0] == "docker" for shown in SHOWN)


@pytest.mark.parametrize("shown", [each for each in SHOWN if each.words[0] == "make"], ids=str)
def test_a_make_target_exists(shown: Shown) -> None:
    words = [word for word in shown.words[1:] if "=" not in word and not word.startswith("-")]
    targets = {word for word in words if not _PLACEHOLDER.search(word)}
    assert targets <= make_targets()


@pytest.mark.real
@pytest.mark.parametrize("shown", [each for each in SHOWN if each.words[0] not in ("make", "docker")], ids=str)
def test_a_program_exists_and_has_the_options(shown: Shown) -> None:
    program = shown.words[0].removeprefix("./")
    if program.startswith(".venv/bin/"):
        assert (Path(sys.executable).parent / Path(program).name).exists()
    elif program.startswith("scripts/"):
        assert (ROOT / program).is_file()
    command, rest = command_of(shown.words)
    if not command or any(_PLACEHOLDER.search(word) or word.endswith("NAME") for word in command):
        return
    module, *ours = command
    assert ours == [] or ours[0] in COMMANDS
    assert ours or has_module(module)
    if module not in _OTHERS:
        ours_alone = rest[: rest.index("--")] if "--" in rest else rest  # what follows is Locust's
        options = {word.partition("=")[0] for word in ours_alone if _OPTION.fullmatch(word.partition("=")[0])}
        assert options <= options_of(command) | options_of_locustfiles(shown.source)


@pytest.mark.parametrize("shown", SHOWN, ids=str)
def test_files_that_a_command_names_are_there(shown: Shown) -> None:
    named = [word.partition("::")[0] for word in shown.words if word.startswith(_FOLDERS)]
    for name in named:
        if not re.search(r"[<>…{}]|[A-Z]{4}", name):
            assert list(ROOT.glob(name)), f"no {name}"


@pytest.mark.parametrize("shown", [each for each in SHOWN if each.words[:2] == ("docker", "compose")], ids=str)
def test_a_compose_command_names_files_and_services_that_exist(shown: Shown) -> None:
    words = list(shown.words)
    files = [words[place + 1] for place, word in enumerate(words) if word == "-f"]
    services: set[str] = set()
    for name in files:
        services |= set(yaml.safe_load((ROOT / name).read_text())["services"])
    scaled = {words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "--scale"}
    assert not files or scaled <= services
