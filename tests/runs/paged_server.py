"""A server of its own process for A/B runs: ``python paged_server.py PORT SECONDS [SECONDS OF /back]``.

Each answer takes about so long, lognormally distributed.
"""

from __future__ import annotations

import asyncio
import random
import sys
from contextlib import suppress

_SIGMA = 0.4


async def serve(port: int, seconds: float, seconds_of_back: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                median = seconds_of_back if b"/back" in head else seconds
                await asyncio.sleep(median * random.lognormvariate(0.0, _SIGMA))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    asyncio.run(serve(port, seconds, float(sys.argv[3]) if len(sys.argv) > 3 else seconds))
