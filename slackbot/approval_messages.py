"""How questions look: the message in a run's thread, the modal, the end. Pure functions.

In a private conversation the message itself asks. In a public one it says only that a task waits,
and whoever may answer reads the question in a modal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..services.airflow_api import Question
from .access import Rules
from .blocks import (
    MAX_LABEL,
    MAX_NAME,
    Block,
    Message,
    actions,
    button,
    clock,
    context,
    day_and_clock,
    escape,
    plain,
    quote,
    say,
    section,
    shorten,
    split,
    title,
)
from .questions import (
    ANSWER,
    ANSWER_FORM,
    OPEN_QUESTION,
    Ending,
    QuestionKey,
    key_of,
    name_task,
    read_question,
    write_choice,
    write_question,
)
from .views import MAX_BLOCKS, MAX_METADATA, MAX_TITLE, DraftTooLong, View

MAX_SUBJECT = 500
MAX_BODY = 9_000
"""Characters of the body that are shown."""
MAX_LISTED = 200
"""Characters of a subject or an option in a list."""
MAX_BUTTONS = 5
OTHERS = 14
"""Blocks of a modal besides the question and the inputs."""
MAX_RADIOS = 10
MAX_LISTS = 8
"""Blocks that list options too long for a menu."""
MAX_OPTIONS = 100
"""Options that a menu of Slack takes."""

STYLES = {"Approve": "primary", "Reject": "danger"}
"""Those of `ApprovalOperator`; any other option is as good as the next."""

ID = re.compile(r"[A-Z0-9]+")
CHOSEN = "talent_chosen"
"""Block of the options in a modal; no param can have this name in `forms`."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is shown of a question.

    :param workflow: The display name of the DAG.
    :param link: Where it is asked in Airflow.
    :param waits_for: Whom it waits for, in mrkdwn; not shown any more at its end.
    """

    question: Question
    workflow: str
    link: str
    waits_for: str = ""
    costs_money: bool = False

    @property
    def key(self) -> QuestionKey:
        return key_of(self.question)

    @property
    def task(self) -> str:
        return escape(shorten(name_task(self.question.task_instance), MAX_NAME))


@dataclass(frozen=True, slots=True)
class Place:
    """What a modal carries: which question it asks, and where it was opened.

    :param channel: The conversation, from a verified request.
    :param seen_at: Seconds since 1970 at which the question was open already.
    :param page: Which page of its form is shown, counted from 0.
    :param values: What earlier pages gave.
    :param chosen: Numbers of the options that were chosen, from 0; none while the question's own
        defaults stand.
    """

    key: QuestionKey
    channel: str
    seen_at: float
    page: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    chosen: tuple[int, ...] = ()

    def write(self) -> str:
        """:raises DraftTooLong: Slack would refuse it."""
        question = write_question(self.key)
        form = [self.page, dict(self.values), *self.chosen]
        text = json.dumps([question, self.channel, self.seen_at, *form], ensure_ascii=False)
        if len(text) > MAX_METADATA:
            raise DraftTooLong
        return text

    @classmethod
    def read(cls, text: str) -> Place:
        """:raises ValueError: it is none of `write`."""
        question, channel, seen_at, page, values, *chosen = json.loads(text)
        return cls(read_question(question), channel, seen_at, page, values, tuple(chosen))


def say_whom(
    rules: Rules, *, starter: str | None, assigned: Sequence[str], is_assigned: bool
) -> str:
    """Whom a question waits for, in mrkdwn that mentions them.

    :param assigned: The Slack users among those whom the task names.
    :param is_assigned: The task names somebody, perhaps nobody known in Slack.
    """
    if groups := [
        f"<!subteam^{group}>" for group in sorted(rules.approvers) if ID.fullmatch(group)
    ]:
        people = groups
    elif is_assigned:
        people = [f"<@{user}>" for user in assigned]
    else:
        people = [f"<@{starter}>"] if starter and not rules.costs_money else []
    said = (
        f"{', '.join(people)}: it waits for your answer." if people else "It waits for an answer."
    )
    if is_assigned:
        said += " Airflow lets only those answer whom the task names."
    if rules.costs_money:
        said += " It costs money"
        said += f", so somebody else than <@{starter}> must answer." if starter else "."
    return said


def ask(asking: Asking) -> Message:
    """The message that asks, where only chosen people read it."""
    blocks = [*_question(asking), section(asking.waits_for), *_ways_to_answer(asking)]
    return Message(f"{_name(asking)}: {escape(_subject(asking))}", [*blocks, _origin(asking)])


def ask_quietly(asking: Asking) -> Message:
    """The message in a public conversation: that something is asked, not what."""
    text = f":raised_hand:  *{asking.task}* has a question. {asking.waits_for}"
    press = button("See and answer", OPEN_QUESTION, write_question(asking.key))
    return Message(f"{_name(asking)} has a question", [section(text), actions(press)])


def tell_end(asking: Asking, ending: Ending) -> Message:
    """What the message becomes."""
    words = say_end(ending)
    blocks = [*_question(asking), section(words), _origin(asking)]
    return Message(f"{_name(asking)}: {words}", blocks)


def tell_end_quietly(asking: Asking, ending: Ending) -> Message:
    """What the message becomes in a public conversation."""
    words = say_end(Ending(ending.kind, user=ending.user, moment=ending.moment))
    return Message(words, [section(f"*{asking.task}* had a question. {words}")])


def tell_deleted() -> Message:
    words = ":heavy_minus_sign:  The question is gone, with its run."
    return Message(words, [section(words)])


def say_end(ending: Ending) -> str:
    """What became of a question, in mrkdwn."""
    chosen = f"*{escape(shorten(', '.join(ending.chosen), MAX_SUBJECT))}*" if ending.chosen else ""
    at = f", {clock(ending.moment)}" if ending.moment else ""
    match ending.kind:
        case "answered":
            emoji = ":no_entry_sign:" if ending.chosen == ("Reject",) else ":white_check_mark:"
            return f"{emoji}  {chosen or 'Answered'} {_by(ending)}{at}"
        case "defaults":
            what = f"so {chosen} was taken" if chosen else "so the default was taken"
            return f":alarm_clock:  Nobody answered in time, {what}{at}"
        case "timed_out":
            return ":alarm_clock:  Nobody answered in time."
        case "asked_again":
            return ":repeat:  The task runs again and asks anew."
        case "deleted":
            return ":heavy_minus_sign:  The question is gone, with its run."
        case _:
            return ":heavy_minus_sign:  No longer asked: it was ended without an answer."


def no_longer_open(ending: Ending) -> Message:
    """What is told to somebody who comes too late."""
    return say(f"Nothing was done, the question is no longer open.\n{say_end(ending)}")


def misfit() -> Message:
    return say("That is no answer to this question, so nothing was done. Please look at it again.")


def only_in_airflow(asking: Asking, why: str) -> Message:
    """What is told when Slack has no form for an answer.

    :param why: As of :class:`~.forms.Hidden`.
    """
    return say(
        f"This cannot be answered in Slack, since a value that it asks for {escape(why)}."
        f" <{escape(asking.link)}|Answer it in Airflow>"
    )


def question_list(questions: Sequence[tuple[Asking, str | None]]) -> list[Block]:
    """What waits for a person, in the App Home.

    :param questions: Each with the address of the message about its run.
    """
    return [block for asking, link in questions for block in _listed(asking, link)]


def _listed(asking: Asking, link: str | None) -> Iterator[Block]:
    press = button("Answer …", OPEN_QUESTION, write_question(asking.key))
    yield {**section(f"*{_name(asking)}*"), "accessory": press}
    yield quote(shorten(_subject(asking), MAX_LISTED))
    there = [f"<{escape(link)}|Open the conversation>"] if link else []
    since = f"asked {day_and_clock(asking.question.created_at)}"
    yield context("  ·  ".join([asking.task, since, *there]))


def loading_view() -> View:
    """What opens at once, while Airflow is asked."""
    return notice_view(say(":hourglass_flowing_sand:  One moment …"))


def notice_view(message: Message) -> View:
    """A modal that says something."""
    return _modal(message.blocks)


def question_view(
    asking: Asking,
    place: Place,
    inputs: Sequence[Block] = (),
    *,
    pages: int = 1,
) -> View:
    """The modal in which a question is read and answered.

    :param inputs: What asks for the params of this page.
    :param pages: How many pages the params take.
    :raises DraftTooLong: earlier pages hold too much.
    """
    blocks: list[Block] = []
    if place.page == 0:
        blocks += islice(_question(asking), max(1, MAX_BLOCKS - OTHERS - len(inputs)))
        if asking.costs_money:
            blocks.append(context(":moneybag:  It costs money."))
    if fits_buttons(asking.question):
        return _modal([*blocks, *_buttons(asking), _origin(asking)], place)
    is_last = place.page == pages - 1
    blocks += inputs
    if is_last and not _has_one_answer(asking.question):
        blocks += _menu(asking.question, place.chosen or _defaults(asking.question))
    if pages > 1:
        blocks.append(context(f"Page {place.page + 1} of {pages}"))
    one = asking.question.options[0] if _has_one_answer(asking.question) else "Answer"
    submit = shorten(one, MAX_TITLE) if is_last else "Next"
    return {
        **_modal([*blocks, _origin(asking)], place),
        "callback_id": ANSWER_FORM,
        "submit": plain(submit),
        "close": plain("Cancel"),
    }


def read_chosen(question: Question, state: Any) -> tuple[int, ...]:
    """The numbers of the options that were chosen in a modal, from 0.

    :param state: `view.state.values`.
    """
    if _has_one_answer(question):
        return (0,)
    given = (state.get(CHOSEN) or {}).get(CHOSEN) or {}
    picked = given.get("selected_options") or [given.get("selected_option")]
    numbers = [int(option["value"]) for option in picked if option]
    return tuple(number for number in numbers if number < len(question.options))


def fits_buttons(question: Question) -> bool:
    """One press says it all."""
    return (
        not question.params
        and not question.multiple
        and len(question.options) <= MAX_BUTTONS
        and all(0 < len(option) <= MAX_LABEL for option in question.options)
    )


def _question(asking: Asking) -> Iterator[Block]:
    yield title("raised_hand", _subject(asking))
    body = (asking.question.body or "").strip()
    yield from (quote(part) for part in split(body[:MAX_BODY]))
    subject = asking.question.subject
    if len(body) > MAX_BODY or len(subject) > MAX_SUBJECT:
        yield context(
            f"There is more of it than fits here: <{escape(asking.link)}|read it in Airflow>"
        )


def _ways_to_answer(asking: Asking) -> Iterator[Block]:
    if fits_buttons(asking.question):
        return _buttons(asking)
    return iter([actions(button("Answer …", OPEN_QUESTION, write_question(asking.key)))])


def _buttons(asking: Asking) -> Iterator[Block]:
    yield actions(
        *(
            button(
                option,
                f"{ANSWER}:{number}",
                write_choice(asking.key, option),
                **_style(option, asking),
            )
            for number, option in enumerate(asking.question.options)
        )
    )


def _style(option: str, asking: Asking) -> dict[str, Any]:
    style = STYLES.get(option)
    return {
        **({"style": style} if style else {}),
        **({"confirm": _confirm(option)} if asking.costs_money else {}),
    }


def _confirm(option: str) -> Block:
    return {
        "title": plain("It costs money"),
        "text": plain(f"Answer “{option}”?"),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }


def _menu(question: Question, numbers: Iterable[int]) -> Iterator[Block]:
    if any(len(option) > MAX_LABEL for option in question.options):
        lines = (
            f"{number}. {shorten(option, MAX_LISTED)}"
            for number, option in enumerate(question.options[:MAX_OPTIONS], 1)
        )
        yield from islice(map(section, split(escape("\n".join(lines)))), MAX_LISTS)
    options = [_option(number, option) for number, option in enumerate(question.options)]
    options = options[:MAX_OPTIONS]
    element: Block = {
        "type": _menu_type(question, len(options)),
        "action_id": CHOSEN,
        "options": options,
    }
    chosen = [options[number] for number in numbers if number < len(options)]
    if chosen and question.multiple:
        element["initial_options"] = chosen
    elif chosen:
        element["initial_option"] = chosen[0]
    yield {"type": "input", "block_id": CHOSEN, "label": plain("Your answer"), "element": element}
    if len(question.options) > MAX_OPTIONS:
        yield context(f"Slack shows {MAX_OPTIONS} of {len(question.options)} options, Airflow all.")


def _menu_type(question: Question, count: int) -> str:
    if question.multiple:
        return "checkboxes" if count <= MAX_RADIOS else "multi_static_select"
    return "radio_buttons" if count <= MAX_RADIOS else "static_select"


def _defaults(question: Question) -> Sequence[int]:
    wanted = question.defaults or ()
    return [number for number, option in enumerate(question.options) if option in wanted]


def _option(number: int, option: str) -> Block:
    text = option if len(option) <= MAX_LABEL else shorten(f"{number + 1}. {option}", MAX_LABEL)
    return {"text": plain(text or "-"), "value": str(number)}


def _has_one_answer(question: Question) -> bool:
    """As `HITLEntryOperator` has: there is nothing to choose, only something to enter."""
    return len(question.options) == 1


def _by(ending: Ending) -> str:
    if ending.user:
        return f"by <@{ending.user}>"
    if ending.account:
        return f"by {escape(shorten(ending.account.name, MAX_NAME))}, in Airflow"
    return "in Slack"


def _subject(asking: Asking) -> str:
    return shorten(" ".join(asking.question.subject.split()) or "A question", MAX_SUBJECT)


def _name(asking: Asking) -> str:
    return escape(shorten(asking.workflow, MAX_NAME))


def _origin(asking: Asking) -> Block:
    return context(f"{_name(asking)}  ·  {asking.task}  ·  <{escape(asking.link)}|Open in Airflow>")


def _modal(blocks: Sequence[Block], place: Place | None = None) -> View:
    return {
        "type": "modal",
        "title": plain("A question"),
        "close": plain("Close"),
        "blocks": list(blocks),
        "private_metadata": place.write() if place else "",
    }
