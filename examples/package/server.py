"""A marketplace of several tenants that stands for your API.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    it lets no one sign in
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections import Counter

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

TENANTS = ("acme", "globex")

app = Flask(__name__)
answered: Counter[str] = Counter()
lock = threading.Lock()


@app.after_request
def count(response: Response) -> Response:
    if request.endpoint:  # a path that the marketplace does not have is not a request to the marketplace
        with lock:
            answered[request.endpoint] += 1
    return response


@app.post("/<tenant>/token")
def token(tenant: str) -> tuple[Response, int]:
    if app.config["BROKEN"] or tenant not in TENANTS:
        return jsonify(error=f"{tenant} has no customers"), 401
    return jsonify(token=f"for-{tenant}"), 200


@app.get("/<tenant>/items")
def items(tenant: str) -> tuple[Response, int]:
    if request.headers.get("Authorization") != f"for-{tenant}":
        return jsonify(error="sign in first"), 401
    return jsonify([f"item {number} of {tenant}" for number in range(20)]), 200


@app.post("/<tenant>/orders")
def orders(tenant: str) -> tuple[Response, int]:
    if request.headers.get("Authorization") != f"for-{tenant}":
        return jsonify(error="sign in first"), 401
    return jsonify(order=answered["orders"] + 1), 201


def main() -> None:
    parser = argparse.ArgumentParser(description="A marketplace to try a load test on.")
    parser.add_argument("--port", type=int, default=8717, help="0: a free one")
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()
    app.config["BROKEN"] = options.broken
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be its slowest part
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    print(f"ready at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    print(f"answered {answered.total()} requests", flush=True)


if __name__ == "__main__":
    main()
