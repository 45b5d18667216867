"""An answer that turns out not to fit after its modal has said that it is being given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from airflow_talent.services.airflow_api import DagDetails, Question
from airflow_talent.slackbot.answers import Misfit
from airflow_talent.slackbot.approval_messages import CHOSEN, Asking, Place, question_view
from airflow_talent.slackbot.background import Background
from airflow_talent.slackbot.fields import Problem, read_fields
from airflow_talent.slackbot.forms import draw_page, make_form
from airflow_talent.slackbot.listeners.approvals import QuestionButtons
from airflow_talent.slackbot.questions import key_of

DAG = DagDetails.model_validate({"dag_id": "hire", "dag_display_name": "Hire", "timezone": "UTC"})
OPTIONS = ["now", "later", "never"]


class Slow:
    """Airflow answers once Slack is acknowledged, and refuses; Slack keeps what is shown last."""

    def __init__(self, question: Question) -> None:
        self.question, self.dag = question, DAG
        self.acknowledged = asyncio.Event()
        self.given: Sequence[str] = ()
        self.shown: dict[str, Any] = {}

    async def ack(self, **_: Any) -> None:
        self.acknowledged.set()

    async def see(self, *_: Any) -> Slow:
        await self.acknowledged.wait()
        return self

    def describe(self, _: Any) -> Asking:
        return Asking(self.question, "Hire", "https://airflow.example/x")

    async def give(self, _: Any, __: Any, chosen: Sequence[str], *___: Any, **____: Any) -> None:
        self.given = chosen
        raise Misfit([Problem("name", "is taken")])

    async def update_view(self, _: str, view: dict[str, Any]) -> None:
        self.shown = view


def ask(*, multiple: bool) -> Question:
    return Question.model_validate(
        {
            "subject": "When?",
            "options": OPTIONS,
            "defaults": ["now"],
            "multiple": multiple,
            "params": {"name": {"value": "Ann", "schema": {"type": "string", "minLength": 2}}},
            "created_at": "2026-01-31T09:00Z",
            "task_instance": {
                "task_id": "ask",
                "dag_id": "hire",
                "dag_run_id": "r",
                "task_display_name": "Ask",
                "state": "awaiting_input",
                "try_number": 1,
            },
        }
    )


async def submit(airflow: Slow, chosen: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Send the form; the menu and the input that are shown once it is known how it went."""
    question = airflow.question
    place = Place(key_of(question), "C0HIRING", 1.0)
    page = make_form(read_fields(question.params), {}).pages[0]
    inputs = draw_page(page)
    view = question_view(airflow.describe(airflow), place, inputs)
    (box,) = inputs
    entered = {box["block_id"]: {box["element"]["action_id"]: {"value": name}}}
    view |= {"id": "V1", "state": {"values": {CHOSEN: {CHOSEN: chosen}, **entered}}}
    background = Background()
    anything: Any = airflow
    buttons = QuestionButtons(anything, anything, background)
    person = {"id": "U0LEAD", "team_id": "T0EMULATOR"}
    await buttons.take_submission(anything.ack, {"view": view, "user": person})
    await background.finish(within=5)
    return [block["element"] for block in airflow.shown["blocks"] if block["type"] == "input"]


@pytest.fixture(autouse=True)
def _is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_talent.slackbot.listeners.approvals.SLOW", 0)


@pytest.mark.parametrize("name", ["Ann", "A"])
async def test_the_form_still_has_what_was_chosen(name: str) -> None:
    airflow = Slow(ask(multiple=False))
    _, menu = await submit(airflow, {"selected_option": {"value": "1"}}, name)

    assert menu["initial_option"]["text"]["text"] == "later"
    assert airflow.given == (["later"] if name == "Ann" else ())
    assert "This does not fit yet" in str(airflow.shown)


async def test_the_form_still_has_all_that_was_chosen() -> None:
    chosen = {"selected_options": [{"value": "2"}, {"value": "1"}]}

    _, menu = await submit(Slow(ask(multiple=True)), chosen, "Ann")

    shown = [option["text"]["text"] for option in menu["initial_options"]]
    assert shown == ["never", "later"]
