"""How often real runs pass a server whose true p95 sits on the threshold, or that share away from it.

    python -m benchmarks.on_threshold [--runs 20] [--shift -10] [--until-sure 15s..3m]

The server answers after a lognormal time; its p95 is known. On the threshold a PASS is a false one: at most 5 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from benchmarks.target import free_port

_THRESHOLD_SECONDS, _SIGMA, _Q95 = 0.3, 0.5, 1.6448536
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_LOCUSTFILE = """\
from locust import FastHttpUser, constant, task


class Caller(FastHttpUser):
    wait_time = constant(0.3)

    @task
    def call(self):
        self.client.get("/")
"""


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, p95_seconds: float) -> None:
    center = math.log(p95_seconds) - _SIGMA * _Q95
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(random.lognormvariate(center, _SIGMA))
            writer.write(_ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _serve(port: int, p95_seconds: float) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(lambda r, w: _answer(r, w, p95_seconds), "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="runs in a row (%(default)s)")
    parser.add_argument("--shift", type=float, default=0.0, help="percent that the true p95 is above the threshold")
    parser.add_argument("--run-time", default="30s", help="length of each (%(default)s)")
    parser.add_argument("--until-sure", help="MIN..MAX, in place of a run time")
    given = parser.parse_args()
    port = free_port()
    arguments = (port, _THRESHOLD_SECONDS * (1 + given.shift / 100))
    threading.Thread(target=_serve, args=arguments, daemon=True).start()
    length = ["--until-sure", given.until_sure] if given.until_sure else ["--run-time", given.run_time]
    verdicts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "locustfile.py").write_text(_LOCUSTFILE)
        (folder / "swarmscope.toml").write_text(
            f'[target]\nhost = "http://127.0.0.1:{port}"\n\n[scenarios.edge]\nusers = 50\nspawn_rate = 25\n'
            f'run_time = "30s"\nthresholds = {{ latency_p95 = "{_THRESHOLD_SECONDS * 1000:.0f}ms" }}\n'
        )
        for number in range(1, given.runs + 1):
            command = [sys.executable, "-m", "swarmscope", "run", "edge", "--headless", "--no-live", *length]
            subprocess.run(command, cwd=folder, capture_output=True, check=False)
            document = json.loads(max(folder.glob("results/*/verdict.json")).read_text())
            p95 = next(each for each in document["objectives"] if each["objective"] == "latency_p95_seconds")
            verdicts[document["verdict"]] += 1
            low, high = (f"{bound * 1000:.0f}" if bound else "-" for bound in map(p95["interval"].get, ("low", "high")))
            load = next(check["figure"] for check in document["completeness"] if check["name"] == "run")
            print(
                f"{number}: {document['verdict']}, p95 {p95['measured'] * 1000:.0f} ms ({low} to {high} ms),"
                f" {p95['samples']:.0f} samples, {load}; {'; '.join(document['reasons'])[:150]}",
                flush=True,
            )
    print(", ".join(f"{verdict} {count}" for verdict, count in sorted(verdicts.items())))


if __name__ == "__main__":
    main()
