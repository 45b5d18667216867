"""Many waits at once share one loop."""

from __future__ import annotations

import time

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld


def test_many_waits_share_their_looks(waiting_dags: LocalAirflow, vitay_world: VitayWorld) -> None:
    api, candidate_id = waiting_dags.api, vitay_world.candidate()
    references = [vitay_world.reference(candidate_id) for _ in range(12)]
    run = api.trigger("wait_for_many", {"references": references})
    deadline = time.monotonic() + 120
    while (states := api.task_states("wait_for_many", run)) and sum(
        state == "deferred" for state in states.values()
    ) < len(references):
        assert time.monotonic() < deadline, states
        time.sleep(0.2)
    before = len(vitay_world.emulator.requests("vitay"))
    for reference_id in references:
        vitay_world.fill(reference_id)

    assert api.wait_for_run("wait_for_many", run) == "success"

    looks = [
        request
        for request in vitay_world.emulator.requests("vitay")[before:]
        if request["method"] == "GET"
    ]
    # A wait that joined last may be asked for alone, once; all others by one page a look.
    assert sum(request["path"] != "/v2/references" for request in looks) <= 1
    assert len(looks) <= 5
