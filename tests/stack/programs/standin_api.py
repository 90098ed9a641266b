"""Stands in for the API where a test is about the stack: answers every GET, on the port that it is given."""

import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"standin_up 1\n")

    def log_message(self, *_: object) -> None:
        return


if __name__ == "__main__":
    http.server.HTTPServer((os.environ["API_HOST"], int(os.environ["API_PORT"])), Handler).serve_forever()
