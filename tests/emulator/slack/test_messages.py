"""What an app may say, change and read, and what Slack refuses."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople

HIRING = "C0HIRING"

REFUSED_POSTS: list[tuple[str, dict[str, Any]]] = [
    ("channel_not_found", {"channel": "C0NOWHERE", "text": "hi"}),
    ("not_in_channel", {"channel": "C0RANDOM", "text": "hi"}),
    ("is_archived", {"channel": "C0OLD", "text": "hi"}),
    ("channel_not_found", {"channel": "C0SECRET", "text": "hi"}),
    ("no_text", {"channel": HIRING}),
    ("no_text", {"channel": HIRING, "text": " \n "}),
    ("msg_too_long", {"channel": HIRING, "text": "x" * 40_001}),
    ("invalid_blocks_format", {"channel": HIRING, "blocks": "{not json"}),
    ("invalid_blocks", {"channel": HIRING, "blocks": [{"type": "nonsense"}]}),
    ("invalid_thread_ts", {"channel": HIRING, "text": "hi", "thread_ts": "1.000001"}),
    ("invalid_metadata_schema", {"channel": HIRING, "text": "hi", "metadata": {"event_type": "x"}}),
    ("invalid_metadata_format", {"channel": HIRING, "text": "hi", "metadata": "[1]"}),
    ("invalid_attachments", {"channel": HIRING, "text": "hi", "attachments": "[1]"}),
    (
        "metadata_too_large",
        {
            "channel": HIRING,
            "text": "hi",
            "metadata": {"event_type": "x", "event_payload": {"much": "x" * 17_000}},
        },
    ),
    (
        "msg_blocks_too_long",
        {
            "channel": HIRING,
            "blocks": [{"type": "markdown", "text": "x" * 7_000} for _ in range(2)],
        },
    ),
]


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


@pytest.mark.filterwarnings("ignore:The top-level `text`")
@pytest.mark.parametrize(("error", "message"), REFUSED_POSTS)
async def test_a_post_that_slack_refuses_is_refused(
    people: SlackPeople, client: AsyncWebClient, error: str, message: dict[str, Any]
) -> None:
    await people.channel_is("C0OLD", members=["U0BOT"], is_archived=True)
    await people.channel_is("C0SECRET", private=True, members=["U0LEAD"])

    assert await error_of(client.chat_postMessage(**message)) == error
    assert await people.messages(HIRING) == []


async def test_the_longest_text_is_taken(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=HIRING, text="x" * 40_000)
    assert posted["ok"]


async def test_a_channel_can_be_named(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="#hiring", text="hi")
    assert posted["channel"] == HIRING


async def test_a_message_to_a_user_goes_into_the_direct_message(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="U0GUEST", text="hi")
    opened = await client.conversations_open(users="U0GUEST")

    assert posted["channel"] == opened["channel"]["id"] == "D0GUEST"
    assert [one["text"] for one in await people.messages("D0GUEST")] == ["hi"]


@pytest.mark.parametrize(
    ("users", "error"),
    [
        ("", "users_list_not_supplied"),
        ("U0NOBODY", "user_not_found"),
        ("U0BOT", "cannot_dm_bot"),
        ("U0GONE", "user_disabled"),
    ],
)
async def test_a_direct_message_with_nobody_cannot_be_opened(
    people: SlackPeople, client: AsyncWebClient, users: str, error: str
) -> None:
    await people.user_is("U0GONE", is_deleted=True)
    assert await error_of(client.conversations_open(users=users)) == error


async def test_several_people_share_one_group_message(client: AsyncWebClient) -> None:
    first = await client.conversations_open(users=["U0LEAD", "U0RECRUIT"])
    second = await client.conversations_open(users=["U0RECRUIT", "U0LEAD"], return_im=True)

    assert first["channel"]["id"] == second["channel"]["id"]
    assert second["channel"]["is_mpim"]


async def test_the_same_client_msg_id_is_one_message(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    first = await client.chat_postMessage(channel=HIRING, text="once", client_msg_id="a-1")
    second = await client.chat_postMessage(channel=HIRING, text="twice", client_msg_id="a-1")

    assert first["ts"] == second["ts"]
    assert [one["text"] for one in await people.messages()] == ["once"]


async def test_client_msg_id_can_be_made_to_mean_nothing(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    for _ in range(2):
        await client.chat_postMessage(channel=HIRING, text="hi", client_msg_id="a-1")
    assert len(await people.messages()) == 2


async def test_an_update_of_the_text_keeps_the_metadata_but_not_the_blocks(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    divider = [{"type": "divider"}]
    metadata = {"event_type": "run", "event_payload": {"run": "r-1"}}
    posted = await client.chat_postMessage(
        channel=HIRING, text="Running", blocks=divider, metadata=metadata
    )
    updated = await client.chat_update(channel=HIRING, ts=posted["ts"], text="Done")

    assert (updated["ts"], updated["text"]) == (posted["ts"], "Done")
    (message,) = await people.messages()
    assert "blocks" not in message
    assert (message["metadata"], message["edits"]) == (metadata, 1)
    assert "edited" in message


@pytest.mark.filterwarnings("ignore:The top-level `text`")
async def test_an_update_with_no_blocks_takes_them_away(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=HIRING, text="a", blocks=[{"type": "divider"}])
    await client.chat_update(channel=HIRING, ts=posted["ts"], text="b", blocks=[])
    assert "blocks" not in (await people.messages())[0]


async def test_an_update_that_slack_refuses_is_refused(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    posted = await client.chat_postMessage(channel=HIRING, text="mine")
    whispered = await client.chat_postEphemeral(channel=HIRING, user="U0LEAD", text="psst")
    foreign = await people.say("theirs")

    async def refusal_of(ts: str, text: str = "new") -> str:
        return await error_of(client.chat_update(channel=HIRING, ts=ts, text=text))

    assert await refusal_of("1.000001") == "message_not_found"
    assert await refusal_of(whispered["message_ts"]) == "message_not_found"
    assert await refusal_of(foreign["ts"]) == "cant_update_message"
    assert await refusal_of(posted["ts"], "x" * 4_001) == "msg_too_long"
    talent_emulator.settings(slack={"edit_window_closed": True})
    assert await refusal_of(posted["ts"]) == "edit_window_closed"


async def test_a_deleted_root_leaves_its_thread_behind(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel=HIRING, text="root")
    await client.chat_postMessage(channel=HIRING, text="reply", thread_ts=root["ts"])
    lonely = await client.chat_postMessage(channel=HIRING, text="lonely")
    for posted in (root, lonely):
        await client.chat_delete(channel=HIRING, ts=posted["ts"])

    (message,) = await people.messages()
    assert message["subtype"] == "tombstone"
    assert [reply["text"] for reply in message["replies"]] == ["reply"]


async def test_only_ones_own_message_can_be_deleted(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    foreign = await people.say("theirs")
    refused = error_of(client.chat_delete(channel=HIRING, ts=foreign["ts"]))
    assert await refused == "cant_delete_message"


async def test_a_reply_to_a_reply_joins_the_same_thread(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel=HIRING, text="root")
    reply = await people.say("reply", thread_ts=root["ts"])
    await client.chat_postMessage(channel=HIRING, text="reply 2", thread_ts=reply["ts"])

    (message,) = await people.messages()
    assert [one["text"] for one in message["replies"]] == ["reply", "reply 2"]


@pytest.mark.parametrize(
    ("channel", "user", "error"),
    [
        (HIRING, "U0GUEST", "user_not_in_channel"),
        (HIRING, "U0NOBODY", "user_not_found"),
        ("C0RANDOM", "U0LEAD", "not_in_channel"),
    ],
)
async def test_a_whisper_to_somebody_who_is_not_there_is_refused(
    client: AsyncWebClient, channel: str, user: str, error: str
) -> None:
    assert await error_of(client.chat_postEphemeral(channel=channel, user=user, text="x")) == error


async def test_history_has_no_whispers_and_no_replies(client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=HIRING, text="root")
    await client.chat_postMessage(channel=HIRING, text="reply", thread_ts=root["ts"])
    await client.chat_postEphemeral(channel=HIRING, user="U0LEAD", text="psst")
    last = await client.chat_postMessage(channel=HIRING, text="last")

    history = await client.conversations_history(channel=HIRING)
    replies = await client.conversations_replies(channel=HIRING, ts=root["ts"])

    assert [message["text"] for message in history["messages"]] == ["last", "root"]
    assert history["messages"][1]["reply_count"] == 1
    assert [message["text"] for message in replies["messages"]] == ["root", "reply"]
    window = await client.conversations_history(
        channel=HIRING, oldest=root["ts"], latest=last["ts"], inclusive=True, limit=1
    )
    assert [message["text"] for message in window["messages"]] == ["last"]
    assert window["has_more"]


async def test_metadata_is_shown_only_to_who_asks(client: AsyncWebClient) -> None:
    metadata = {"event_type": "run", "event_payload": {"run": "r-1"}}
    await client.chat_postMessage(channel=HIRING, text="hi", metadata=metadata)

    plain = await client.conversations_history(channel=HIRING)
    full = await client.conversations_history(channel=HIRING, include_all_metadata=True)

    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata


async def test_a_long_list_comes_in_pages(people: SlackPeople, client: AsyncWebClient) -> None:
    for number in range(5):
        await people.say(f"message {number}")
    texts: list[str] = []
    async for page in await client.conversations_history(channel=HIRING, limit=2):
        texts += [message["text"] for message in page["messages"]]
    assert texts == [f"message {number}" for number in (4, 3, 2, 1, 0)]


async def test_what_the_app_cannot_see_is_not_listed(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    await people.channel_is("C0SECRET", private=True, members=["U0LEAD"])
    listed = await client.conversations_list(types="public_channel,private_channel")

    assert {one["id"] for one in listed["channels"]} == {"C0GENERAL", "C0HIRING", "C0RANDOM"}
    assert await error_of(client.conversations_info(channel="C0SECRET")) == "channel_not_found"
    assert await error_of(client.conversations_history(channel="C0RANDOM")) == "not_in_channel"


async def test_people_conversations_and_groups_are_described(client: AsyncWebClient) -> None:
    guest = await client.users_info(user="U0GUEST")
    hiring = await client.conversations_info(channel=HIRING)
    random = await client.conversations_info(channel="C0RANDOM")
    members = await client.conversations_members(channel=HIRING)
    group = await client.usergroups_users_list(usergroup="S0RECRUITERS")
    me = await client.auth_test()
    bot = await client.bots_info(bot=me["bot_id"])

    assert guest["user"]["is_restricted"]
    assert (hiring["channel"]["is_private"], hiring["channel"]["is_member"]) == (True, True)
    assert (random["channel"]["is_private"], random["channel"]["is_member"]) == (False, False)
    assert members["members"] == ["U0RECRUIT", "U0LEAD", "U0APPROVE", "U0BOT"]
    assert group["users"] == ["U0RECRUIT", "U0LEAD"]
    assert (me["team_id"], me["user_id"]) == ("T0EMULATOR", "U0BOT")
    assert bot["bot"]["app_id"] == "A0TALENT"
    assert await error_of(client.usergroups_users_list(usergroup="S0X")) == "no_such_subteam"


async def test_a_reaction_counts_once(people: SlackPeople, client: AsyncWebClient) -> None:
    said = await people.say("good?")
    await client.reactions_add(channel=HIRING, timestamp=said["ts"], name="+1")

    again = client.reactions_add(channel=HIRING, timestamp=said["ts"], name="+1")
    assert await error_of(again) == "already_reacted"
    (message,) = await people.messages()
    assert message["reactions"] == [{"name": "+1", "users": ["U0BOT"], "count": 1}]


async def test_a_permalink_leads_to_the_message_on_the_page(
    people: SlackPeople, client: AsyncWebClient
) -> None:
    said = await people.say("here")
    link = await client.chat_getPermalink(channel=HIRING, message_ts=said["ts"])
    assert link["permalink"].endswith(f"/slack/archives/C0HIRING/p{said['ts'].replace('.', '')}")
