"""Credentials that are refused do not lock an account, however many tasks try them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import httpx

from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.vitay_world import VitayWorld

ROOT = "root@emulator.test"


def test_refused_credentials_are_tried_three_times_by_any_number_of_tasks(
    start: Start, world: VitayWorld, connect: Callable[..., None], planted: set[str]
) -> None:
    # A host remembers refused passwords, also those of an earlier run of this test.
    password = f"mistyped-{uuid.uuid4().hex}"
    planted.add(password)
    connect("vitay_mistyped", password=password)
    connect("vitay_locked", login=ROOT)
    lock(world)
    before = len(world.emulator.requests("vitay"))
    run = start("step_refused_logins")

    assert run.end(within=240) == "failed"

    tasks = run.api.task_instances(run.dag_id, run.run_id)
    assert {(task["state"], task["try_number"]) for task in tasks} == {("failed", 1)}
    assert "correct the connection" in run.log("vitay_mistyped", map_index=0)
    assert "locked" in run.log("vitay_locked", map_index=0)
    logins = [
        request["status"]
        for request in world.emulator.requests("vitay")[before:]
        if request["path"].endswith("/login")
    ]
    assert logins.count(401) <= 3


def lock(world: VitayWorld) -> None:
    """Do what somebody does who has forgotten the password."""
    for _ in range(10):
        httpx.post(
            f"{world.connection['host']}/v3/oauth/login",
            json={"email": ROOT, "password": "not-the-password"},
            trust_env=False,
        )
