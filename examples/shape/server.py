"""A search that stands for your API.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    it refuses every third request with status 503
"""

from __future__ import annotations

import argparse
import itertools
import logging
import signal

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

app = Flask(__name__)
searches = itertools.count()


@app.get("/search")
def search() -> tuple[Response, int]:
    if next(searches) % 3 == 2 and app.config["BROKEN"]:
        return jsonify(error="too many searches"), 503
    return jsonify(query=request.args["q"], hits=7), 200


def main() -> None:
    parser = argparse.ArgumentParser(description="A search to try a load test on.")
    parser.add_argument("--port", type=int, default=8713, help="0: a free one")
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()
    app.config["BROKEN"] = options.broken
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be its slowest part
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    print(f"ready at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    print(f"answered {next(searches)} requests", flush=True)


if __name__ == "__main__":
    main()
