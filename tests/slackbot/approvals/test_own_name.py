"""People who have an Airflow account answer with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.slackbot.approvals.conftest import Asking
from airflow_talent.tests.slackbot.conftest import Slack, running_bot, shown_text


@pytest.fixture
async def bot(
    environment: dict[str, str], workflows: LocalAirflow, tmp_path: Path
) -> AsyncIterator[None]:
    """A bot for which the lead is Airflow's admin."""
    users = tmp_path / "users.toml"
    users.write_text(
        f'[U0LEAD]\nusername = "admin"\npassword = "{workflows.admin_password}"\n', encoding="utf-8"
    )
    users.chmod(0o600)
    async with running_bot({**environment, "TALENT_AIRFLOW_USERS_FILE": str(users)}):
        yield


pytestmark = pytest.mark.usefixtures("bot")


async def test_whom_the_task_names_is_mentioned_and_answers(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_named")
    message = await asking.message("ask_named")

    assert "<@U0LEAD>: it waits for your answer." in shown_text(message)
    await asking.press(message, "Approve", user="U0APPROVE")
    assert "only those answer whom the task names" in await asking.told("U0APPROVE", about="Sorry")
    await asking.press(message, "Approve", user="U0LEAD")
    await asking.message("ask_named", saying="*Approve* by <@U0LEAD>")
    assert asking.answer_of(message)["responded_by_user"]["id"] == "admin"


async def test_an_answer_given_in_airflow_is_shown_with_the_person(
    slack: Slack, asking: Asking, workflows: LocalAirflow
) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    await asking.answer_in_airflow(message, "Approve", api=workflows.admin_api)

    await asking.message("ask_approval", saying="*Approve* by <@U0LEAD>")


async def test_the_home_lists_a_task_for_those_whom_it_names_only(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    await slack.type("ask_named")
    await asking.message("ask_named")

    assert "agree?" in shown_text(await asking.home("U0LEAD"))
    assert "agree?" not in shown_text(await asking.home("U0RECRUIT"))
