"""Modals: opened with a trigger, filled in, answered, closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.tests.emulator.slack.views import (
    BUTTON,
    TEXT,
    Ack,
    Heard,
    Json,
    Open,
    error_of,
    field,
    home,
    modal,
    section,
)

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture
async def trigger_id(people: SlackPeople) -> str:
    """Of a command that no app heard, but which its person has just typed."""
    return str((await people.command())["trigger_id"])


async def test_a_trigger_opens_a_modal_for_the_one_who_acted(
    people: SlackPeople, client: AsyncWebClient, trigger_id: str
) -> None:
    opened = await client.views_open(trigger_id=trigger_id, view=modal(private_metadata="p"))

    view = await people.modal()
    assert view is not None
    assert view["id"] == opened["view"]["id"] == view["root_view_id"]
    assert (view["private_metadata"], view["previous_view_id"]) == ("p", None)
    assert await people.modal("U0LEAD") is None


async def test_a_trigger_is_good_once(client: AsyncWebClient, trigger_id: str) -> None:
    await client.views_open(trigger_id=trigger_id, view=modal())
    second = client.views_open(trigger_id=trigger_id, view=modal())
    assert await error_of(second) == "exchanged_trigger_id"


async def test_a_trigger_is_good_for_three_seconds(
    client: AsyncWebClient, trigger_id: str, talent_emulator: Emulator
) -> None:
    talent_emulator.advance(3.1)
    late = client.views_open(trigger_id=trigger_id, view=modal())
    assert await error_of(late) == "expired_trigger_id"


async def test_a_made_up_trigger_opens_nothing(client: AsyncWebClient) -> None:
    made_up = client.views_open(trigger_id="1.2.x", view=modal())
    assert await error_of(made_up) == "invalid_trigger_id"
    assert await error_of(client.api_call("views.open", json={"view": modal()})) == (
        "invalid_arguments"
    )


async def test_a_command_delivered_twice_opens_one_modal(
    people: SlackPeople, app: AsyncApp, connect: Connect, client: AsyncWebClient
) -> None:
    errors = []

    @app.command("/talent")
    async def open_form(ack: Ack, body: Json) -> None:
        await ack()
        try:
            await client.views_open(trigger_id=body["trigger_id"], view=modal())
        except SlackApiError as error:
            errors.append(error.response["error"])

    await connect(app)
    act = await people.command(redeliveries=1)

    assert len(act["deliveries"]) == 2
    assert len((await people.views())["modal"]) == 1
    assert errors == ["exchanged_trigger_id"]


async def test_a_refused_view_leaves_the_trigger_unused(
    client: AsyncWebClient, trigger_id: str
) -> None:
    wrong = client.views_open(trigger_id=trigger_id, view=modal(section("x" * 3001)))
    assert await error_of(wrong) == "invalid_arguments"
    await client.views_open(trigger_id=trigger_id, view=modal())


async def test_what_is_entered_arrives_under_block_and_action(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(
        field(TEXT, "one"),
        field({"type": "plain_text_input", "initial_value": "kept"}, "two"),
        field(TEXT, "three", optional=True),
    )

    act = await people.submit(view_id, {"one": "Ada"})

    assert (act["error"], act["view"]["id"]) == (None, None)
    (body,) = heard.bodies
    assert (body["type"], body["user"]["id"]) == ("view_submission", "U0RECRUIT")
    values = {key: block["a"]["value"] for key, block in body["view"]["state"]["values"].items()}
    assert values == {"one": "Ada", "two": "kept", "three": None}


@pytest.mark.parametrize("name", ["b", "a", "Label of b"])
async def test_an_input_can_be_called_by_any_of_its_names(
    people: SlackPeople, heard: Heard, open_modal: Open, name: str
) -> None:
    await people.submit(await open_modal(), {name: "Ada"})
    assert heard.bodies[0]["view"]["state"]["values"]["b"]["a"]["value"] == "Ada"


async def test_errors_of_the_app_are_shown_below_their_inputs(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal()
    heard.answer = {"response_action": "errors", "errors": {"b": "Not Ada again"}}
    act = await people.submit(view_id, {"b": "Ada"})

    assert (act["view"]["id"], act["view"]["errors"]) == (view_id, {"b": "Not Ada again"})
    view = await people.modal()
    assert view is not None
    assert view["state"]["values"]["b"]["a"]["value"] == "Ada"


async def test_an_error_for_no_input_is_no_answer(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(field(TEXT), section("x"))
    heard.answer = {"response_action": "errors", "errors": {"elsewhere": "No"}}
    act = await people.submit(view_id, {"b": "Ada"})
    assert (act["error"], act["view"]["id"]) == ("invalid_errors", view_id)
    assert "trouble connecting" in act["view"]["problem"]


async def test_the_answer_can_update_push_and_clear(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(section("one"))
    heard.answer = {"response_action": "update", "view": modal(section("two"))}
    updated = await people.submit(view_id)
    heard.answer = {"response_action": "push", "view": modal(section("three"))}
    pushed = await people.submit(view_id)
    heard.answer = {}
    popped = await people.submit(pushed["view"]["id"])
    heard.answer = {"response_action": "clear"}
    cleared = await people.submit(view_id)

    assert updated["view"]["id"] == view_id
    assert updated["view"]["stack"][0]["blocks"][0]["text"]["text"] == "two"
    assert [one["id"] for one in pushed["view"]["stack"]] == [view_id, pushed["view"]["id"]]
    assert pushed["view"]["stack"][1]["previous_view_id"] == view_id
    assert popped["view"]["id"] == view_id
    assert cleared["view"]["stack"] == []


async def test_an_answer_with_a_wrong_view_is_trouble(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(section("one"))
    heard.answer = {"response_action": "update", "view": modal(section("x" * 3001))}
    act = await people.submit(view_id)
    assert (act["error"], act["view"]["id"]) == ("invalid_arguments", view_id)
    assert "3001 characters" in str(act["response_metadata"]["messages"])


async def test_an_app_that_does_not_answer_leaves_the_form_as_it_was(
    people: SlackPeople, open_modal: Open
) -> None:
    view_id = await open_modal()
    act = await people.submit(view_id, {"b": "Ada"})
    assert (act["error"], act["view"]["id"]) == ("no_connection", view_id)
    assert "trouble connecting" in act["view"]["problem"]


async def test_only_three_views_lie_on_each_other(
    people: SlackPeople, client: AsyncWebClient, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal({"type": "actions", "elements": [BUTTON]})
    for _ in range(2):
        act = await people.choose(view_id, "go")
        pushed = await client.views_push(
            trigger_id=act["trigger_id"],
            view=modal({"type": "actions", "elements": [BUTTON]}),
        )
        view_id = pushed["view"]["id"]

    act = await people.choose(view_id, "go")
    fourth = client.views_push(trigger_id=act["trigger_id"], view=modal())
    assert await error_of(fourth) == "push_limit_reached"


async def test_a_trigger_from_elsewhere_pushes_nothing(
    client: AsyncWebClient, open_modal: Open, trigger_id: str
) -> None:
    await open_modal()
    push = client.views_push(trigger_id=trigger_id, view=modal())
    assert await error_of(push) == "not_found"


async def test_an_update_keeps_what_was_entered_into_the_same_input(
    people: SlackPeople, client: AsyncWebClient, heard: Heard, open_modal: Open
) -> None:
    more = {"type": "actions", "elements": [BUTTON]}
    view_id = await open_modal(field(TEXT), more)
    await people.choose(view_id, "go", values={"b": "Ada"})
    await client.views_update(
        view_id=view_id, view=modal(field(TEXT), field(TEXT, "new", optional=True))
    )

    view = await people.modal()

    assert heard.bodies[0]["view"]["state"]["values"]["b"]["a"]["value"] == "Ada"
    assert view is not None
    values = view["state"]["values"]
    assert (values["b"]["a"]["value"], values["new"]["a"]["value"]) == ("Ada", None)


async def test_another_first_value_needs_another_block_id(
    people: SlackPeople, client: AsyncWebClient, open_modal: Open
) -> None:
    def first(value: str) -> Json:
        return {**TEXT, "initial_value": value}

    view_id = await open_modal(field(first("old"), "same"), field(first("old"), "before"))
    await client.views_update(
        view_id=view_id, view=modal(field(first("new"), "same"), field(first("new"), "after"))
    )
    view = await people.modal()
    assert view is not None
    values = {name: block["a"]["value"] for name, block in view["state"]["values"].items()}
    assert values == {"same": "old", "after": "new"}


async def test_a_modal_opened_over_the_one_it_was_asked_in_is_not_seen(
    people: SlackPeople, client: AsyncWebClient, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal({"type": "actions", "elements": [BUTTON]})
    act = await people.choose(view_id, "go")
    opened = await client.views_open(trigger_id=act["trigger_id"], view=modal())
    seen = await people.modal()
    assert opened["ok"]
    assert seen is not None
    assert seen["id"] == view_id


async def test_a_command_opens_its_modal_whatever_else_is_open(
    people: SlackPeople, open_modal: Open
) -> None:
    await open_modal()
    second = await open_modal()
    assert [view["id"] for view in (await people.views())["modal"]] == [second]


async def test_an_update_of_what_has_changed_meanwhile_conflicts(
    client: AsyncWebClient, trigger_id: str
) -> None:
    opened = await client.views_open(trigger_id=trigger_id, view=modal())
    known = {"view_id": opened["view"]["id"], "hash": opened["view"]["hash"]}
    await client.views_update(view=modal(), **known)
    assert await error_of(client.views_update(view=modal(), **known)) == "hash_conflict"


async def test_a_view_is_found_by_the_apps_own_id(
    people: SlackPeople, client: AsyncWebClient, open_modal: Open
) -> None:
    view_id = await open_modal(external_id="mine")
    updated = await client.views_update(external_id="mine", view=modal(external_id="mine"))
    twin = client.views_publish(user_id="U0LEAD", view=home(external_id="mine"))
    assert updated["view"]["id"] == view_id
    assert await error_of(twin) == "duplicate_external_id"


async def test_a_closed_view_is_not_found(
    people: SlackPeople, client: AsyncWebClient, open_modal: Open
) -> None:
    view_id = await open_modal()
    await people.close(view_id)
    assert await error_of(client.views_update(view_id=view_id, view=modal())) == "not_found"
    with pytest.raises(SlackActRefused, match="view_not_found"):
        await people.submit(view_id)


@pytest.mark.parametrize(("notify", "told"), [(True, ["view_closed"]), (False, [])])
async def test_the_app_hears_of_closing_when_it_wants_to(
    people: SlackPeople, heard: Heard, open_modal: Open, notify: bool, told: list[str]
) -> None:
    await people.close(await open_modal(notify_on_close=notify))
    assert [body["type"] for body in heard.bodies] == told


async def test_nobody_fills_in_the_modal_of_another(people: SlackPeople, open_modal: Open) -> None:
    view_id = await open_modal()
    with pytest.raises(SlackActRefused, match="view_not_found"):
        await people.submit(view_id, {"b": "x"}, user="U0LEAD")


async def test_an_input_tells_of_itself_only_when_it_says_so(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    quiet = await people.choose(await open_modal(field(TEXT)), "a", "Ada")
    told = await people.choose(await open_modal(field(TEXT, dispatch_action=True)), "a", "Ada")

    assert quiet["deliveries"] == []
    assert quiet["view"]["stack"][0]["state"]["values"]["b"]["a"]["value"] == "Ada"
    assert len(told["deliveries"]) == 1
    (body,) = heard.bodies
    assert (body["actions"][0]["value"], body["container"]["type"]) == ("Ada", "view")


async def test_a_view_over_a_quarter_of_a_megabyte_is_too_large(
    client: AsyncWebClient, trigger_id: str
) -> None:
    large = modal(*(section("x" * 3000) for _ in range(90)))
    opened = client.views_open(trigger_id=trigger_id, view=large)
    assert await error_of(opened) == "view_too_large"
