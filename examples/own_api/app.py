"""A small shop: stands for an API of yours, of which the harness knows nothing.

python examples/own_api/app.py --port 8700               answers in a few milliseconds
python examples/own_api/app.py --port 8700 --slow 0.6    each answer takes 0.6 seconds longer
"""

from __future__ import annotations

import argparse
import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEMS = [{"id": number, "name": f"item {number}", "price": 5 + number % 40} for number in range(1, 201)]


class Shop(BaseHTTPRequestHandler):
    """GET /items, GET /items/{id}, POST /orders {"item": id}; GET /metrics, which does not count itself."""

    protocol_version = "HTTP/1.1"  # connections stay open
    slow_seconds = 0.0
    orders = answered = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        _, _, number = self.path.partition("/items/")
        if self.path == "/metrics":
            self.send(200, "text/plain; version=0.0.4", f"http_requests_total {Shop.answered}\n".encode())
        elif self.path == "/items":
            self.answer(200, ITEMS[:20])
        elif number.isdecimal() and 0 < int(number) <= len(ITEMS):
            self.answer(200, ITEMS[int(number) - 1])
        else:
            self.answer(404, {"detail": f"there is no {self.path}"})

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        with self.lock:
            Shop.orders += 1
        self.answer(201, {"order": Shop.orders, "item": order.get("item")})

    def answer(self, status: int, body: object) -> None:
        time.sleep(self.slow_seconds)
        with self.lock:
            Shop.answered += 1
        self.send(status, "application/json", json.dumps(body).encode())

    def send(self, status: int, content_type: str, content: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # the customer has gone
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: a line for each request would be the slowest part of it."""


class Server(ThreadingHTTPServer):
    """Many customers may come at once: one that finds the queue full tries again a second later."""

    request_queue_size = 128


def main() -> None:
    parser = argparse.ArgumentParser(description="A small shop to try a load test on.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 in a container")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--slow", type=float, default=0.0, metavar="SECONDS")
    options = parser.parse_args()
    Shop.slow_seconds = options.slow
    Shop.disable_nagle_algorithm = True  # header and body are two packets
    with Server((options.host, options.port), Shop) as server:
        print(f"the shop is open at http://{options.host}:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
