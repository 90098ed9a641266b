import hashlib
import http.server
import io
import platform
import re
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmscope.stack.programs.prometheus_release import SHA256, VERSION, fetch, this_platform
from swarmscope.stack.programs.prometheus_version import UnusableError

NAME = f"prometheus-{VERSION}.{this_platform()}"


def release_archive(programs: tuple[str, ...] = ("prometheus", "promtool")) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for program in (*programs, "LICENSE"):
            content = f"#!/bin/sh\necho {program}\n".encode()
            member = tarfile.TarInfo(f"{NAME}/{program}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class ReleaseSite(http.server.ThreadingHTTPServer):
    """Serves one archive at the path that the release site has it at."""

    archive = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, ReleaseSite)
        found = self.path == f"/v{VERSION}/{NAME}.tar.gz" and self.server.archive
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(self.server.archive if found else b"")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReleaseSite]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ReleaseSite(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        server.archive = release_archive()
        pin(monkeypatch, server.archive)
        yield server
        server.shutdown()
        thread.join()


def pin(monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    monkeypatch.setitem(SHA256, this_platform(), hashlib.sha256(archive).hexdigest())


def test_the_release_is_downloaded_checked_and_both_programs_are_unpacked(site: ReleaseSite, tmp_path: Path) -> None:
    lines: list[str] = []
    folder = fetch(tmp_path, lines.append, site.url)
    assert folder == tmp_path / NAME
    assert sorted(path.name for path in folder.iterdir()) == ["prometheus", "promtool"]
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o755, 0o755]
    assert (folder / "promtool").read_text() == "#!/bin/sh\necho promtool\n"
    assert lines == [f"Prometheus: fetching {site.url}/v{VERSION}/{NAME}.tar.gz"]
    assert list(tmp_path.iterdir()) == [folder]  # nothing else is left


def test_an_archive_with_another_checksum_is_refused(site: ReleaseSite, tmp_path: Path) -> None:
    expected = SHA256[this_platform()]
    site.archive += b"tampered"
    actual = hashlib.sha256(site.archive).hexdigest()
    with pytest.raises(UnusableError) as error:
        fetch(tmp_path, print, site.url)
    assert str(error.value) == f"refused, its SHA-256 is {actual} and not the pinned {expected}"
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_lacks_a_program_leaves_nothing_behind(
    site: ReleaseSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.archive = release_archive(programs=("prometheus",))
    pin(monkeypatch, site.archive)
    with pytest.raises(UnusableError, match=r"^the release holds no file promtool$"):
        fetch(tmp_path, print, site.url)
    assert list(tmp_path.iterdir()) == []


def test_a_release_that_is_not_there_is_told_with_the_status(site: ReleaseSite, tmp_path: Path) -> None:
    site.archive = b""
    with pytest.raises(UnusableError, match=r"^out of reach: status 404$"):
        fetch(tmp_path, print, site.url)


def test_a_site_that_does_not_answer_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(UnusableError) as error:
        fetch(tmp_path, print, "http://127.0.0.1:1")
    assert str(error.value) == "out of reach: no connection within 5 s, or it broke off (ConnectionError)"


def test_a_platform_without_a_pinned_release_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UnusableError, match=r"^no pinned release for .*-riscv64$"):
        fetch(tmp_path, print)


def test_every_platform_has_a_whole_sha256_of_its_own() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{64}", checksum) for checksum in SHA256.values())
    assert len(set(SHA256.values())) == len(SHA256) == 4
