"""Which Grafana is found, with programs that only look like one."""

from pathlib import Path

import pytest

from swarmscope.errors import StackError
from swarmscope.stack.programs import grafana as grafana_binary
from swarmscope.stack.programs.grafana import GrafanaProgram, find_grafana
from tests.stack.conftest import make_program


@pytest.fixture(autouse=True)
def no_packaged_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a package would have put it, empty at first."""
    home = tmp_path / "packaged"
    monkeypatch.setattr(grafana_binary, "_PACKAGED_HOME", home)
    return home


def make_home(home: Path) -> Path:
    (home / "conf").mkdir(parents=True)
    (home / "conf" / "defaults.ini").touch()
    return home


def find(**environment: str) -> tuple[GrafanaProgram | None, list[str]]:
    lines: list[str] = []
    return find_grafana({"PATH": "", **environment}, lines.append), lines


def test_without_a_grafana_there_is_none_and_nothing_is_said() -> None:
    assert find() == (None, [])


def test_the_one_of_an_unpacked_archive_is_started_as_grafana_server(tmp_path: Path) -> None:
    home = make_home(tmp_path / "grafana-13")
    program = make_program(home / "bin" / "grafana", "exit")
    make_program(home / "bin" / "grafana-server", "exit")
    expected = GrafanaProgram((str(program), "server"), home)
    assert find(GRAFANA_HOME=str(home)) == (expected, [])
    assert find(PATH=str(home / "bin")) == (expected, [])


def test_an_old_one_is_started_as_grafana_server_in_one_word(tmp_path: Path) -> None:
    home = make_home(tmp_path / "grafana-8")
    program = make_program(home / "bin" / "grafana-server", "exit")
    assert find(PATH=str(home / "bin")) == (GrafanaProgram((str(program),), home), [])


def test_a_packaged_program_has_its_home_elsewhere(tmp_path: Path, no_packaged_home: Path) -> None:
    home = make_home(no_packaged_home)
    script = make_program(tmp_path / "usr" / "sbin" / "grafana", "exit")
    found, _ = find(PATH=str(script.parent))
    assert found == GrafanaProgram((str(script), "server"), home)
    program = make_program(home / "bin" / "grafana", "exit")  # past the script, which brings settings of its own
    found, _ = find(PATH=str(script.parent))
    assert found == GrafanaProgram((str(program), "server"), home)


def test_a_program_behind_a_link_has_its_home_beside_what_the_link_leads_to(tmp_path: Path) -> None:
    home = make_home(tmp_path / "cellar" / "share" / "grafana")
    make_program(tmp_path / "cellar" / "bin" / "grafana", "exit")
    link = tmp_path / "bin" / "grafana"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "cellar" / "bin" / "grafana")
    found, _ = find(PATH=str(link.parent))
    assert found == GrafanaProgram((str(link), "server"), home)


def test_a_program_on_path_without_a_home_is_skipped_with_one_line(tmp_path: Path) -> None:
    program = make_program(tmp_path / "bin" / "grafana", "exit")
    assert find(PATH=str(program.parent)) == (
        None,
        [f"Grafana: skipped {program}: no conf/defaults.ini near it; GRAFANA_HOME can name the folder that has it"],
    )


def test_none_as_its_home_means_that_it_is_not_wanted(tmp_path: Path) -> None:
    home = make_home(tmp_path / "grafana")
    make_program(home / "bin" / "grafana", "exit")
    assert find(GRAFANA_HOME="none", PATH=str(home / "bin")) == (None, [])


def test_a_home_that_is_none_is_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(StackError) as error:
        find(GRAFANA_HOME=str(tmp_path))
    assert str(error.value) == (
        f"GRAFANA_HOME={tmp_path} cannot be used: it has no conf/defaults.ini. Set it to the folder that Grafana was "
        "unpacked to or installed in, to none for no Grafana, or unset it to have one on PATH found"
    )


def test_a_home_without_a_program_is_an_error(tmp_path: Path) -> None:
    home = make_home(tmp_path / "grafana")
    with pytest.raises(StackError, match=f"GRAFANA_HOME={home} cannot be used: there is no program in {home / 'bin'}"):
        find(GRAFANA_HOME=str(home))
