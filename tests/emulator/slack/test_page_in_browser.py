"""The Slack page in a real browser, with a real Bolt app at its other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.tests.browser import SlackPage, open_slack

Json = dict[str, Any]
Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]

ATTACK = '"><img src=x onerror="window.attacked=1"><script>window.attacked=1</script>'


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


def button(action: str, name: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action, "text": plain(name), **more}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def ask(block_id: str, label: str, kind: str, **more: Any) -> Json:
    optional = more.pop("optional", False)
    hint = {"hint": plain(more.pop("hint"))} if "hint" in more else {}
    element = {"type": kind, "action_id": "value", **more}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "optional": optional,
        "element": element,
        **hint,
    }


def modal(*blocks: Json, title: str = "Reference check", **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "blocks": [*blocks],
        **more,
    }


STAGES = options("Screening", "Interview", "Offer")
NAME = ask("name", "Candidate", "plain_text_input", placeholder=plain("First and last name"))
EVERY_FIELD = (
    section("Asks a candidate's referees and keeps *their report*."),
    NAME,
    ask("mail", "E-mail", "email_text_input", hint="The candidate gets a mail there."),
    ask("page", "Profile", "url_text_input", optional=True),
    ask("many", "Referees", "number_input", is_decimal_allowed=False, initial_value="2"),
    ask("note", "Notes", "plain_text_input", multiline=True, optional=True),
    ask("stage", "Stage", "static_select", options=STAGES, initial_option=STAGES[1]),
    ask("speak", "Languages", "multi_static_select", options=options("English", "German")),
    ask("mode", "Mode", "radio_buttons", options=options("Quick", "Thorough")),
    ask("agree", "Consent", "checkboxes", options=options("Given"), optional=True),
    ask("day", "Starts on", "datepicker", initial_date="2026-12-01"),
    ask("hour", "At", "timepicker", initial_time="09:30"),
    ask("until", "Deadline", "datetimepicker"),
    ask("who", "Reviewer", "users_select", optional=True),
    ask("opening", "Opening", "external_select", min_query_length=1, optional=True),
    ask("cv", "CV", "file_input", filetypes=["pdf"], max_files=1),
)
APPROVAL = (
    {"type": "header", "text": plain("Offer for Ada Ray")},
    section("*Salary* 52,000\n*From* 1 December"),
    {
        "type": "actions",
        "block_id": "answer",
        "elements": [
            button("approve", "Approve", style="primary"),
            button(
                "reject",
                "Reject",
                style="danger",
                confirm={
                    "title": plain("Reject this offer?"),
                    "text": {"type": "mrkdwn", "text": "The candidate *is told*."},
                    "confirm": plain("Reject it"),
                    "deny": plain("Keep"),
                    "style": "danger",
                },
            ),
            {
                "type": "static_select",
                "action_id": "later",
                "placeholder": plain("Ask again…"),
                "options": options("Tomorrow", "Monday"),
            },
            {"type": "overflow", "action_id": "more", "options": options("Hide", "Mute")},
        ],
    },
)


class TinyApp:
    """An app that opens the given modal, notes what it is told, and answers as it is told."""

    def __init__(self, app: AsyncApp) -> None:
        self.app = app
        self.form: Json = modal(NAME, submit=plain("Start"))
        self.home: tuple[Json, ...] = (section("Your workflows"), *APPROVAL)
        self.answer: Callable[[Json], Json] = lambda values: {}
        self.submitted: list[Json] = []
        self.told: list[tuple[str, Any]] = []
        app.command("/talent")(self._open)
        app.shortcut("talent_open")(self._open)
        app.shortcut("talent_screen")(self._screen)
        app.view("form")(self._submit)
        app.view_closed("form")(self._close)
        app.options("value")(self._suggest)
        app.action({"block_id": "answer"})(self._use)
        app.event("app_home_opened")(self._publish)

    async def _open(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        loading = modal(section(":hourglass_flowing_sand: One moment …"), title="Talent")
        opened = await client.views_open(trigger_id=body["trigger_id"], view=loading)
        await client.views_update(view_id=opened["view"]["id"], view=self.form)

    async def _screen(self, ack: Any, shortcut: Json, client: AsyncWebClient) -> None:
        await ack()
        (file,) = shortcut["message"]["files"]
        view = modal(section(f"Screen {file['name']}?"), title="Screen this CV")
        await client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    async def _submit(self, ack: Any, view: Json) -> None:
        values = {name: fields["value"] for name, fields in view["state"]["values"].items()}
        self.submitted.append(values)
        await ack(**self.answer(values))

    async def _close(self, ack: Any, body: Json) -> None:
        await ack()
        self.told.append(("closed", body["is_cleared"]))

    async def _suggest(self, ack: Any, payload: Json) -> None:
        openings = options("Engineer", "Editor", "Sales")
        typed = payload["value"].lower()
        await ack(options=[one for one in openings if one["value"].startswith(typed)])

    async def _use(self, ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        (action,) = body["actions"]
        chosen = action.get("selected_option", {}).get("value")
        self.told.append((action["action_id"], chosen))
        if action["action_id"] == "approve" and body.get("message"):
            await client.chat_update(
                channel=body["channel"]["id"],
                ts=body["message"]["ts"],
                text="approved",
                blocks=[section(f":white_check_mark: Approved by <@{body['user']['id']}>")],
            )

    async def _publish(self, event: Json, client: AsyncWebClient) -> None:
        blocks = [*self.home, section(f"Only <@{event['user']}> sees this")]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


@pytest.fixture
async def tiny(app: AsyncApp, connect: Connect) -> TinyApp:
    tiny = TinyApp(app)
    await connect(app)
    return tiny


@pytest.fixture
async def slack(talent_emulator: Emulator, tiny: TinyApp) -> AsyncIterator[SlackPage]:
    async with open_slack(talent_emulator.url) as slack:
        yield slack


async def test_every_field_of_a_form_reaches_the_app(
    slack: SlackPage, tiny: TinyApp, tmp_path: Path
) -> None:
    cv = tmp_path / "cv-ada.pdf"
    cv.write_bytes(b"%PDF-1.4")
    tiny.form = modal(*EVERY_FIELD, submit=plain("Start"))

    await slack.type_command("reference_check")
    await slack.shows("Asks a candidate's referees")
    await slack.fill("Candidate", "Ada Ray")
    await slack.fill("E-mail", "ada@people.test")
    await slack.fill("Profile", "https://people.test/ada")
    await slack.fill("Referees", 3)
    await slack.fill("Notes", "two\nlines")
    await slack.fill("Stage", "Offer")
    await slack.fill("Languages", ["English", "German"])
    await slack.fill("Mode", "Thorough")
    await slack.fill("Consent", ["Given"])
    await slack.fill("Starts on", "2026-12-24")
    await slack.fill("At", "17:45")
    await slack.fill("Deadline", "2026-12-31T12:00")
    await slack.fill("Reviewer", "Lee Lead")
    await slack.fill("Opening", "Editor")
    await slack.fill("CV", cv)
    await slack.screenshot("form-filled")
    await slack.submit()
    await slack.closes()

    (values,) = tiny.submitted
    assert values["cv"]["files"][0]["name"] == "cv-ada.pdf"
    assert {name: _bare(value) for name, value in values.items() if name != "cv"} == {
        "name": "Ada Ray",
        "mail": "ada@people.test",
        "page": "https://people.test/ada",
        "many": "3",
        "note": "two\nlines",
        "stage": "offer",
        "speak": ["english", "german"],
        "mode": "thorough",
        "agree": ["given"],
        "day": "2026-12-24",
        "hour": "17:45",
        "until": 1798718400,
        "who": "U0LEAD",
        "opening": "editor",
    }


def _bare(field: Json) -> Any:
    (value,) = (value for name, value in field.items() if name != "type")
    match value:
        case {"value": chosen}:
            return chosen
        case list():
            return [option["value"] for option in value]
        case _:
            return value


async def test_a_mistake_is_shown_below_its_field_and_nothing_typed_is_lost(
    slack: SlackPage, tiny: TinyApp
) -> None:
    tiny.form = modal(NAME, *EVERY_FIELD[2:4], submit=plain("Start"))
    tiny.answer = lambda values: {
        "response_action": "errors",
        "errors": {"mail": "Nobody has this address."},
    }
    await slack.type_command()
    await slack.fill("E-mail", "nobody")
    await slack.submit()
    await slack.shows("Please complete this required field.")
    await slack.shows("Please enter a valid e-mail address.")
    assert tiny.submitted == []

    await slack.fill("Candidate", "Ada Ray")
    await slack.fill("E-mail", "nobody@people.test")
    await slack.submit()

    await slack.shows("Nobody has this address.")
    await slack.shows_no("Please complete this required field.")
    await expect(slack.field("Candidate")).to_have_value("Ada Ray")
    await expect(slack.field("E-mail")).to_be_focused()
    await expect(slack.field("E-mail")).to_have_attribute("aria-invalid", "true")
    await slack.screenshot("form-mistake")


async def test_a_form_of_two_pages_can_be_gone_through_and_back(
    slack: SlackPage, tiny: TinyApp
) -> None:
    second = modal(EVERY_FIELD[2], title="Page 2", submit=plain("Start"), close=plain("Back"))
    tiny.form = modal(NAME, submit=plain("Next"))
    tiny.answer = lambda values: (
        {"response_action": "push", "view": second}
        if "name" in values
        else {"response_action": "clear"}
    )
    await slack.type_command()
    await slack.fill("Candidate", "Ada Ray")
    await slack.submit()
    await expect(slack.field("E-mail")).to_be_focused()
    await slack.screenshot("form-second-page")

    await slack.modal.locator("footer").get_by_role("button", name="Back").click()
    await expect(slack.field("Candidate")).to_have_value("Ada Ray")
    await slack.submit()
    await slack.fill("E-mail", "ada@people.test")
    await slack.page.keyboard.press("Enter")
    await slack.closes()
    assert [sorted(values) for values in tiny.submitted] == [["name"], ["name"], ["mail"]]


async def test_escape_closes_the_modal_and_gives_the_line_to_write_in_back(
    slack: SlackPage, tiny: TinyApp
) -> None:
    tiny.form = modal(NAME, submit=plain("Start"), notify_on_close=True)
    await slack.type_command()
    await expect(slack.field("Candidate")).to_be_focused()
    await slack.page.keyboard.press("Escape")
    await slack.closes()
    await expect(slack.page.get_by_label("Message or command")).to_be_focused()
    assert tiny.told == [("closed", True)]


async def test_the_keyboard_is_enough(
    slack: SlackPage, tiny: TinyApp, client: AsyncWebClient
) -> None:
    keyboard = slack.page.keyboard
    tiny.form = modal(NAME, *EVERY_FIELD[5:8], submit=plain("Start"))
    await keyboard.type("/talent")
    await keyboard.press("Enter")
    await expect(slack.field("Candidate")).to_be_focused()
    await keyboard.type("Ada")
    await keyboard.press("Tab")
    await keyboard.type("two")
    await keyboard.press("Enter")
    await keyboard.type("lines")
    await keyboard.press("Tab")
    await keyboard.press("Tab")
    await keyboard.press("Space")
    await keyboard.press("Tab")
    await keyboard.press("Shift+Tab")
    await keyboard.press("Enter")
    await slack.closes()
    (values,) = tiny.submitted
    assert [_bare(values[name]) for name in ("note", "speak")] == ["two\nlines", ["english"]]

    await client.chat_postMessage(channel="C0HIRING", text="offer", blocks=[*APPROVAL])
    await slack.page.get_by_role("button", name="Reject").focus()
    await keyboard.press("Enter")
    await expect(slack.page.get_by_role("button", name="Keep")).to_be_focused()
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await slack.shows_no("Reject this offer?")
    assert tiny.told == [("reject", None)]


async def test_an_app_that_does_not_answer_is_told_in_the_modal(
    slack: SlackPage, tiny: TinyApp, talent_emulator: Emulator
) -> None:
    tiny.form = modal(NAME, submit=plain("Start"), callback_id="nobody_listens")
    await slack.type_command()
    await slack.fill("Candidate", "Ada Ray")
    talent_emulator.settings(slack={"ack_timeout": 0.2})
    await slack.submit()
    await slack.shows("We had some trouble connecting. Try again?")
    await expect(slack.field("Candidate")).to_have_value("Ada Ray")


async def test_what_the_app_changes_meanwhile_leaves_what_is_typed(
    slack: SlackPage, tiny: TinyApp, client: AsyncWebClient, people: SlackPeople
) -> None:
    tiny.form = modal(NAME, submit=plain("Start"), external_id="mine")
    await slack.type_command()
    await slack.fill("Candidate", "Ada R")
    more = modal(section("And one thing more"), NAME, EVERY_FIELD[2], submit=plain("Start"))
    await client.views_update(external_id="mine", view=more)
    await slack.shows("And one thing more")
    await expect(slack.field("Candidate")).to_be_focused()
    await slack.page.keyboard.type("ay")
    await expect(slack.field("Candidate")).to_have_value("Ada Ray")


async def test_a_message_is_acted_on_and_changes_in_place(
    slack: SlackPage, tiny: TinyApp, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0HIRING", text="offer", blocks=[*APPROVAL])
    await slack.shows("Offer for Ada Ray")
    await slack.press("Reject")
    await expect(slack.page.get_by_role("dialog", name="Reject this offer?")).to_be_visible()
    await slack.screenshot("confirm")
    await slack.page.keyboard.press("Escape")
    assert tiny.told == []

    await slack.press("Reject", confirm="Reject it")
    await slack.fill("Ask again…", "Monday")
    await slack.message("Offer").hover()
    await slack.message("Offer").locator(".body").get_by_label("More actions").click()
    await slack.screenshot("overflow")
    await slack.press("Mute")
    await slack.press("Approve")
    await slack.shows("Approved by @recruiter")
    await slack.shows_no("Offer for Ada Ray")
    assert tiny.told == [
        ("reject", None),
        ("later", "monday"),
        ("more", "mute"),
        ("approve", None),
    ]


async def test_each_person_sees_only_their_own(
    slack: SlackPage, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    await client.chat_postEphemeral(channel="C0GENERAL", user="U0RECRUIT", text="for Robin only")
    opened = await client.conversations_open(users="U0RECRUIT")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="a private result")
    await slack.look(user="U0RECRUIT", channel="C0GENERAL")
    await slack.shows("for Robin only")
    await slack.page.locator(".side").get_by_role("link", name="Talent").click()
    await slack.shows("a private result")

    await slack.page.get_by_text("You are").click()
    await slack.screenshot("people")
    await slack.page.get_by_role("link", name="Gale Guest").click()
    await slack.look(user="U0GUEST", channel="C0GENERAL")
    await slack.shows_no("for Robin only")
    for channel in ("C0HIRING", "D0RECRUIT"):
        await slack.look(user="U0GUEST", channel=channel)
        await slack.shows_no("hiring")
        await slack.shows_no("a private result")


async def test_news_elsewhere_are_marked(slack: SlackPage, client: AsyncWebClient) -> None:
    opened = await client.conversations_open(users="U0RECRUIT")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="done")
    direct = slack.page.locator(".side").get_by_role("link", name="Talent")
    await expect(direct).to_have_class("news")
    await direct.click()
    await slack.shows("done")
    await expect(direct).not_to_have_class("news")


async def test_the_home_is_each_persons_own_and_can_be_acted_on(
    slack: SlackPage, tiny: TinyApp
) -> None:
    await slack.open_home()
    await slack.shows("Only @recruiter sees this")
    await slack.press("Approve")
    await slack.fill("Ask again…", "Tomorrow")
    await slack.screenshot("home")
    assert tiny.told == [("approve", None), ("later", "tomorrow")]
    await slack.press("Messages")
    await slack.shows("Nothing said here yet")


async def test_shortcuts_start_from_the_line_and_from_a_message(
    slack: SlackPage, tiny: TinyApp, tmp_path: Path
) -> None:
    await slack.use_shortcut("Start a workflow")
    await slack.shows("Candidate")
    await slack.page.keyboard.press("Escape")

    cv = tmp_path / "cv-ada.pdf"
    cv.write_bytes(b"%PDF-1.4")
    await slack.attach(cv, text="please look")
    await slack.shows("cv-ada.pdf")
    await slack.use_shortcut("Screen this CV", message="please look")
    await slack.shows("Screen cv-ada.pdf?")
    await slack.screenshot("message-shortcut")


async def test_a_reply_goes_into_the_thread(slack: SlackPage, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0HIRING", text="A run has started")
    await slack.shows("A run has started")
    await slack.reply("thank you", to="A run has started")
    await slack.shows("thank you")
    thread = await client.conversations_replies(channel="C0HIRING", ts=root["ts"])
    assert [message["text"] for message in thread["messages"]] == [
        "A run has started",
        "thank you",
    ]


async def test_text_of_others_runs_nothing_anywhere(
    slack: SlackPage, tiny: TinyApp, client: AsyncWebClient
) -> None:
    short = ATTACK[:70]
    choices = [{"text": plain(short), "value": ATTACK, "description": plain(short)}]
    asked = {
        "title": plain(short),
        "text": plain(ATTACK),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    everything = [
        section(ATTACK, accessory=button(ATTACK, short, value=ATTACK, confirm=asked)),
        {
            "type": "actions",
            "block_id": ATTACK,
            "elements": [
                {"type": "overflow", "action_id": "o", "options": choices},
                {
                    "type": "static_select",
                    "action_id": "s",
                    "options": choices,
                    "placeholder": plain(ATTACK),
                },
            ],
        },
    ]
    inputs = [
        ask("a", ATTACK, "plain_text_input", initial_value=ATTACK, placeholder=plain(ATTACK)),
        ask("b", ATTACK, "plain_text_input", initial_value=f"</textarea>{ATTACK}", multiline=True),
        ask("c", ATTACK, "radio_buttons", options=choices),
        ask("d", ATTACK, "multi_static_select", options=choices, hint=ATTACK),
    ]
    await client.chat_postMessage(channel="C0HIRING", text=ATTACK, blocks=everything)
    tiny.home = (*everything, *inputs)
    tiny.form = modal(*everything, *inputs, title="Attack", submit=plain("Start"))
    await slack.shows("window.attacked=1")
    await slack.type_command()
    await slack.shows("window.attacked=1")
    await slack.submit()
    await slack.page.keyboard.press("Escape")
    await slack.open_home()
    await slack.shows("window.attacked=1")
    assert await slack.page.evaluate("window.attacked") is None
    assert await slack.page.locator("img[src=x], script:not([src])").count() == 0


async def test_everything_works_without_scripts(
    talent_emulator: Emulator, tiny: TinyApp, client: AsyncWebClient
) -> None:
    tiny.form = modal(NAME, EVERY_FIELD[2], submit=plain("Start"))
    await client.chat_postMessage(channel="C0HIRING", text="offer", blocks=[*APPROVAL])
    async with open_slack(talent_emulator.url, java_script_enabled=False) as slack:
        page = slack.page
        await page.get_by_label("Message or command").fill("/talent")
        async with page.expect_navigation():
            await page.get_by_role("button", name="Send").click()
        await _look_until(slack, page.get_by_label("Candidate"))
        await page.get_by_label("Candidate").fill("Ada Ray")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Please complete this required field.")).to_be_visible()
        await expect(page.get_by_label("Candidate")).to_have_value("Ada Ray")
        await page.get_by_label("E-mail").fill("ada@people.test")
        await page.keyboard.press("Enter")
        await slack.closes()
        async with page.expect_navigation():
            await page.get_by_role("button", name="Approve").click()
        await _look_until(slack, page.get_by_text("Approved by"))
    assert len(tiny.submitted) == 1


async def _look_until(slack: SlackPage, there: Locator) -> None:
    async with asyncio.timeout(15):
        while not await there.count():
            await slack.look()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_small_screen_shows_all_of_it(
    talent_emulator: Emulator, tiny: TinyApp, client: AsyncWebClient, scheme: str
) -> None:
    tiny.form = modal(*EVERY_FIELD, submit=plain("Start"))
    await client.chat_postMessage(channel="C0HIRING", text="offer", blocks=[*APPROVAL])
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "color_scheme": scheme}
    async with open_slack(talent_emulator.url, **phone) as slack:
        await slack.shows("Offer for Ada Ray")
        await slack.screenshot(f"phone-{scheme}")
        await slack.type_command()
        await slack.shows("Candidate")
        await slack.screenshot(f"phone-form-{scheme}")
        width = await slack.page.evaluate("document.documentElement.scrollWidth")
        assert width == 390
