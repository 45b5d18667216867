"""A run asks for approval, and gets it or not."""

from __future__ import annotations

import asyncio

import pytest

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.slackbot.approvals.conftest import Asking, button, buttons
from airflow_talent.tests.slackbot.conftest import Slack, eventually, markup_of, shown_text

pytestmark = pytest.mark.usefixtures("bot")


async def test_an_approval_is_given_by_a_button(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_approval what='a < b'")
    message = await asking.message("ask_approval")

    assert "Buy a < b?" in shown_text(message)
    assert "It is for **all** of us." in shown_text(message)
    assert "<@U0RECRUIT>: it waits for your answer." in shown_text(message)
    assert button(message, "Approve")["style"] == "primary"
    assert button(message, "Reject")["style"] == "danger"
    acted = await asking.press(message, "Approve", user="U0LEAD")

    assert acted["error"] is None
    ended = await asking.message("ask_approval", saying="*Approve* by <@U0LEAD>")
    assert buttons(ended) == []
    assert "Buy a < b?" in shown_text(ended)
    await asking.ends(message, "go_on", "success")
    assert len(await asking.messages("ask_approval")) == 1


async def test_a_rejection_skips_what_follows(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    await asking.press(message, "Reject")

    await asking.message("ask_approval", saying=":no_entry_sign:  *Reject* by <@U0RECRUIT>")
    await asking.ends(message, "go_on", "skipped")


async def test_whoever_is_second_is_told_who_was_faster(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    await asyncio.gather(
        asking.press(message, "Approve", user="U0LEAD"),
        asking.press(message, "Reject", user="U0APPROVE"),
    )

    ended = await asking.message("ask_approval", saying=" by <@")
    is_approved = "*Approve* by <@U0LEAD>" in shown_text(ended)
    loser = "U0APPROVE" if is_approved else "U0LEAD"
    told = await asking.told(loser, about="no longer open")
    assert ("*Approve* by <@U0LEAD>" if is_approved else "*Reject* by <@U0APPROVE>") in told
    answer = asking.answer_of(message)
    assert answer["chosen_options"] == ["Approve" if is_approved else "Reject"]


async def test_an_impatient_person_answers_once(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    await asking.press(message, "Approve", deliveries=3)

    await asking.message("ask_approval", saying="*Approve* by <@U0RECRUIT>")
    await asking.ends(message, "go_on", "success")
    assert "*Approve* by <@U0RECRUIT>" in await asking.told(about="no longer open")


async def test_an_answer_given_in_airflow_is_shown(
    slack: Slack, asking: Asking, workflows: LocalAirflow
) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    await asking.answer_in_airflow(message, "Approve", api=workflows.admin_api)

    await asking.press(message, "Reject")

    assert "*Approve* by admin, in Airflow" in await asking.told(about="no longer open")
    ended = await asking.message("ask_approval", saying="*Approve* by admin, in Airflow")
    assert buttons(ended) == []


@pytest.mark.parametrize(
    ("dag_id", "words"),
    [
        ("ask_shortly", ":alarm_clock:  Nobody answered in time."),
        ("ask_with_default", ":alarm_clock:  Nobody answered in time, so *Reject* was taken"),
    ],
)
async def test_a_question_that_nobody_answers_in_time_is_closed(
    slack: Slack, asking: Asking, dag_id: str, words: str
) -> None:
    await slack.type(dag_id)
    message = await asking.message(dag_id)
    ended = await asking.message(dag_id, saying="Nobody answered")

    assert words in shown_text(ended)
    assert buttons(message)
    assert buttons(ended) == []


async def test_a_cancelled_run_asks_nothing_more(
    slack: Slack, asking: Asking, workflows: LocalAirflow
) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    run = message["metadata"]["event_payload"]
    path = f"/dags/{run['dag_id']}/dagRuns/{run['run_id']}"
    await asyncio.to_thread(workflows.api.patch, path, {"state": "failed"})
    await asking.press(message, "Approve")

    assert "No longer asked" in await asking.told(about="no longer open")
    await asking.message("ask_approval", saying="No longer asked")
    assert not asking.answer_of(message)["response_received"]


async def test_a_deleted_run_leaves_no_question(
    slack: Slack, asking: Asking, workflows: LocalAirflow
) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    run = message["metadata"]["event_payload"]
    path = f"/dags/{run['dag_id']}/dagRuns/{run['run_id']}"
    await asyncio.to_thread(workflows.api.patch, path, {"state": "failed"})
    await asyncio.to_thread(workflows.admin_api.request, "DELETE", path)
    await asking.press(message, "Approve")

    assert "gone, with its run" in await asking.told(about="no longer open")
    await asking.message("ask_approval", saying="gone, with its run")


async def test_a_cleared_task_asks_anew_and_old_buttons_do_nothing(
    slack: Slack, asking: Asking, workflows: LocalAirflow
) -> None:
    await slack.type("ask_approval what=it")
    message = await asking.message("ask_approval")
    run = message["metadata"]["event_payload"]
    await asyncio.to_thread(workflows.api.clear, run["dag_id"], run["run_id"], "approve")
    await asking.press(message, "Approve")
    assert "asks anew" in await asking.told(about="no longer open")
    await asking.message("ask_approval", saying="asks anew")

    async def both() -> bool:
        return len(await asking.messages("ask_approval")) == 2

    await eventually(both)
    assert not asking.answer_of(message)["response_received"]
    (second,) = [one for one in await asking.messages("ask_approval") if buttons(one)]
    await asking.press(second, "Approve")
    await asking.ends(message, "go_on", "success")


async def test_what_authors_and_values_say_pings_and_links_nothing(
    slack: Slack, asking: Asking
) -> None:
    await slack.type("ask_nasty")
    message = await asking.message("ask_nasty")

    assert "<!channel>" in shown_text(message)
    shown = markup_of(message)
    assert "<!channel>" not in shown
    assert "<@U0LEAD>" not in shown
    assert "<https://evil" not in shown
    assert "@channel" not in shown
    assert "There is more of it than fits here" in shown
    await asking.press(message, "Approve")
    await asking.message("ask_nasty", saying="*Approve* by <@U0RECRUIT>")


async def test_each_mapped_task_asks_for_itself(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_each")
    first = await asking.message("ask_each", saying="First?")
    second = await asking.message("ask_each", saying="Second?")
    await asking.press(second, "no")

    await asking.message("ask_each", saying="*no* by <@U0RECRUIT>")
    assert buttons(first)
    await asking.press(first, "yes")
    await asking.message("ask_each", saying="*yes* by <@U0RECRUIT>")


async def test_a_branch_is_chosen_by_its_option(slack: Slack, asking: Asking) -> None:
    await slack.type("ask_branch")
    message = await asking.message("ask_branch")
    await asking.press(message, "right")

    await asking.ends(message, "go_right", "success")
    assert (await asking.task(message, "go_left"))["state"] == "skipped"
