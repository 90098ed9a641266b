"""Checks what a run needs, and says how to fix what is missing; --help tells more.

Also runs where nothing is installed yet, to say just that.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command, or say in one line why it cannot run; exit code 2 then."""
    if sys.version_info < (3, 11):  # noqa: UP036  # the caller may have an older one
        sys.exit(_said(f"Python {sys.version.split()[0]} is too old: install 3.11 or later, then `make install`"))
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    try:
        from scripts.reference_api import check_test_users  # noqa: PLC0415
        from swarmscope.cli.doctor import app_with  # noqa: PLC0415
    except ImportError as error:
        sys.exit(_said(f"{sys.executable} lacks {error.name}: run `make install`, then use .venv/bin/python"))
    app_with(check_test_users)()


def _said(line: str) -> int:
    print(line, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
