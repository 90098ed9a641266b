"""The committed dashboards are those of their source."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from grafana.source.__main__ import main
from grafana.source.generate import rendered
from tests.grafana.dashboard_files import DASHBOARDS_DIR, dashboards
from tests.places import ROOT


def test_the_committed_files_are_what_the_source_makes() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in DASHBOARDS_DIR.iterdir()}
    made = rendered()
    assert sorted(committed) == sorted(made)
    changed = [name for name in made if made[name] != committed[name]]
    assert changed == [], "run: python -m grafana.source"


def test_generating_twice_gives_the_same_bytes() -> None:
    assert rendered() == rendered()


def test_writing_removes_a_dashboard_that_has_no_source_any_more(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(rendered())


def test_a_file_says_that_it_is_generated_and_from_what() -> None:
    for name, text in rendered().items():
        module = name.removesuffix(".json").replace("-", "_")
        assert f"Generated: change grafana/source/boards/{module}.py" in json.loads(text)["description"]
        assert (ROOT / "grafana" / "source" / "boards" / f"{module}.py").is_file()


def test_the_home_dashboard_of_the_stack_is_one_of_them() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.load-test.yml").read_text())
    environment = compose["services"]["grafana"]["environment"]
    home = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == environment["LOADTEST_DASHBOARDS"]
    assert home.stem in dashboards()
