"""Run all scenarios but the long ones, or one: `swarmscope all`."""

from __future__ import annotations

import sys

try:
    from swarmscope.__main__ import main
except ImportError as error:
    print(f"{sys.executable} lacks {error.name}: run `make install`, then use .venv/bin/python", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    main("all")
