"""Stands in for `grafana server` where a test is about how the stack starts and stops it.

Takes Grafana's options, writes down what it was given, and answers as Grafana does on the address of its settings.
With FAIL as its first argument it ends at once, as a Grafana does that cannot use its database.
"""

import argparse
import http.server
import json
import os
import sys
from pathlib import Path

HEALTH = {"database": "ok", "version": "13.0.0", "commit": "standin"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == "/api/health"
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(HEALTH if known else {"message": "Not found"}).encode())

    def log_message(self, *_: object) -> None:
        return


def main() -> None:
    if sys.argv[1] == "FAIL":
        sys.exit("Error: ✗ unable to open database file")
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["server"])
    parser.add_argument("--homepath", required=True)
    parser.add_argument("--config", required=True)
    options = parser.parse_args()
    data = Path(os.environ["GF_PATHS_DATA"])
    data.mkdir(parents=True, exist_ok=True)
    given = {
        "options": vars(options),
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "cwd": str(Path.cwd()),
    }
    (data / "given.json").write_text(json.dumps(given))
    address = (os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"]))
    print(f"HTTP Server Listen address={address[0]}:{address[1]}", flush=True)
    http.server.HTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    main()
