"""The App Home: published for one person, opened by that person."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.tests.emulator.slack.views import (
    BUTTON,
    TEXT,
    Heard,
    Json,
    error_of,
    field,
    home,
    modal,
    section,
)

BUTTONS = {"type": "actions", "elements": [BUTTON]}


async def test_opening_the_home_tells_the_app_who_looks(people: SlackPeople, heard: Heard) -> None:
    opened = await people.home()
    (body,) = heard.bodies
    assert (opened["home"], body["event"]["tab"]) == (None, "home")
    assert (body["event"]["user"], body["event"]["channel"]) == ("U0RECRUIT", "D0RECRUIT")


async def test_an_app_that_is_not_subscribed_hears_nothing(
    people: SlackPeople, heard: Heard, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"events": []})
    assert (await people.home())["events"] == []
    assert heard.bodies == []


async def test_each_person_has_a_home_of_their_own(
    people: SlackPeople, client: AsyncWebClient, heard: Heard
) -> None:
    first = await client.views_publish(user_id="U0RECRUIT", view=home())
    second = await client.views_publish(user_id="U0RECRUIT", view=home(section("Again")))
    opened = await people.home()

    assert first["view"]["id"] == second["view"]["id"] == opened["home"]["id"]
    assert opened["home"]["blocks"][0]["text"]["text"] == "Again"
    assert heard.bodies[0]["event"]["view"]["id"] == opened["home"]["id"]
    assert (await people.views("U0LEAD"))["home"] is None


async def test_an_old_hash_does_not_overwrite_a_newer_home(client: AsyncWebClient) -> None:
    old = await client.views_publish(user_id="U0LEAD", view=home())
    await client.views_publish(user_id="U0LEAD", view=home())
    late = client.views_publish(user_id="U0LEAD", view=home(), hash=old["view"]["hash"])
    assert await error_of(late) == "hash_conflict"


@pytest.mark.parametrize("user", ["U0NOBODY", "U0BOT", ""])
async def test_nobodys_home_cannot_be_published(client: AsyncWebClient, user: str) -> None:
    with pytest.raises(SlackApiError, match="invalid_arguments") as refused:
        await client.views_publish(user_id=user, view=home())
    assert "invalid `user_id`" in str(refused.value.response["response_metadata"])


async def test_without_a_home_tab_nothing_is_published_and_opened(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"home_tab": False})
    with pytest.raises(SlackActRefused, match="not_enabled"):
        await people.home()
    assert await error_of(client.views_publish(user_id="U0LEAD", view=home())) == "not_enabled"


async def test_a_button_in_the_home_brings_a_trigger_for_a_modal(
    people: SlackPeople, client: AsyncWebClient, heard: Heard
) -> None:
    published = await client.views_publish(user_id="U0RECRUIT", view=home(BUTTONS, field(TEXT)))
    home_id = published["view"]["id"]
    act = await people.choose(home_id, "go", values={"b": "Ada"})
    await client.views_open(trigger_id=act["trigger_id"], view=modal())

    (body,) = heard.bodies
    assert (body["view"]["type"], body["container"]["view_id"]) == ("home", home_id)
    assert body["view"]["state"]["values"]["b"]["a"]["value"] == "Ada"
    assert "response_url" not in body
    with pytest.raises(SlackActRefused, match="view_not_found"):
        await people.choose(home_id, "go")  # the modal hides it


async def test_a_person_cannot_press_in_the_home_of_another(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    published = await client.views_publish(user_id="U0LEAD", view=home(BUTTONS))
    with pytest.raises(SlackActRefused, match="view_not_found"):
        await people.choose(published["view"]["id"], "go")


@pytest.mark.parametrize(
    "view",
    [
        {**home(), "submit": {"type": "plain_text", "text": "Send"}},
        {**home(), "close": {"type": "plain_text", "text": "Close"}},
        home({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}),
        home(field({"type": "file_input"})),
        modal(),
    ],
    ids=["submit", "close", "table", "file input", "modal"],
)
async def test_what_is_no_home_is_refused(client: AsyncWebClient, view: Json) -> None:
    published = client.views_publish(user_id="U0LEAD", view=view)
    assert await error_of(published) == "invalid_arguments"
