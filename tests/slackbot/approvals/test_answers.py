"""What no button of the bot would ask for is refused all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.services.airflow_api import AirflowApi, RunKey
from airflow_talent.slackbot.access import Account, Person, Refused
from airflow_talent.slackbot.accounts import Accounts
from airflow_talent.slackbot.answers import Answers, NotOpen
from airflow_talent.slackbot.approvals import Approvals
from airflow_talent.slackbot.identity import Starter, name_run, sign
from airflow_talent.slackbot.questions import QuestionKey
from airflow_talent.tests.slackbot.conftest import settings_from

TEAM = "T0EMULATOR"
KEY = b"a key of signatures"
LEAD = Person(TEAM, "U0LEAD", "C0HIRING")


class Nobody:
    """No run is followed here, and everybody in Slack is a member."""

    watches = ()

    async def account(self, user: str) -> Account:
        return Account(frozenset({TEAM}), is_guest=False, is_stranger=False, is_person=True)

    async def group_members(self, group: str) -> frozenset[str]:
        return frozenset()


@pytest.fixture
async def answers(environment: dict[str, str]) -> AsyncIterator[Answers]:
    airflow = AirflowApi.connect(settings_from(environment))
    nobody: Any = Nobody()
    accounts = Accounts(airflow)
    approvals = Approvals(airflow, nobody, accounts, nobody, nobody, nobody, key=KEY)
    yield Answers(airflow, accounts, nobody, nobody, approvals, frozenset({TEAM}))
    await airflow.close()


async def trigger(airflow: LocalAirflow, dag_id: str, conf: dict[str, Any]) -> QuestionKey:
    run = RunKey(dag_id, name_run(TEAM, "U0RECRUIT", str(conf)))
    await asyncio.to_thread(airflow.api.trigger, dag_id, conf, run_id=run.run_id)
    return QuestionKey(run, "approve", -1, 1)


async def answer(answers: Answers, key: QuestionKey) -> None:
    await answers.give(LEAD, key, ["Approve"], {}, seen_at=0)


async def test_a_run_of_a_dag_without_tags(answers: Answers, workflows: LocalAirflow) -> None:
    key = await trigger(workflows, "ask_nobody", {})
    with pytest.raises(Refused, match="not a run of this app"):
        await answer(answers, key)


async def test_a_run_whose_conf_the_bot_did_not_sign(
    answers: Answers, workflows: LocalAirflow
) -> None:
    run = RunKey("ask_approval", "another run")
    signed = sign(run, Starter(TEAM, "C0HIRING", "U0RECRUIT"), KEY)
    key = await trigger(workflows, "ask_approval", {"slack": signed})
    with pytest.raises(Refused, match="not a run of this app"):
        await answer(answers, key)
    with pytest.raises(Refused, match="not a run of this app"):
        await answers.see(LEAD, key)


async def test_a_question_that_was_never_asked(answers: Answers, workflows: LocalAirflow) -> None:
    with pytest.raises(NotOpen):
        await answer(answers, QuestionKey(RunKey("ask_approval", "none"), "approve", -1, 1))
    with pytest.raises(NotOpen):
        await answer(answers, QuestionKey(RunKey("no_dag", "none"), "approve", -1, 1))


async def test_somebody_of_another_workspace(answers: Answers) -> None:
    key = QuestionKey(RunKey("ask_approval", "none"), "approve", -1, 1)
    with pytest.raises(Refused, match="does not serve your workspace"):
        await answers.see(Person("T9", "U0LEAD", "C0HIRING"), key)
