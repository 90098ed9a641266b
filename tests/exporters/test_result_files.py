"""Report and verdict of the run that was judged last, and nothing else of the machine's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from swarmscope.locust_plugin.objectives_tab import ObjectiveRow
from swarmscope.locust_plugin.result_files import TYPES, links_to_results, result_file
from swarmscope.locust_plugin.run_page import Addresses, RunPage
from swarmscope.locust_plugin.web_tab import show_objectives
from swarmscope.report.html.build import links_in
from swarmscope_exporter.run import RunVerdict
from swarmscope_exporter.verdicts import AwaitedVerdicts, Judged


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "results" / "r-1"
    made.mkdir(parents=True)
    (made / "report.html").write_text("<p>report")
    (made / "verdict.md").write_text("# PASS")
    (made / "secret.txt").write_text("secret")
    (tmp_path / "results" / "report.html").write_text("of another folder")
    return made


def judged(folder: Path | str, run_id: str = "r-1") -> Judged:
    return Judged(run_id, RunVerdict("PASS", (), str(folder)))


def test_report_and_verdict_have_links(folder: Path) -> None:
    assert links_to_results(judged(folder)) == {
        "Report": "/loadtest/results/r-1/report.html",
        "Verdict": "/loadtest/results/r-1/verdict.md",
    }
    (folder / "report.html").unlink()
    assert list(links_to_results(judged(folder))) == ["Verdict"]
    assert links_to_results(None) == {}


def test_a_folder_of_another_machine_has_no_links() -> None:
    assert links_to_results(judged("/of/another/container/r-1")) == {}


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        ("r-1", "secret.txt"),
        ("r-1", "../report.html"),
        ("r-1", "rules"),
        ("r-1", ""),
        ("r-2", "report.html"),
        ("..", "report.html"),
    ],
)
def test_another_name_or_run_is_not_shown(folder: Path, run_id: str, name: str) -> None:
    assert result_file(judged(folder), run_id, name) is None


@pytest.mark.parametrize("results", ["", "results/r-1", "/etc", "\0"])
def test_a_folder_that_is_not_that_of_the_run_is_not_read(folder: Path, results: str) -> None:
    assert result_file(judged(results), "r-1", "report.html") is None
    assert result_file(judged(folder.parent), "r-1", "report.html") is None


def test_a_link_to_a_file_elsewhere_is_not_followed(folder: Path) -> None:
    (folder / "verdict.json").symlink_to(folder / "secret.txt")
    assert result_file(judged(folder), "r-1", "verdict.json") is None


def test_every_file_that_the_report_leads_to_is_served(folder: Path) -> None:
    for name in TYPES:
        (folder / name).write_text("")
    assert {"report.html", *(link.href for link in links_in(folder))} == set(TYPES)


class WebUi:
    """Locust's, as far as a route needs it, with a login that has not been passed where ``login`` is set."""

    def __init__(self, *, login: bool = False) -> None:
        self.app = Flask(__name__)
        self.template_args: dict[str, object] = {}
        self._login = login

    def auth_required_if_enabled(self, view: object) -> object:
        return (lambda **_: ("log in", 401)) if self._login else view


class Watch:
    def rows(self) -> list[ObjectiveRow]:
        return []


def served(verdict: Judged, path: str, *, login: bool = False) -> tuple[int, str, str]:
    """Return status, body and policy of an answer."""
    verdicts = AwaitedVerdicts()
    verdicts.last = verdict
    web_ui = WebUi(login=login)
    show_objectives(web_ui, Watch(), RunPage(Addresses(), lambda: None, verdicts, lambda: ""))  # type: ignore[arg-type]
    answer = web_ui.app.test_client().get(f"/loadtest/results/{path}")
    return answer.status_code, answer.get_data(as_text=True), answer.headers.get("Content-Security-Policy", "")


def test_the_report_is_served_as_a_page_without_access_to_locust_s_own(folder: Path) -> None:
    status, body, policy = served(judged(folder), "r-1/report.html")
    assert (status, body) == (200, "<p>report")
    assert policy.startswith("sandbox allow-scripts ")
    assert "allow-same-origin" not in policy


def test_locust_s_own_report_draws_itself_only_outside_a_sandbox(folder: Path) -> None:
    (folder / "locust-report.html").write_text("")
    assert served(judged(folder), "r-1/locust-report.html")[2] == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    "path",
    ["r-1/secret.txt", "r-1/..%2freport.html", "r-1/%2e%2e/report.html", "../report.html", "r-2/report.html", "r-1/"],
)
def test_what_is_not_a_result_is_not_found(folder: Path, path: str) -> None:
    status, body, _ = served(judged(folder), path)
    assert status == 404
    assert "secret" not in body
    assert "of another folder" not in body


def test_a_results_folder_that_was_deleted_is_not_found(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert served(judged(folder), "r-1/report.html")[0] == 404


def test_with_a_login_the_results_need_it_too(folder: Path) -> None:
    assert served(judged(folder), "r-1/report.html", login=True)[:2] == (401, "log in")
