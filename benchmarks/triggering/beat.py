"""How late an event loop's heartbeat is while one contender's triggers run in it.

Its arguments: the contender, seconds between two looks, seconds to measure, the file with the
references, and the file for what it found: how late each beat was, the seconds of each search for
garbage meanwhile, and how many triggers had been taken up by then.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow_talent.benchmarks.triggering.contenders import MAKERS, Waits
from airflow_talent.benchmarks.triggering.loop import running

BEAT = 0.01
"""Seconds between two beats."""


async def measure(contender: str, waits: Waits, seconds: float) -> dict[str, Any]:
    """Let one trigger look first, so that imports are not measured, then beat beside all."""
    make = MAKERS[contender]
    async with running(make(Waits(waits.ids[:1], waits.interval))):
        await asyncio.sleep(waits.interval)
    with timing_collections() as collections:
        beating = asyncio.create_task(beat(seconds))
        async with running(make(waits)) as runner:
            late = await beating
            taken_up = len(runner.triggers)
    return {"late": late, "collections": collections, "taken_up": taken_up}


async def beat(seconds: float) -> list[float]:
    """How late each beat was."""
    late, end = [], time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        await asyncio.sleep(BEAT)
        late.append(time.monotonic() - begun - BEAT)
    return late


@contextmanager
def timing_collections() -> Iterator[list[float]]:
    """The seconds of each search for garbage, during which no thread of the process goes on."""
    found: list[float] = []
    begun = 0.0

    def watch(phase: str, _: dict[str, int]) -> None:
        nonlocal begun
        if phase == "start":
            begun = time.monotonic()
        else:
            found.append(time.monotonic() - begun)

    gc.callbacks.append(watch)
    try:
        yield found
    finally:
        gc.callbacks.remove(watch)


def main(contender: str, interval: str, seconds: str, references: str, found: str) -> None:
    ids = json.loads(Path(references).read_text())
    beats = asyncio.run(measure(contender, Waits(ids, float(interval)), float(seconds)))
    Path(found).write_text(json.dumps(beats))


if __name__ == "__main__":
    main(*sys.argv[1:])
