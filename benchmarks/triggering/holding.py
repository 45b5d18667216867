"""How much memory one contender's triggers hold.

Its arguments: the contender, seconds between two looks, ``traced`` or ``resident``, the file with
the references, and the file for what it found: bytes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from airflow_talent.benchmarks.triggering.contenders import MAKERS, Waits
from airflow_talent.benchmarks.triggering.loop import running

LOOKS = 3
"""Looks after which each trigger holds what it will hold."""


def traced() -> int:
    """Bytes that Python's own allocations hold."""
    return tracemalloc.get_traced_memory()[0]


def resident() -> int:
    """Bytes of the process that are in memory."""
    return int(psutil.Process().memory_info().rss)


METERS: Mapping[str, Callable[[], int]] = {"traced": traced, "resident": resident}


async def measure(contender: str, waits: Waits, read: Callable[[], int]) -> int:
    """What all triggers hold beyond what one does, so that imports are not measured."""
    make = MAKERS[contender]
    async with running(make(Waits(waits.ids[:1], waits.interval))):
        await asyncio.sleep(LOOKS * waits.interval)
        before = read_after_collecting(read)
    async with running(make(waits)):
        await asyncio.sleep(LOOKS * waits.interval)
        return read_after_collecting(read) - before


def read_after_collecting(read: Callable[[], int]) -> int:
    gc.collect()
    return read()


def main(contender: str, interval: str, meter: str, references: str, found: str) -> None:
    ids = json.loads(Path(references).read_text())
    if meter == "traced":
        tracemalloc.start()
    held = asyncio.run(measure(contender, Waits(ids, float(interval)), METERS[meter]))
    Path(found).write_text(json.dumps(held))


if __name__ == "__main__":
    main(*sys.argv[1:])
