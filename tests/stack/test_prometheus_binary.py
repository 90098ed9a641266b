from pathlib import Path

import pytest

from swarmscope.errors import StackError
from swarmscope.stack.programs.prometheus import Fetcher, find_prometheus
from swarmscope.stack.programs.prometheus_version import UnusableError
from tests.stack.conftest import make_program

pytestmark = pytest.mark.real


def make_binaries(folder: Path, version: str = "3.6.1", *, promtool: bool = True) -> Path:
    """Programs that state a version and nothing else; return the Prometheus."""
    if promtool:
        make_program(folder / "promtool", f"echo promtool, version {version}")
    return make_program(folder / "prometheus", f"echo 'prometheus, version {version}+ds1 (branch: x, revision: y)'")


class Finder:
    """find_prometheus in a world of its own: nothing on PATH, no earlier fetch, and every fetch fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools_dir = folder / "tools"
        self.environment = {"PATH": str(folder / "bin")}
        self.fetchers: dict[str, Fetcher] = {"release": self.fail_to_fetch}
        self.lines: list[str] = []

    def fail_to_fetch(self, tools_dir: Path, report: object) -> Path:
        del tools_dir, report
        raise UnusableError("out of reach")

    def find(self) -> tuple[str, str]:
        found = find_prometheus(
            environment=self.environment, tools_dir=self.tools_dir, report=self.lines.append, fetchers=self.fetchers
        )
        assert found.prometheus.name == "prometheus"
        assert found.promtool.name == "promtool"
        return found.version, found.origin


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    return Finder(tmp_path)


def test_the_one_asked_for_comes_before_all_others(finder: Finder) -> None:
    finder.environment["PROMETHEUS_BIN"] = str(make_binaries(finder.folder / "asked", "3.5.0"))
    make_binaries(finder.folder / "bin", "3.9.0")
    assert finder.find() == ("3.5.0", "PROMETHEUS_BIN")
    assert finder.lines == []


def test_the_one_on_path_comes_before_an_earlier_fetch(finder: Finder) -> None:
    make_binaries(finder.folder / "bin", "3.5.0")
    make_binaries(finder.tools_dir / "prometheus-3.9.0", "3.9.0")
    assert finder.find() == ("3.5.0", "PATH")


def test_one_on_path_that_is_too_old_is_skipped_with_a_line(finder: Finder) -> None:
    old = make_binaries(finder.folder / "bin", "2.42.0")
    make_binaries(finder.tools_dir / "prometheus-3.9.0", "3.9.0")
    assert finder.find() == ("3.9.0", "tools")
    assert finder.lines == [f"Prometheus: skipped the one of PATH: {old} is 2.42.0, older than 3.5"]


def test_the_newest_earlier_fetch_is_used(finder: Finder) -> None:
    for version in ("3.9.2", "3.13.2", "3.5.3"):
        make_binaries(finder.tools_dir / f"prometheus-{version}.any", version)
    assert finder.find() == ("3.13.2", "tools")


def test_what_is_nowhere_is_fetched_by_the_first_way_that_works(finder: Finder) -> None:
    def fetch(tools_dir: Path, report: object) -> Path:
        del report
        return make_binaries(tools_dir / "prometheus-3.7.0").parent

    finder.fetchers["distribution"] = fetch
    assert finder.find() == ("3.6.1", "distribution")
    assert finder.lines == ["Prometheus: release: out of reach"]


def test_when_all_ways_fail_the_error_says_what_to_install_and_which_variables_to_set(finder: Finder) -> None:
    with pytest.raises(StackError) as error:
        finder.find()
    assert str(error.value) == (
        f"no Prometheus 3.5 or later on PATH or in {finder.tools_dir}, and none could be fetched: "
        "install prometheus and promtool, or set PROMETHEUS_BIN and PROMTOOL_BIN to where they are, "
        "or PROMETHEUS_URL to a server that runs already"
    )


def test_an_old_one_that_was_asked_for_is_an_error_and_not_skipped(finder: Finder) -> None:
    old = make_binaries(finder.folder / "asked", "3.4.9")
    finder.environment["PROMETHEUS_BIN"] = str(old)
    make_binaries(finder.folder / "bin", "3.9.0")
    with pytest.raises(StackError) as error:
        finder.find()
    assert str(error.value) == (
        f"PROMETHEUS_BIN={old} cannot be used: {old} is 3.4.9, older than 3.5. "
        "Set it to a Prometheus 3.5 or later, or unset it to have one found or fetched"
    )


def test_one_asked_for_that_is_not_there_is_an_error(finder: Finder) -> None:
    finder.environment["PROMETHEUS_BIN"] = "/does/not/exist"
    with pytest.raises(StackError, match=r"^PROMETHEUS_BIN=/does/not/exist cannot be used: .*No such file"):
        finder.find()


def test_a_program_that_states_no_version_is_skipped(finder: Finder) -> None:
    program = make_program(finder.folder / "bin" / "prometheus", "echo hello")
    with pytest.raises(StackError):
        finder.find()
    assert finder.lines[0] == f"Prometheus: skipped the one of PATH: {program} --version states no version"


def test_without_a_promtool_anywhere_a_prometheus_is_skipped(finder: Finder) -> None:
    program = make_binaries(finder.folder / "bin", promtool=False)
    with pytest.raises(StackError):
        finder.find()
    assert finder.lines[0] == (
        f"Prometheus: skipped the one of PATH: no promtool beside {program} or on PATH; PROMTOOL_BIN can name one"
    )


def test_promtool_may_be_elsewhere_on_path(finder: Finder) -> None:
    finder.environment["PROMETHEUS_BIN"] = str(make_binaries(finder.folder / "asked", promtool=False))
    make_program(finder.folder / "bin" / "promtool", "exit 0")
    assert finder.find() == ("3.6.1", "PROMETHEUS_BIN")


def test_the_promtool_asked_for_must_run(finder: Finder) -> None:
    make_binaries(finder.folder / "bin")
    finder.environment["PROMTOOL_BIN"] = str(finder.folder)
    with pytest.raises(StackError) as error:
        finder.find()
    assert str(error.value) == (
        f"PROMTOOL_BIN={finder.folder} is not a program that can be run: set it to a promtool, or unset it"
    )
