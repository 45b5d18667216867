"""Triggers in an event loop of ours, run by the code that runs them in Airflow's triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from airflow.jobs.triggerer_job_runner import TriggerRunner
from airflow.triggers.base import BaseTrigger


@asynccontextmanager
async def running(triggers: Sequence[BaseTrigger]) -> AsyncIterator[TriggerRunner]:
    """Run triggers while the block lasts, shared streams included; it begins as they are taken up.

    :returns: Airflow's runner, whose ``triggers`` are those that have been taken up.
    """
    runner = TriggerRunner()
    taking_up = asyncio.create_task(take_up(triggers, runner))
    try:
        yield runner
        if taking_up.done():
            taking_up.result()
        for task in tasks_of(runner):
            # One that has ended has failed: nothing that is waited for here ever happens.
            if task.done():
                task.result()
                raise RuntimeError(f"{task.get_name()} ended: {[*runner.events]}")
    finally:
        taking_up.cancel()
        tasks = tasks_of(runner)
        for task in tasks:
            task.cancel()
        await asyncio.gather(taking_up, *tasks, return_exceptions=True)


async def take_up(triggers: Sequence[BaseTrigger], runner: TriggerRunner) -> None:
    """Start them one after the other."""
    for number, trigger in enumerate(triggers):
        # As the triggerer does between two, so that what runs already gets its turn.
        await asyncio.sleep(0)
        trigger.trigger_id = number
        name = f"trigger {number}"
        # Known by its id before it runs, since running it looks it up.
        runner.triggers[number] = {
            "task": asyncio.create_task(runner.run_trigger(number, trigger), name=name),
            "is_watcher": False,
            "name": name,
            "events": 0,
        }


def tasks_of(runner: TriggerRunner) -> list[asyncio.Task[None]]:
    return [details["task"] for details in runner.triggers.values()]
