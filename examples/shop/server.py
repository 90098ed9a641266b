"""A shop that stands for your API: sign in, look around, fill a cart, check out.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    the checkout answers with status 200, and says in the answer that it failed
"""

from __future__ import annotations

import argparse
import itertools
import logging
import signal
import threading
from collections import Counter

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

ITEMS = [{"id": number, "name": f"item {number}", "price": 5 + number % 40} for number in range(1, 51)]

app = Flask(__name__)
answered: Counter[str] = Counter()
lock = threading.Lock()
orders: list[int] = []
tokens = itertools.count(1)
carts: dict[str, list[int]] = {}


@app.after_request
def count(response: Response) -> Response:
    if request.endpoint:  # a path that the shop does not have is not a request to the shop
        with lock:
            answered[request.endpoint] += 1
    return response


@app.get("/items")
def items() -> Response:
    return jsonify(ITEMS[:20])


@app.get("/items/<int:number>")
def item(number: int) -> Response:
    return jsonify(ITEMS[number - 1])


@app.post("/login")
def login() -> Response:
    token = f"customer-{next(tokens)}"
    carts[token] = []
    return jsonify(token=token)


@app.post("/cart")
def cart() -> tuple[Response, int]:
    wanted = carts.get(request.headers.get("Authorization", ""))
    if wanted is None:
        return jsonify(error="sign in first"), 401
    wanted.append(int(request.get_json()["item"]))
    return jsonify(items=wanted), 201


@app.post("/checkout")
def checkout() -> tuple[Response, int]:
    wanted = carts.get(request.headers.get("Authorization", ""))
    if wanted is None:
        return jsonify(error="sign in first"), 401
    if app.config["BROKEN"]:
        return jsonify(state="failed", error="the payment service is down"), 200
    orders.extend(wanted)
    wanted.clear()
    return jsonify(state="ordered"), 200


@app.get("/orders/newest")
def newest() -> tuple[Response, int]:
    return (jsonify(item=orders[-1]), 200) if orders else (jsonify(error="no orders yet"), 404)


@app.post("/logout")
def logout() -> tuple[str, int]:
    carts.pop(request.headers.get("Authorization", ""), None)
    return "", 204


def main() -> None:
    parser = argparse.ArgumentParser(description="A shop to try a load test on.")
    parser.add_argument("--port", type=int, default=8711, help="0: a free one")
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
