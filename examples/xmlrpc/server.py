"""A library that stands for your XML-RPC service.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    loans end with a fault
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import signal
from socketserver import ThreadingMixIn
from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer

calls = itertools.count()


class Library:
    def __init__(self, *, broken: bool) -> None:
        self._broken = broken

    def find(self, word: str) -> list[str]:
        next(calls)
        return [f"A book about {word}", f"Another book about {word}"]

    def lend(self, title: str) -> str:
        next(calls)
        if self._broken:
            raise Fault(1, f"{title} is not on its shelf")
        return title


class Server(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True


def main() -> None:
    parser = argparse.ArgumentParser(description="A library to try a load test on.")
    parser.add_argument("--port", type=int, default=8716, help="0: a free one")
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()
    SimpleXMLRPCRequestHandler.disable_nagle_algorithm = True  # headers and body are two packets
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Server(("127.0.0.1", options.port), logRequests=False) as server:
        server.register_instance(Library(broken=options.broken))
        print(f"ready at http://127.0.0.1:{server.server_address[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    print(f"answered {next(calls)} requests", flush=True)


if __name__ == "__main__":
    main()
