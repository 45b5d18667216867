"""The page to look at: it shows what happened, lets one act, and runs nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.page_slack import MAX_SHOWN
from airflow_talent.tests.browser import open_page

BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Approve"}}


@pytest.fixture
def http(talent_emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=talent_emulator.url, trust_env=False, timeout=30) as http:
        yield http


def call(http: httpx.Client, method: str, **arguments: object) -> dict[str, str]:
    headers = {"Authorization": "Bearer xoxb-emulator"}
    answer = http.post(f"/slack/api/{method}", json=arguments, headers=headers).json()
    assert answer["ok"], answer
    return dict(answer)


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with open_page() as page:
        problems: list[str] = []

        def note_error(said: ConsoleMessage) -> None:
            if said.type == "error":
                problems.append(said.text)

        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", note_error)
        yield page
    assert problems == []


@pytest.mark.parametrize("tab", ["slack", "vitay", "outbox", "nonsense"])
def test_every_tab_can_be_looked_at(http: httpx.Client, tab: str) -> None:
    answer = http.get("/", params={"tab": tab})
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_markup_in_messages_and_names_is_only_text(http: httpx.Client) -> None:
    attack = '<img src=x onerror="alert(1)">'
    plain = {"type": "plain_text", "text": attack}
    button = {"type": "button", "text": plain, "action_id": attack, "value": attack}
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": attack}]}
    call(
        http,
        "chat.postMessage",
        channel="C0HIRING",
        text=attack,
        blocks=[
            {"type": "header", "text": plain},
            {"type": "section", "text": {"type": "mrkdwn", "text": attack}, "accessory": button},
            {"type": "context", "elements": [plain]},
            {"type": "markdown", "text": attack},
            {"type": "image", "image_url": "javascript:alert(1)", "alt_text": attack},
            {"type": "rich_text", "elements": [rich]},
            {"type": "table", "rows": [[{"type": "raw_text", "text": attack}]]},
        ],
    )
    call(http, "chat.postMessage", channel="C0HIRING", text=attack)
    user = {"id": "U0EVIL", "name": attack, "real_name": attack}
    http.post("/_emulator/slack/users", json=user)

    html = http.get("/", params={"channel": "C0HIRING", "as": "U0LEAD"}).text

    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 9


def test_a_button_of_an_attachment_harms_nothing(http: httpx.Client) -> None:
    text = {"type": "mrkdwn", "text": "an old report"}
    block = {"type": "section", "text": text, "accessory": BUTTON}
    call(http, "chat.postMessage", channel="C0HIRING", attachments=[{"blocks": [block]}])
    assert "an old report" in http.get("/", params={"channel": "C0HIRING"}).text


def test_a_form_sends_a_message_and_comes_back(http: httpx.Client) -> None:
    place = {"channel": "C0HIRING", "as": "U0LEAD"}
    answer = http.post("/page/write", params=place, data={"text": "hello *there*"})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/?channel=C0HIRING&as=U0LEAD",
    )
    assert "hello <b>there</b>" in http.get(answer.headers["location"]).text


def test_a_person_can_begin_a_direct_message(http: httpx.Client) -> None:
    place = {"channel": "D0GUEST", "as": "U0GUEST"}
    assert "Nothing said here yet" in http.get("/", params=place).text
    answer = http.post("/page/write", params=place, data={"text": "may I?"})
    assert "may I?" in http.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("act", "form", "sentence"),
    [
        ("write", {"text": "hello"}, "Only members can write"),
        ("write", {"text": " "}, "There was nothing to send"),
        ("press", {"message_ts": "1.2", "press": "a/b"}, "That message is gone"),
        ("submit", {"view_id": "V0"}, "That dialog is no longer open"),
        ("close", {"view_id": "V0"}, "That dialog is no longer open"),
        ("shortcut", {"callback_id": "talent_open"}, "The app is not connected"),
        ("home", {}, "The app is not connected"),
    ],
)
def test_what_cannot_be_done_is_explained(
    http: httpx.Client, act: str, form: dict[str, str], sentence: str
) -> None:
    channel = "C0GENERAL" if form.get("text") == " " else "C0RANDOM"
    place = {"channel": channel, "as": "U0GUEST"}
    answer = http.post(f"/page/{act}", params=place, data=form)
    assert sentence in http.get(answer.headers["location"]).text


@pytest.mark.parametrize("act", ["press", "submit", "close", "shortcut"])
def test_a_form_of_another_kind_is_refused(http: httpx.Client, act: str) -> None:
    answer = http.post(f"/page/{act}", params={"as": "U0LEAD"}, data={"text": "hello"})
    assert answer.status_code == 400


@pytest.mark.parametrize("act", ["write", "suggest"])
def test_another_sites_page_cannot_act_here(http: httpx.Client, act: str) -> None:
    answer = http.post(
        f"/page/{act}",
        params={"channel": "C0HIRING", "as": "U0LEAD"},
        data={"text": "hello"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403


def test_somebody_else_cannot_submit_my_modal(http: httpx.Client) -> None:
    typed = {"user": "U0LEAD", "channel": "C0HIRING"}
    trigger_id = http.post("/_emulator/slack/commands", json=typed).json()["trigger_id"]
    title = {"type": "plain_text", "text": "Mine"}
    view = {"type": "modal", "title": title, "submit": title, "blocks": [{"type": "divider"}]}
    call(http, "views.open", trigger_id=trigger_id, view=view)

    place = {"channel": "C0HIRING", "as": "U0RECRUIT"}
    assert "Mine" not in http.get("/", params=place).text
    assert "Mine" in http.get("/", params={**place, "as": "U0LEAD"}).text


def test_only_the_newest_messages_of_a_long_conversation_are_shown(http: httpx.Client) -> None:
    place = {"channel": "C0HIRING", "as": "U0LEAD"}
    for number in range(MAX_SHOWN + 2):
        http.post("/page/write", params=place, data={"text": f"message {number}."})
    html = http.get("/", params=place).text
    assert "2 older messages are not shown" in html
    assert "message 1." not in html
    assert f"message {MAX_SHOWN + 1}." in html


def test_the_page_is_sent_again_only_when_it_changed(http: httpx.Client) -> None:
    place = {"channel": "C0HIRING"}
    first = http.get("/", params=place)
    same = http.get("/", params=place, headers={"If-None-Match": first.headers["etag"]})
    call(http, "chat.postMessage", channel="C0HIRING", text="news")
    changed = http.get("/", params=place, headers={"If-None-Match": first.headers["etag"]})

    assert (same.status_code, changed.status_code) == (304, 200)


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("a.pdf", "application/pdf", "inline"),
        ("a.html", "application/octet-stream", "attachment"),
        ("a.svg", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_is_shown_only_when_it_can_do_nothing(
    http: httpx.Client, name: str, kind: str, disposition: str
) -> None:
    announced = call(http, "files.getUploadURLExternal", filename=name, length="4")
    http.post(announced["upload_url"], content=b"%PDF")
    files = [{"id": announced["file_id"]}]
    call(http, "files.completeUploadExternal", files=files, channel_id="C0HIRING")

    answer = http.get(f"/page/files/{announced['file_id']}")

    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == disposition


def test_a_browser_follows_what_happens_and_acts(
    browser_page: Page, http: httpx.Client, talent_emulator: Emulator
) -> None:
    browser_page.goto(f"{talent_emulator.url}/?channel=C0HIRING&as=U0LEAD")
    expect(browser_page.get_by_text("App not connected")).to_be_visible()

    actions = {"type": "actions", "elements": [BUTTON]}
    call(http, "chat.postMessage", channel="C0HIRING", text="Approve?", blocks=[actions])
    browser_page.get_by_role("button", name="Approve").click()
    expect(browser_page.get_by_text("This action failed with the error")).to_be_visible()

    browser_page.get_by_label("Message or command").fill("/talent help")
    browser_page.keyboard.press("Enter")
    expect(
        browser_page.get_by_text('/talent failed with the error "no_connection"')
    ).to_be_visible()


def test_a_half_written_message_survives_news(
    browser_page: Page, http: httpx.Client, talent_emulator: Emulator
) -> None:
    browser_page.goto(f"{talent_emulator.url}/?channel=C0HIRING")
    writing = browser_page.get_by_label("Message or command")
    writing.fill("half a sen")
    call(http, "chat.postMessage", channel="C0HIRING", text="news")
    expect(browser_page.get_by_text("news")).to_be_visible()
    expect(writing).to_have_value("half a sen")
