"""What waits for a person, and whose an answer is, on a small Airflow and a small Slack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_talent.services.airflow_api import Question, RunKey, User
from airflow_talent.slackbot.access import Account, Person, read_rules
from airflow_talent.slackbot.accounts import Accounts
from airflow_talent.slackbot.answers import MAX_LOOKED_AT, Answers, NotOpen
from airflow_talent.slackbot.approvals import Approvals
from airflow_talent.slackbot.links import Links
from airflow_talent.slackbot.questions import Ending, key_of
from airflow_talent.slackbot.users_file import Account as Login
from airflow_talent.tests.slackbot.small_world import (
    CHANNEL,
    KEY,
    RUN,
    TEAM,
    SmallAirflow,
    SmallSlack,
    ended_run,
    question_of,
)

LEAD = Person(TEAM, "U0LEAD", CHANNEL)


class Everybody:
    """Members of the workspace, who follow no run."""

    watches = ()

    async def account(self, user: str) -> Account:
        return Account(frozenset({TEAM}), is_guest=False, is_stranger=False, is_person=True)


def answers_of(airflow: Any, slack: Any, users: Any = None) -> Answers:
    everybody: Any = Everybody()
    unused: Any = None
    accounts = Accounts(airflow, users)
    links = Links("http://airflow")
    approvals = Approvals(
        airflow, slack, accounts, everybody, links, unused, key=KEY, own_account="bot"
    )
    return Answers(airflow, accounts, everybody, slack, approvals, frozenset({TEAM}))


def strange(number: int) -> Question:
    return question_of(RunKey("of_others", f"run {number}"), minutes_ago=60)


async def test_older_questions_of_other_dags_hide_none() -> None:
    airflow = SmallAirflow(runs={RUN: ended_run()})
    airflow.waiting = [*(strange(number) for number in range(MAX_LOOKED_AT)), question_of(RUN)]

    (found,) = await answers_of(airflow, SmallSlack()).open_for(LEAD)

    assert found.asking.question.task_instance.key == RUN


async def test_each_run_is_looked_at_once_however_much_it_asks() -> None:
    airflow = SmallAirflow(runs={RUN: ended_run()})
    airflow.waiting = [question_of(RUN, f"ask_{number}") for number in range(5)]

    assert len(await answers_of(airflow, SmallSlack()).open_for(LEAD)) == 5
    assert airflow.asked == ["dags_tagged", "run"]


def users_file(**logins: str) -> Any:
    return SimpleNamespace(accounts={user: Login(name, "p") for user, name in logins.items()})


@pytest.mark.parametrize(("shared_by", "named"), [(("U1",), "U1"), (("U1", "U2"), None)])
async def test_an_answer_in_airflow_has_a_name_when_the_login_is_one_persons(
    shared_by: tuple[str, ...], named: str | None
) -> None:
    airflow = SmallAirflow(runs={RUN: ended_run()})
    approvals = answers_of(
        airflow, SmallSlack(), users_file(**dict.fromkeys(shared_by, "team"))
    ).approvals
    ending = Ending("answered", ("Approve",), account=User(id="team", name="team"))
    watch = await approvals.watch_of(RUN, read_rules(["slack"]))

    found = await approvals.who_answered(key_of(question_of(RUN)), watch, ending)

    assert (found.user, found.account) == (named, ending.account)


@pytest.mark.parametrize(
    ("account", "values", "is_theirs"),
    [("bot", {}, True), ("somebody", {}, False), ("bot", {"amount": 7}, False)],
)
async def test_after_a_lost_answer_only_ones_own_counts(
    account: str, values: dict[str, Any], is_theirs: bool
) -> None:
    question = question_of(RUN)
    airflow = SmallAirflow(runs={RUN: ended_run()}, waiting=[question])

    def take() -> None:
        answer = {
            "response_received": True,
            "responded_by_user": User(id=account, name=account),
            "chosen_options": ["Approve"],
            "params_input": values,
        }
        airflow.waiting[0] = question.model_copy(update=answer)

    airflow.when_answered = take
    giving = answers_of(airflow, SmallSlack()).give(
        LEAD, key_of(question), ["Approve"], {}, seen_at=0
    )

    if is_theirs:
        assert (await giving).user == LEAD.user
    else:
        with pytest.raises(NotOpen):
            await giving
