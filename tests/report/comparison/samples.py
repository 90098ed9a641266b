"""Comparisons as they come up: judged by the real code, of runs and blocks made by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from swarmscope.compare.comparison import Comparison, Side
from swarmscope.compare.judge import RUN_POLICY, compare_pairs, compare_runs
from swarmscope.compare.summary import Conditions, Key, RunSummary
from tests.compare.made import CHAT, LIST, Load, noisy, summary

HOSTILE: Key = ("GET", "</script><script>alert(1)</script>|`*\x1b[31m\n💥")
_BEGAN = 1_769_860_800.0
_WINDOWS = 20
_CONDITIONS = Conditions("mixed", "Linux x86_64, 2 cores", 2, 50.0, None, None, 1.0, 600.0, "locustfile.py")
_LOADS: Mapping[Key, Load] = {
    CHAT: Load(0.18, 400),
    LIST: Load(0.02, 800),
    ("GET", "/api/users/[id]"): Load(0.035, 500),
    ("GET", "/health"): Load(0.003, 60),
}


def changed(**times: float) -> dict[Key, Load]:
    """Return the loads of a side, at so many times the latency of the endpoint with that name."""
    return {
        key: replace(load, seconds=load.seconds * times.get(key[1].rpartition("/")[2], 1.0))
        for key, load in _LOADS.items()
    }


def _run(
    number: int, loads: Mapping[Key, Load], dice: random.Random, noise: float, count: int, name: str = ""
) -> RunSummary:
    own = noisy(loads, 1.0, dice, noise)
    windows = [noisy(own, 1.0, dice, noise) for _ in range(count)]
    made = summary(own, windows, target_cpu_seconds_per_request=0.002, target_memory_bytes=180e6)
    run_id = name or f"20260131-{12 + number // 6:02d}{number % 6}000-mixed"
    began = _BEGAN + 600 * number
    return replace(made, run_id=run_id, began_seconds=began, conditions=_CONDITIONS, commit="1b07124f", host="api")


def of_runs(
    runs: int, before: Mapping[Key, Load], after: Mapping[Key, Load], noise: float = 0.01, seed: int = 7
) -> tuple[Side, Side]:
    """Return a baseline with so many runs, and a single later run."""
    dice = random.Random(seed)
    side_a = Side("mixed", tuple(_run(number, before, dice, noise, _WINDOWS) for number in range(runs)))
    last = _run(runs, after, dice, noise, _WINDOWS)
    return side_a, Side(last.run_id, (last,))


def of_blocks(
    pairs: int, before: Mapping[Key, Load], after: Mapping[Key, Load], noise: float = 0.02, seed: int = 7
) -> tuple[Side, Side]:
    """Return the blocks of an A/B run in the order A B, B A, on a machine that becomes slower."""
    dice = random.Random(seed)
    blocks: dict[str, list[RunSummary]] = {"a": [], "b": []}
    for place in range(2 * pairs):
        name = "abba"[place % 4]
        drift = 1 + 0.15 * place / (2 * pairs)
        loads = noisy(before if name == "a" else after, drift, dice, noise)
        blocks[name].append(_run(place, loads, dice, noise, 0, f"{name}{len(blocks[name]) + 1}"))
    return Side("http://127.0.0.1:8001", tuple(blocks["a"])), Side("http://127.0.0.1:8002", tuple(blocks["b"]))


def sixty_endpoints() -> Comparison:
    loads = {("GET", f"/api/v1/projects/[id]/resources/{number:02d}/details"): Load(0.05, 120) for number in range(60)}
    worst = {**loads, ("GET", "/api/v1/projects/[id]/resources/17/details"): Load(0.065, 120)}
    return compare_pairs(*of_blocks(16, loads, worst, 0.01))


def not_comparable() -> Comparison:
    obstacles = (
        "other machine: Linux x86_64, 2 cores and Linux x86_64, 64 cores",
        "other rate: 100/s and 250/s",
        "the generator was at its limit in run 20260131-142501-mixed: GeneratorCpuSaturated (worker 2)",
    )
    return Comparison(*of_runs(5, changed(), changed()), "run", RUN_POLICY, obstacles=obstacles)


def forced() -> Comparison:
    refused = not_comparable()
    return replace(compare_runs(refused.a, refused.b, RUN_POLICY), obstacles=refused.obstacles, forced=True)


def hostile() -> Comparison:
    before = {**changed(), HOSTILE: Load(0.1)}
    side_a, side_b = of_blocks(16, before, {**before, HOSTILE: Load(0.15)})
    return compare_pairs(replace(side_a, title="<script>a</script>|\n"), side_b)


SAMPLES: Mapping[str, Callable[[], Comparison]] = {
    "same": lambda: compare_pairs(*of_blocks(24, changed(), changed(), 0.01)),
    "better": lambda: compare_pairs(*of_blocks(24, changed(), changed(chat=0.7), 0.01)),
    "worse": lambda: compare_pairs(*of_blocks(24, changed(), changed(chat=1.1))),
    "worse_runs": lambda: compare_runs(*of_runs(8, changed(), changed(chat=1.3))),
    "same_runs": lambda: compare_runs(*of_runs(8, changed(), changed(), 0.005)),
    "few_runs": lambda: compare_runs(*of_runs(2, changed(), changed(chat=1.2))),
    "noisy_pairs": lambda: compare_pairs(*of_blocks(8, changed(), changed(chat=1.1), 0.06)),
    "sixty_endpoints": sixty_endpoints,
    "not_comparable": not_comparable,
    "forced": forced,
    "hostile": hostile,
}
