"""Writes the dashboards: `python -m grafana.source`."""

from __future__ import annotations

from pathlib import Path

from grafana.source.generate import rendered

DASHBOARDS_DIR = Path(__file__).parents[1] / "dashboards"


def main(folder: Path = DASHBOARDS_DIR) -> None:
    """Write each dashboard to ``folder``, and remove from there what no longer has a source."""
    folder.mkdir(exist_ok=True)
    files = rendered()
    for stale in set(folder.glob("*.json")) - {folder / name for name in files}:
        stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
