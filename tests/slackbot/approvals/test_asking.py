"""How a question is asked, on a small Airflow and a small Slack."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.slackbot.access import read_rules
from airflow_talent.slackbot.accounts import Accounts
from airflow_talent.slackbot.approvals import Approvals
from airflow_talent.slackbot.links import Links
from airflow_talent.slackbot.note import Post
from airflow_talent.slackbot.reports import owe_reports
from airflow_talent.slackbot.slack_calls import SlackError
from airflow_talent.tests.slackbot.small_world import (
    CHANNEL,
    KEY,
    RUN,
    SmallAirflow,
    SmallSlack,
    ended_run,
    question_of,
)


class Following:
    def __init__(self, *watches: Any) -> None:
        self.watches = watches


async def ask(airflow: SmallAirflow, slack: SmallSlack) -> str:
    """What the question of a run says that began when its results were public."""
    question = question_of(RUN)
    airflow.waiting.append(question)
    watch = owe_reports(ended_run(), read_rules(["slack", "slack-public-result"]), KEY)
    watch.reports[0].post = Post(CHANNEL, "0.1")
    watch.tasks.append(question.task_instance)
    following: Any = Following(watch)
    airflow_side: Any = airflow
    slack_side: Any = slack
    unused: Any = None
    links = Links("http://airflow")
    accounts = Accounts(airflow_side)
    asking = Approvals(airflow_side, slack_side, accounts, following, links, unused, key=KEY)
    await asking.look()
    (said,) = slack.posts
    return said[2]


@pytest.mark.parametrize(
    ("tags", "is_shown"), [(["slack", "slack-public-result"], True), (["slack"], False)]
)
async def test_the_tags_of_the_moment_decide_whether_a_question_is_public(
    tags: list[str], is_shown: bool
) -> None:
    said = await ask(SmallAirflow(tags_of_dag=tags), SmallSlack(privacy=False))

    assert ("horses" in said) is is_shown


async def test_a_question_is_asked_quietly_when_slack_does_not_tell_who_reads_there() -> None:
    said = await ask(SmallAirflow(), SmallSlack(privacy=SlackError("internal_error")))

    assert "horses" not in said
