"""Any call of the vendor as a step."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.clients import vitay
from airflow_talent.operators.vitay import VitayOperator
from airflow_talent.tests.operators.conftest import Start
from airflow_talent.tests.vitay_world import VitayWorld

DELETE: dict[str, Any] = {
    "call": "delete_candidate",
    "arguments": {"candidate_id": "c-1"},
}


def test_any_call_is_made_by_its_name(start: Start, world: VitayWorld) -> None:
    candidate_id = world.candidate()
    run = start(
        "step_call",
        candidate_id=candidate_id,
        notes="Speaks Welsh",
        email=world.connection["login"],
    )

    assert run.end() == "failed"

    assert run.result("ping") == "Pong"
    assert [question_set["title"] for question_set in run.result("list")] == [
        "Direct manager",
        "Colleague",
    ]
    assert run.result("change")["notes"] == "Speaks Welsh"
    assert world.runner.run(vitay.show_candidate(candidate_id)).notes == "Speaks Welsh"
    assert run.keys("change") == {"return_value", "_link_VitayLink"}
    assert run.states()["reset"] == "success"
    assert "return_value" not in run.keys("reset")
    assert run.states()["empty"] == "failed"
    assert run.tries("empty") == 1
    assert "candidate_id must not be empty" in run.log("empty")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"call": "fire_candidate"}, "no call 'fire_candidate'; there are create_candidate, "),
        ({"call": "show_candidate"}, "missing a required argument: 'candidate_id'"),
        (
            {"call": "show_candidate", "arguments": {"candidate": "c-1"}},
            "missing a required argument: 'candidate_id'",
        ),
        (
            {"call": "show_candidate", "arguments": {"candidate_id": "c-1", "name": "Ada"}},
            "unexpected keyword argument 'name'",
        ),
        (DELETE, 'needs allow_effect="delete"'),
        ({**DELETE, "allow_effect": "message"}, 'needs allow_effect="delete"'),
        (
            {"call": "submit_answers", "arguments": {"reference_id": "r-1", "answers": []}},
            'needs allow_effect="impersonate"',
        ),
        (
            {"call": "download_document", "arguments": {"type": "references", "id": "r-1"}},
            "use the operator that stores it",
        ),
    ],
)
def test_a_call_that_cannot_be_made_is_refused_when_the_dag_is_parsed(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        VitayOperator(task_id="call", **arguments)


def test_an_effect_that_is_named_is_allowed() -> None:
    VitayOperator(task_id="call", **DELETE, allow_effect="delete")
