"""A warehouse that stands for your gRPC service.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    reservations end with UNAVAILABLE
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from stock import add_stock_to_server


class Stock:
    def __init__(self, *, broken: bool) -> None:
        self._broken = broken
        self.calls = itertools.count()

    def Lookup(self, message: dict[str, Any], _: grpc.ServicerContext) -> dict[str, Any]:  # noqa: N802  # gRPC's names
        next(self.calls)
        return {"item": message["item"], "left": 12}

    def Reserve(self, message: dict[str, Any], context: grpc.ServicerContext) -> dict[str, Any]:  # noqa: N802
        next(self.calls)
        if self._broken:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the warehouse is closed")
        return {"item": message["item"], "reserved": True}


def main() -> None:
    parser = argparse.ArgumentParser(description="A warehouse to try a load test on.")
    parser.add_argument("--port", type=int, default=8714, help="0: a free one")
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()
    stock = Stock(broken=options.broken)
    server = grpc.server(ThreadPoolExecutor(8))
    add_stock_to_server(stock, server)
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"ready at 127.0.0.1:{port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.wait_for_termination()
    server.stop(1).wait()
    print(f"answered {next(stock.calls)} requests", flush=True)


if __name__ == "__main__":
    main()
