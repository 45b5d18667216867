"""An invitation from the form to the scores."""

from __future__ import annotations

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.example_dags.conftest import Run

DAG = "applicant_invite"


@pytest.fixture(autouse=True)
def _people_take_tests(talent_emulator: Emulator) -> None:
    talent_emulator.settings(rickrut={"auto": True})


def test_the_applicant_is_invited_and_the_scores_are_told(
    run: Run, talent_emulator: Emulator
) -> None:
    ran = run(DAG, email="ada@people.test", opening="software-engineer")

    assert ran.state == "success"
    assert [sent["to"] for sent in talent_emulator.outbox("rickrut")] == ["ada@people.test"]
    assert set(ran.told.fields) == {"Skill", "Adequation"}
    assert "ada" not in str(ran.told)


def test_nobody_is_invited_twice_to_the_same_test(run: Run, talent_emulator: Emulator) -> None:
    run(DAG, email="bo@people.test", opening="sales")
    again = run(DAG, email="Bo@people.test", opening="sales")

    assert again.states["invite"] == ["failed"]
    assert len(talent_emulator.outbox("rickrut")) == 1


def test_an_opening_that_does_not_exist_invites_nobody(run: Run, talent_emulator: Emulator) -> None:
    ran = run(DAG, email="cy@people.test", opening="astronaut")

    assert ran.states["invite"] == ["failed"]
    assert talent_emulator.outbox("rickrut") == []
