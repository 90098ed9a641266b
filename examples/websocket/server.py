"""A ticker that stands for your WebSocket service: it answers each symbol with a price.

python server.py             until Ctrl-C, then it says how many requests it answered
python server.py --broken    it closes the connection instead of answering every fourth message
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import logging
import signal

from websockets.sync.server import ServerConnection, serve

requests = itertools.count()  # connections and messages


def main() -> None:
    parser = argparse.ArgumentParser(description="A ticker to try a load test on.")
    parser.add_argument("--port", type=int, default=8715, help="0: a free one")
    parser.add_argument("--broken", action="store_true")
    options = parser.parse_args()

    def ticker(connection: ServerConnection) -> None:
        next(requests)
        for turn, message in enumerate(connection, 1):
            next(requests)
            if options.broken and turn % 4 == 0:
                return
            connection.send(json.dumps({"symbol": json.loads(message)["symbol"], "price": 17.5}))

    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # a probe that opens no WebSocket is no error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with serve(ticker, "127.0.0.1", options.port) as server:
        print(f"ready at ws://127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    print(f"answered {next(requests)} requests", flush=True)


if __name__ == "__main__":
    main()
