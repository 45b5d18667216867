"""Questions survive: bots that are killed, lost answers, a slow or broken Airflow, two bots.

Slack's own dropping of doubles is switched off, so that what is shown does not depend on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.slackbot.approvals.conftest import Asking, button, buttons
from airflow_talent.tests.slackbot.conftest import (
    Slack,
    bot_process,
    eventually,
    modal,
    running_bot,
    shown_text,
)
from airflow_talent.tests.slackbot.gate import Gate, Hold, open_gate

POST, EDIT, ANSWER = "chat.postMessage$", "chat.update$", "/hitlDetails$"


class Gates:
    """Between the bot and Airflow, and between the bot and Slack."""

    def __init__(self, airflow: Gate, slack: Gate, environment: dict[str, str]) -> None:
        self.airflow, self.slack = airflow, slack
        self.environment = {
            **environment,
            "TALENT_AIRFLOW_URL": airflow.url,
            "SLACK_API_URL": f"{slack.url}/slack/api/",
        }


@pytest.fixture
def gates(
    environment: dict[str, str], talent_emulator: Emulator, workflows: LocalAirflow
) -> Iterator[Gates]:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    with open_gate(workflows.url) as airflow, open_gate(talent_emulator.url) as slack:
        yield Gates(airflow, slack, environment)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_bot_killed_while_it_asks_leaves_one_question(
    slack: Slack, asking: Asking, gates: Gates, tmp_path: Path, when: str
) -> None:
    hold = Hold("POST", POST, "after" if when == "after" else "before", skip=1)
    gates.slack.hold = hold
    with bot_process(gates.environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type("ask_approval what=it")
        assert await asyncio.to_thread(hold.happened.wait, 60), bot.said()
        bot.kill()

    gates.slack.hold = None
    async with running_bot(gates.environment):
        message = await asking.message("ask_approval")
        await asking.press(message, "Approve")
        await asking.message("ask_approval", saying="*Approve* by <@U0RECRUIT>")
    assert len(await asking.messages("ask_approval")) == 1


async def test_a_bot_killed_between_asking_and_the_answer_is_not_missed(
    slack: Slack, asking: Asking, environment: dict[str, str], tmp_path: Path
) -> None:
    with bot_process(environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type("ask_approval what=it")
        message = await asking.message("ask_approval")
        bot.kill()

    async with running_bot(environment):
        await asking.press(message, "Approve")
        await asking.message("ask_approval", saying="*Approve* by <@U0RECRUIT>")
        await asking.ends(message, "go_on", "success")
    assert len(await asking.messages("ask_approval")) == 1


@pytest.mark.parametrize(
    ("server", "hold"),
    [
        pytest.param("airflow", Hold("PATCH", ANSWER, "after"), id="when Airflow has the answer"),
        pytest.param("slack", Hold("POST", EDIT, "before"), id="before the end is drawn"),
    ],
)
async def test_a_bot_killed_before_it_shows_an_answer_leaves_that_to_the_next(
    slack: Slack,
    asking: Asking,
    gates: Gates,
    tmp_path: Path,
    server: str,
    hold: Hold,
) -> None:
    with bot_process(gates.environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type("ask_approval what=it")
        message = await asking.message("ask_approval")
        held = Hold(hold.method, hold.path, hold.when)
        pressing = asyncio.create_task(asking.press(message, "Approve"))
        if server == "slack":

            async def answered() -> bool:
                answer = await asyncio.to_thread(asking.answer_of, message)
                return bool(answer["response_received"])

            gates.airflow.delay = None
            gates.slack.hold = Hold("POST", EDIT, "before")
            await eventually(answered)
        else:
            gates.airflow.hold = held
            assert await asyncio.to_thread(held.happened.wait, 60), bot.said()
        bot.kill()
        await pressing

    gates.airflow.hold = gates.slack.hold = None
    async with running_bot(gates.environment):
        ended = await asking.message("ask_approval", saying="*Approve* in Slack")
        assert buttons(ended) == []
        await asking.ends(message, "go_on", "success")


async def test_an_answer_that_is_lost_on_its_way_back_counts(
    slack: Slack, asking: Asking, gates: Gates
) -> None:
    async with running_bot(gates.environment):
        await slack.type("ask_approval what=it")
        message = await asking.message("ask_approval")
        gates.airflow.lose = Hold("PATCH", ANSWER, "after")
        await asking.press(message, "Approve")

        await asking.message("ask_approval", saying="*Approve* by <@U0RECRUIT>")
        assert gates.airflow.lose.happened.is_set()
        await asking.ends(message, "go_on", "success")


async def test_who_answers_while_airflow_is_down_is_told_so(
    slack: Slack, asking: Asking, gates: Gates
) -> None:
    async with running_bot(gates.environment):
        await slack.type("ask_approval what=it")
        message = await asking.message("ask_approval")
        gates.airflow.is_broken = True
        await asking.press(message, "Approve")
        assert await asking.told(about="Airflow answers with an error")
        gates.airflow.is_broken = False
        await asking.press(message, "Approve")
        await asking.message("ask_approval", saying="*Approve* by <@U0RECRUIT>")


async def test_who_answers_while_airflow_is_slow_is_told_so_within_three_seconds(
    slack: Slack, asking: Asking, gates: Gates
) -> None:
    async with running_bot(gates.environment):
        await slack.type("ask_several")
        message = await asking.message("ask_several")
        gates.airflow.delay = ("GET", "/dags/ask_several/details$", 6)
        pressed_at = time.monotonic()
        await asking.press(message, "Answer …")
        await modal(asking.people, saying="I keep trying")
        assert time.monotonic() < pressed_at + 4
        view = await modal(asking.people, saying="Which ones?")

        acted = await asking.people.submit(view["id"], {"talent_chosen": ["1"]})

        assert acted["error"] is None
        await modal(asking.people, saying="is being given your answer")
        await modal(asking.people, saying="*b* by <@U0RECRUIT>", within=60)
        await asking.message("ask_several", saying="*b* by <@U0RECRUIT>")


async def test_a_question_answered_in_airflow_while_no_bot_ran_is_closed(
    slack: Slack,
    asking: Asking,
    environment: dict[str, str],
    tmp_path: Path,
    workflows: LocalAirflow,
) -> None:
    with bot_process(environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type("ask_each")
        message = await asking.message("ask_each", saying="First?")
        await asking.message("ask_each", saying="Second?")
        bot.kill()
    await asking.answer_in_airflow(message, "yes", api=workflows.admin_api)

    async with running_bot(environment):
        ended = await asking.message("ask_each", saying="*yes* by admin, in Airflow")
        assert "First?" in shown_text(ended)
        still = await asking.message("ask_each", saying="Second?")
        assert button(still, "no")
    assert len(await asking.messages("ask_each")) == 2


async def test_of_two_bots_one_asks_and_either_takes_the_answer(
    slack: Slack, asking: Asking, environment: dict[str, str], talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    async with running_bot(environment), running_bot(environment):
        # Slack hands what happens to connections in turn, so one bot starts and the other answers.
        # While the later runs go on, whoever followed the first ones could draw over their names.
        for what in ("this", "that", "more"):
            await slack.type(f"ask_approval what={what}")
            message = await asking.message("ask_approval", saying=f"Buy {what}?")
            await asking.press(message, "Approve", user="U0LEAD")
            await asking.ends(message, "go_on", "success")

        async def all_ended() -> bool:
            found = await asking.messages("ask_approval")
            return all("*Approve* by <@U0LEAD>" in shown_text(one) for one in found)

        await eventually(all_ended)
    assert len(await asking.messages("ask_approval")) == 3


async def test_what_is_open_is_asked_again_below_a_second_root_message(
    slack: Slack, asking: Asking, environment: dict[str, str]
) -> None:
    async with running_bot(environment):
        await slack.type("ask_each")
        first = await asking.message("ask_each", saying="First?")
        await asking.message("ask_each", saying="Second?")
        (root,) = await slack.roots("C0HIRING", "ask_each")
        await slack.http.post(
            "/slack/api/chat.delete",
            headers={"Authorization": f"Bearer {environment['SLACK_BOT_TOKEN']}"},
            data={"channel": "C0HIRING", "ts": root["ts"]},
        )
        await asking.answer_in_airflow(first, "yes", api=asking.airflow.api)

        async def asked_again() -> bool:
            roots = await slack.roots("C0HIRING", "ask_each")
            return any(
                one["ts"] != root["ts"] and "Second?" in shown_text(reply) and buttons(reply)
                for one in roots
                for reply in one["replies"]
            )

        await eventually(asked_again)
