"""A catalogue that stands for your API.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    exports come without their header
"""

from __future__ import annotations

import argparse
import itertools
import logging
import signal

from flask import Flask
from werkzeug.serving import make_server

from api.routes import EXPORT, ITEM
from exporters.as_csv import HEADER, as_csv
from scripts.seed import ITEM_IDS

app = Flask(__name__)
requests = itertools.count()


@app.get(ITEM.replace("{id}", "<int:number>"))
def item(number: int) -> dict[str, int]:
    next(requests)
    return {"id": number}


@app.get(EXPORT)
def export() -> str:
    next(requests)
    items = as_csv(ITEM_IDS)
    return items.removeprefix(HEADER) if app.config["BROKEN"] else items


def main() -> None:
    parser = argparse.ArgumentParser(description="A catalogue to try a load test on.")
    parser.add_argument("--port", type=int, default=8718, help="0: a free one")
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()
    app.config["BROKEN"] = options.broken
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be its slowest part
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    print(f"ready at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    print(f"answered {next(requests)} requests", flush=True)


if __name__ == "__main__":
    main()
