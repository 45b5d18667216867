"""Questions that need more than a press: menus, several options, values."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.tests.slackbot.approvals.conftest import Asking, buttons
from airflow_talent.tests.slackbot.conftest import Slack, eventually, modal, shown_text

pytestmark = pytest.mark.usefixtures("bot")


async def open_form(slack: Slack, asking: Asking, dag_id: str, saying: str) -> dict[str, Any]:
    await slack.type(dag_id)
    message = await asking.message(dag_id)
    assert [one["text"]["text"] for one in buttons(message)] == ["Answer …"]
    await asking.press(message, "Answer …")
    return await modal(asking.people, saying=saying)


async def result(slack: Slack, dag_id: str) -> str:
    async def look() -> str:
        found = [shown_text(one) for one in await slack.replies("C0HIRING", dag_id)]
        return next((text for text in found if text.startswith("chosen")), "")

    return await eventually(look)


async def test_many_and_long_options_are_chosen_in_a_form(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    view = await open_form(slack, asking, "ask_choice", "Which road?")

    assert "7. Take road number 7, which goes on and on Take road" in shown_text(view)
    await people.submit(view["id"], {"talent_chosen": "2"})

    ended = await asking.message("ask_choice", saying="by <@U0RECRUIT>")
    assert "*Take road number 3" in shown_text(ended)
    assert "chosen ['Take road number 3" in await result(slack, "ask_choice")
    await modal(people, saying="by <@U0RECRUIT>")


async def test_several_options_are_chosen_at_once(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    view = await open_form(slack, asking, "ask_several", "Which ones?")
    await people.submit(view["id"], {"talent_chosen": ["0", "2"]})

    await asking.message("ask_several", saying="*a, c* by <@U0RECRUIT>")
    assert await result(slack, "ask_several") == "chosen ['a', 'c'] values {}"


async def test_values_are_entered_and_all_of_them_given(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    view = await open_form(slack, asking, "ask_entry", "Who and how much?")
    assert view["submit"]["text"] == "OK"

    refused = await people.submit(view["id"], {"field.name": "x", "field.times": "3"})
    assert "at least 2 characters" in refused["view"]["errors"]["field.name"]
    await people.submit(view["id"], {"field.name": "Ann", "field.times": "3"})

    await asking.message("ask_entry", saying="*OK* by <@U0RECRUIT>")
    told = await result(slack, "ask_entry")
    assert told == "chosen ['OK'] values {'name': 'Ann', 'times': 3, 'note': None}"


async def test_who_fills_in_a_form_for_too_long_is_told_who_was_faster(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    view = await open_form(slack, asking, "ask_several", "Which ones?")
    message = await asking.message("ask_several")
    await asking.press(message, "Answer …", user="U0LEAD")

    async def of_lead() -> dict[str, Any] | None:
        found = await people.modal("U0LEAD")
        return found if found and "Which ones?" in shown_text(found) else None

    leads = await eventually(of_lead)
    assert leads
    await people.submit(leads["id"], {"talent_chosen": ["1"]}, user="U0LEAD")
    await asking.message("ask_several", saying="*b* by <@U0LEAD>")
    await people.submit(view["id"], {"talent_chosen": ["0"]})

    assert "*b* by <@U0LEAD>" in shown_text(await modal(people, saying="no longer open"))
    assert asking.answer_of(message)["chosen_options"] == ["b"]


async def test_a_form_sent_twice_answers_once(
    slack: Slack, asking: Asking, people: SlackPeople
) -> None:
    view = await open_form(slack, asking, "ask_several", "Which ones?")
    await people.submit(view["id"], {"talent_chosen": ["0"]}, deliveries=2)

    await asking.message("ask_several", saying="*a* by <@U0RECRUIT>")
    assert await result(slack, "ask_several") == "chosen ['a'] values {}"
