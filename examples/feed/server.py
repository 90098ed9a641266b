"""A newspaper that stands for your API: a profile for each reader, articles, and a log of what was read.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    profiles of readers who pay answer with status 500
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections import Counter

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

app = Flask(__name__)
answered: Counter[str] = Counter()
lock = threading.Lock()


@app.after_request
def count(response: Response) -> Response:
    if request.endpoint:  # a path that the newspaper does not have is not a request to the newspaper
        with lock:
            answered[request.endpoint] += 1
    return response


@app.get("/readers/<int:number>")
def reader(number: int) -> tuple[Response, int]:
    if app.config["BROKEN"] and request.args["plan"] == "paid":
        return jsonify(error="the accounts are not reachable"), 500
    return jsonify(id=number, plan=request.args["plan"]), 200


@app.get("/articles")
def articles() -> Response:
    return jsonify([{"id": number, "title": f"Article {number}"} for number in range(1, 11)])


@app.post("/reads")
def reads() -> tuple[str, int]:
    return "", 204


def main() -> None:
    parser = argparse.ArgumentParser(description="A newspaper to try a load test on.")
    parser.add_argument("--port", type=int, default=8712, help="0: a free one")
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
