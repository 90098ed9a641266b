"""Starts the API: python -m api, with its settings in API_* environment variables."""

import argparse
import asyncio
import logging
import sys

import prometheus_client
import uvloop

from api.errors import ServiceUnavailableError, StartupError
from api.server import serve
from api.settings import Settings, SettingsError, load_settings

EXIT_COULD_NOT_START = 2


def main() -> int:
    """Serve until a signal. Return the exit code: 0 after a signal, 2 when it could not start."""
    argparse.ArgumentParser(prog="python -m api", description=__doc__, epilog=_variables()).parse_args()
    try:
        settings = load_settings()
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("asyncpg").setLevel(
            logging.ERROR
        )  # a traceback for each attempt to reconnect; OutageLog says it
        prometheus_client.disable_created_metrics()  # a third of the exposition, and unused
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except (SettingsError, StartupError, ServiceUnavailableError) as error:
        print(f"api: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_START
    return 0


def _variables() -> str:
    """Return all settings with their defaults, for --help."""
    fields = Settings.model_fields.items()
    return "Settings: " + ", ".join(
        f"API_{name.upper()} ({'required' if field.is_required() else field.default})" for name, field in fields
    )


if __name__ == "__main__":
    sys.exit(main())
