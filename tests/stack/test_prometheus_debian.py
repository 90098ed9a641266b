import os
from pathlib import Path

import pytest

from swarmscope.stack.programs import prometheus_debian
from swarmscope.stack.programs.prometheus_debian import debian_mirror, fetch
from swarmscope.stack.programs.prometheus_version import UnusableError
from tests.stack.conftest import make_program

# Stand-ins for apt-get and dpkg: a package is a folder name in a file, and every command line is written down.
APT_GET = """
echo "apt-get $*" >>"$CALLS"
case "$*" in
  *indextargets*) printf '%s\\n' "$MIRRORS" ;;
  *update*)
            list=$(printf '%s\\n' "$@" | sed -n 's/^-oDir::Etc::sourcelist=//p'); cat "$list" >>"$SOURCES"
            grep -q " $GOOD_SUITE " "$list" || { echo "E: no such suite" >&2; exit 100; } ;;
  *download*) touch prometheus_3.6.1_amd64.deb promtool_3.6.1_amd64.deb ;;
esac
"""
DPKG = """
echo "dpkg $*" >>"$CALLS"
name=$(basename "$2" | cut -d_ -f1)
mkdir -p "$3/usr/bin"
printf '#!/bin/sh\\necho "%s, version 3.6.1+ds1"\\n' "$name" >"$3/usr/bin/$name"
chmod 755 "$3/usr/bin/$name"
"""


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a Debian of its own, whose archive holds the packages in the suite sid."""
    make_program(tmp_path / "bin" / "apt-get", APT_GET)
    make_program(tmp_path / "bin" / "dpkg", DPKG)
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(prometheus_debian, "KEYRING", keyring)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("MIRRORS", "http://mirror.test/debian-security/\nhttp://mirror.test/debian/")
    monkeypatch.setenv("GOOD_SUITE", "sid")
    return tmp_path


@pytest.mark.real
def test_the_packages_come_from_the_first_suite_that_has_them(debian: Path) -> None:
    lines: list[str] = []
    folder = fetch(debian / "tools", lines.append)
    assert folder == debian / "tools" / "prometheus-3.6.1.debian"
    assert sorted(path.name for path in folder.iterdir()) == ["prometheus", "promtool"]
    assert list((debian / "tools").iterdir()) == [folder]
    assert lines == [
        f"Prometheus: fetching the Debian package of suite {suite} from this machine's mirror"
        for suite in ("forky", "sid")
    ]


@pytest.mark.real
def test_apt_sees_one_suite_of_the_machines_own_mirror_and_writes_to_the_tools_folder_alone(debian: Path) -> None:
    fetch(debian / "tools", print)
    sources = (debian / "sources").read_text().splitlines()
    keyring = debian / "keyring.gpg"
    assert sources == [
        f"deb [signed-by={keyring}] http://mirror.test/debian/ {suite} main" for suite in ("forky", "sid")
    ]
    changing = [call for call in (debian / "calls").read_text().splitlines() if "indextargets" not in call]
    for call in (call for call in changing if call.startswith("apt-get")):
        folders = [part.split("=")[1] for part in call.split() if part.startswith(("-oDir::State", "-oDir::Cache"))]
        assert all(not folder or folder.startswith(f"{debian / 'tools'}/fetch-") for folder in folders)
        assert "-oDir::Etc::sourceparts=/dev/null" in call


@pytest.mark.real
def test_without_the_package_in_any_suite_each_reason_is_told(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD_SUITE", "none")
    with pytest.raises(UnusableError) as error:
        fetch(debian / "tools", print)
    reason = "apt-get failed: E: no such suite"
    assert str(error.value) == f"forky: {reason}; sid: {reason}"
    assert list((debian / "tools").iterdir()) == []


def test_a_machine_without_apt_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnusableError, match=r"^apt-get is not on this machine$"):
        debian_mirror()


@pytest.mark.real
@pytest.mark.usefixtures("debian")
def test_a_machine_with_the_archive_of_another_distribution_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRRORS", "http://mirror.test/ubuntu/")
    with pytest.raises(UnusableError, match=r"^apt is configured for no Debian archive$"):
        debian_mirror()


@pytest.mark.usefixtures("debian")
def test_without_a_keyring_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_debian, "KEYRING", tmp_path / "absent.gpg")
    with pytest.raises(UnusableError) as error:
        debian_mirror()
    assert str(error.value) == f"{tmp_path / 'absent.gpg'} is missing, so packages could not be verified"
