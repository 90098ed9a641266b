"""Locust's statistics as a CSV file, made by hand."""

from __future__ import annotations

from pathlib import Path

HEADER = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,"
    "Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
)


def row(
    method: str = "GET",
    name: str = "/items",
    requests: int = 1000,
    failures: int = 4,
    average_ms: float = 42.5,
    p95_ms: float | str = 180,
) -> str:
    figures = f"{requests},{failures},30,{average_ms},1,900,100,250.5,1"
    return f"{method},{name},{figures},30,40,50,60,90,{p95_ms},220,400,800,900,900"


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def stats(path: Path, **total: float | str) -> Path:
    """Return a file with one endpoint, POST /orders, and the total."""
    orders = row("POST", "/orders", requests=100, failures=0, average_ms=80, p95_ms=350)
    items = row(requests=900, failures=4)
    return write(path, items, orders, row("", "Aggregated", **total))  # type: ignore[arg-type]
