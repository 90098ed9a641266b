"""A small server with the endpoints of Grafana's HTTP API that uploads use, and their documented answers.

No Grafana can be installed where these tests run: what this server answers follows Grafana's documentation.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

TOKEN = "glsa_editor"
PROMETHEUS: dict[str, Any] = {
    "uid": "prom-1",
    "name": "Prometheus",
    "type": "prometheus",
    "url": "http://prometheus:9090",
    "isDefault": True,
    "jsonData": {"timeInterval": "2s"},
}

Answer = tuple[int, object]


@dataclass
class Grafana:
    """``may_list`` is false for an account with the role Editor, which may not list datasources."""

    datasources: list[dict[str, Any]] = field(default_factory=lambda: [dict(PROMETHEUS)])
    folders: list[dict[str, Any]] = field(default_factory=list)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    may_list: bool = True
    url: str = ""
    authorizations: set[str | None] = field(default_factory=set)

    def answer(self, method: str, path: str, authorization: str | None, body: dict[str, Any]) -> Answer:
        self.authorizations.add(authorization)
        if authorization is None or not authorization.endswith((TOKEN, "dXNlcjpwYXNz")):  # user:pass
            return 401, {"message": "Invalid API key"}
        parts = path.removeprefix("/api/").split("/")
        if parts == ["datasources"]:
            return self._datasources(method, body)
        if parts == ["folders"]:
            return self._folders(method, body)
        if parts[:2] == ["dashboards", "uid"]:
            found = self.dashboards.get(parts[2])
            return (200, found) if found else (404, {"message": "Dashboard not found"})
        if parts == ["dashboards", "db"] and method == "POST":
            return self._save(body)
        return 404, {"message": "Not found"}

    def _datasources(self, method: str, body: dict[str, Any]) -> Answer:
        if not self.may_list:
            return 403, {"message": "You'll need additional permissions to perform this action."}
        if method == "GET":
            return 200, self.datasources
        self.datasources.append(body)
        return 200, {"datasource": body, "message": "Datasource added"}

    def _folders(self, method: str, body: dict[str, Any]) -> Answer:
        if method == "GET":
            return 200, self.folders
        self.folders.append(body)
        return 200, body

    def _save(self, body: dict[str, Any]) -> Answer:
        dashboard, folder = body["dashboard"], body["folderUid"]
        uid = dashboard["uid"]
        before = self.dashboards.get(uid)
        if before and not body["overwrite"]:
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed"}
        if folder and folder not in {each["uid"] for each in self.folders}:
            return 400, {"message": "folder not found"}
        version = before["dashboard"]["version"] + 1 if before else 1
        kept = dashboard | {"id": 7, "version": version}
        self.dashboards[uid] = {"dashboard": kept, "meta": {"folderUid": folder, "provisioned": False}}
        return 200, {"id": 7, "uid": uid, "url": f"/d/{uid}/x", "status": "success", "version": version}


@contextmanager
def served(grafana: Grafana) -> Iterator[Grafana]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, document = grafana.answer(
                self.command, urlsplit(self.path).path, self.headers.get("Authorization"), json.loads(body or b"{}")
            )
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # as the base class calls it

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    grafana.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield grafana
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
