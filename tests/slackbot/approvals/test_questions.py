"""How questions are named, and which answers fit them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_talent.emulator.slack.blocks import find_block_problem
from airflow_talent.services.airflow_api import Question, RunKey
from airflow_talent.slackbot.access import read_rules
from airflow_talent.slackbot.answers import Misfit, complete_answer
from airflow_talent.slackbot.approval_messages import (
    Asking,
    Place,
    ask,
    ask_quietly,
    question_view,
    say_whom,
    tell_end,
    tell_end_quietly,
)
from airflow_talent.slackbot.questions import (
    Drawn,
    Ending,
    QuestionKey,
    answered_step,
    asked_step,
    find_ending,
    key_of,
    read_choice,
    read_question,
    read_step,
    write_choice,
    write_question,
)
from airflow_talent.slackbot.views import DraftTooLong

RUN = RunKey("erase", "slack__T1__U1__ab")
KEY = QuestionKey(RUN, "group.approve", -1, 2)


def question(*, task: dict[str, Any] | None = None, **more: Any) -> Question:
    asked_by = {
        "task_id": "group.approve",
        "dag_id": RUN.dag_id,
        "dag_run_id": RUN.run_id,
        "task_display_name": "Approve it",
        "state": "awaiting_input",
        "try_number": 2,
        **(task or {}),
    }
    content = {
        "subject": "Sure?",
        "options": ["Approve", "Reject"],
        "created_at": "2026-01-31T09:00Z",
    }
    return Question.model_validate({**content, "task_instance": asked_by, **more})


def asking(**more: Any) -> Asking:
    return Asking(question(**more), "Erase", "https://airflow.example/x")


def test_buttons_name_their_question() -> None:
    assert read_question(write_question(KEY)) == KEY
    assert read_choice(write_choice(KEY, "Ja, natürlich")) == (KEY, "Ja, natürlich")


@pytest.mark.parametrize("value", ["", "1", "[]", '["a","b","c",1]', '["a","b","c","1",2]'])
def test_a_button_of_something_else_is_no_question(value: str) -> None:
    with pytest.raises(ValueError, match=r"not a question|Expecting"):
        read_question(value)
    with pytest.raises(ValueError, match=r"not an answer|Expecting"):
        read_choice(value)


def test_messages_name_their_question_and_its_end() -> None:
    asked, over = asked_step(KEY, "C1"), answered_step(KEY, "C1#2", "U1")

    assert read_step(RUN, asked.name) == Drawn(KEY, "C1", is_over=False, user=None)
    assert read_step(RUN, over.name) == Drawn(KEY, "C1#2", is_over=True, user="U1")
    assert read_step(RUN, answered_step(KEY, "C1", None).name) == Drawn(KEY, "C1", True, None)
    assert read_step(RUN, "root@C1") is None
    assert read_step(RUN, "result:ask:-1@C1") is None
    assert asked_step(KEY._replace(try_number=3), "C1").message_id != asked.message_id


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"task": {"state": "scheduled"}}, None),
        ({"task": {"state": "running"}}, None),
        ({"task": {"try_number": 3}}, "asked_again"),
        ({"task": {"state": None}}, "asked_again"),
        ({"task": {"state": "failed"}}, "unanswered"),
        ({"task": {"state": "success"}}, "unanswered"),
        ({"response_received": True, "chosen_options": ["Reject"]}, "defaults"),
        (
            {"response_received": True, "responded_by_user": {"id": "1", "name": "ulla"}},
            "answered",
        ),
    ],
)
def test_what_became_of_a_question(more: dict[str, Any], kind: str | None) -> None:
    ending = find_ending(KEY, question(**more))
    assert (ending.kind if ending else None) == kind


PARAMS = {
    "name": {"value": None, "schema": {"type": "string", "minLength": 2}},
    "times": {"value": 1, "schema": {"type": "integer", "maximum": 3}},
}


def test_an_answer_has_all_values() -> None:
    assert complete_answer(question(params=PARAMS), ["Approve"], {"name": "Ann", "other": 1}) == {
        "name": "Ann",
        "times": 1,
    }


@pytest.mark.parametrize(
    ("values", "problems"),
    [({}, ["name"]), ({"name": "x", "times": 9}, ["name", "times"]), ({"name": None}, ["name"])],
)
def test_a_value_that_would_fail_the_task_is_not_sent(
    values: dict[str, Any], problems: list[str]
) -> None:
    with pytest.raises(Misfit) as misfit:
        complete_answer(question(params=PARAMS), ["Approve"], values)
    assert [problem.field for problem in misfit.value.problems] == problems


@pytest.mark.parametrize("chosen", [[], ["Maybe"], ["Approve", "Reject"]])
def test_a_choice_that_the_question_does_not_offer_is_not_sent(chosen: list[str]) -> None:
    with pytest.raises(Misfit):
        complete_answer(question(), chosen, {})


def test_several_options_may_be_chosen_where_the_question_says_so() -> None:
    assert complete_answer(question(multiple=True), ["Approve", "Reject"], {}) == {}


@pytest.mark.parametrize(
    ("tags", "starter", "assigned", "is_assigned", "said"),
    [
        ((), "U1", [], False, "<@U1>: it waits for your answer."),
        ((), None, [], False, "It waits for an answer."),
        (
            ("slack-approver-group:S1", "slack-approver-group:S2"),
            "U1",
            [],
            False,
            "<!subteam^S1>, ",
        ),
        (("slack-approver-group:S1>x",), None, [], False, "It waits for an answer."),
        ((), "U1", ["U2"], True, "<@U2>: it waits"),
        ((), "U1", [], True, "It waits for an answer. Airflow lets only those"),
        (("slack-costs-money",), "U1", [], False, "somebody else than <@U1> must answer"),
        (("slack-costs-money",), None, [], False, "It costs money."),
    ],
)
def test_whom_a_question_waits_for(
    tags: tuple[str, ...], starter: str | None, assigned: list[str], is_assigned: bool, said: str
) -> None:
    rules = read_rules(["slack", *tags])
    assert said in say_whom(rules, starter=starter, assigned=assigned, is_assigned=is_assigned)


ANYTHING = (
    question(),
    question(subject="", body=""),
    question(subject="<!channel>" * 300, body="&" * 30_000),
    question(options=["x" * 400] * 120),
    question(options=["x" * 76] * 120, multiple=True, defaults=["x" * 76]),
    question(options=["é" * 75] * 5),
    question(options=["OK"], params=PARAMS),
    question(task={"task_display_name": "t" * 250, "map_index": 3}),
)


@pytest.mark.parametrize("asked", ANYTHING)
def test_slack_takes_whatever_is_asked(asked: Question) -> None:
    shown = Asking(asked, "W" * 300, "https://airflow.example/x?a=1&b=2", "It waits.", True)
    ending = Ending("answered", tuple(asked.options), user="U1", moment=datetime.now(UTC))

    for message in (
        ask(shown),
        ask_quietly(shown),
        tell_end(shown, ending),
        tell_end_quietly(shown, ending),
    ):
        assert find_block_problem(message.blocks) is None
        assert len(message.text) < 4000
        assert "<!channel>" not in message.text
    inputs = [{"type": "divider"}] * 80
    view = question_view(shown, Place(key_of(asked), "C1", 0.0), inputs)
    assert len(view["title"]["text"]) <= 24
    assert len(view.get("submit", {"text": ""})["text"]) <= 24
    assert len(view["blocks"]) <= 100


def test_a_quiet_message_tells_nothing_of_what_is_asked() -> None:
    shown = asking(subject="secret plan", body="secret body", options=["secret way", "b"])
    ending = Ending("answered", ("secret way",), user="U1")

    assert "secret" not in str(ask_quietly(shown).blocks) + ask_quietly(shown).text
    told = tell_end_quietly(shown, ending)
    assert "secret" not in str(told.blocks) + told.text
    assert "<@U1>" in told.text


def test_a_modal_remembers_where_it_was_opened() -> None:
    place = Place(KEY, "C1", 12.5, 1, {"a": ["ü"]}, (2, 0))

    assert Place.read(place.write()) == place
    with pytest.raises(DraftTooLong):
        Place(KEY, "C1", 12.5, 1, {"a": "x" * 3000}).write()
