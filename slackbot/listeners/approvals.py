"""Answering questions: by a button of the message, by a button or a form in a modal.

What goes wrong is told to the person alone: below the message in a conversation, in the modal
itself otherwise.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from .. import approval_messages as look
from .. import messages
from ..access import Person
from ..answers import Answers, Case, Misfit, NotOpen
from ..approval_messages import Place
from ..background import Background
from ..blocks import Block, Message, say
from ..explain import EXPLAINED, explain
from ..fields import Problem, read_fields
from ..forms import Form, block_of, draw_page, make_form, read_page
from ..questions import (
    ANSWER,
    ANSWER_FORM,
    OPEN_QUESTION,
    read_choice,
    read_question,
)
from ..slack_api import SlackApi
from ..views import View
from .asking import SLOW, Body, Tell, saying_when_slow, telling, who_acts
from .forms import Entry

WRONG = (*EXPLAINED, Misfit, NotOpen)


@dataclass(frozen=True, slots=True)
class QuestionButtons:
    """What is pressed and filled in to answer a question."""

    answers: Answers
    slack: SlackApi
    background: Background

    def register(self, bolt: AsyncApp) -> None:
        bolt.action(re.compile(rf"^{re.escape(ANSWER)}:\d+$"))(self.take_answer)
        bolt.action(OPEN_QUESTION)(self.take_open)
        bolt.view(ANSWER_FORM)(self.take_submission)

    async def list_open(self, person: Person) -> Sequence[Block]:
        """What waits for a person, for the App Home."""
        return look.question_list(
            [(one.asking, one.link) for one in await self.answers.open_for(person)]
        )

    async def take_answer(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._answer(body))

    async def take_open(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._open(body))

    async def take_submission(self, ack: AsyncAck, body: Body) -> None:
        working = asyncio.create_task(self._submit(body))
        done, _ = await asyncio.wait({working}, timeout=SLOW)
        if done:
            await ack(**working.result().as_answer())
            return
        await ack(response_action="update", view=look.notice_view(messages.being_given()))
        self.background.start(self._show_late(body["view"]["id"], working))

    async def _answer(self, body: Body) -> None:
        """Give the answer that stands on a button, in a message or in a modal."""
        key, option = read_choice(body["actions"][0]["value"])
        if view := body.get("view"):
            place = Place.read(view["private_metadata"])
            person, seen_at = who_acts(body, place.channel), place.seen_at
            tell = self._telling_in(view["id"])
        else:
            person, seen_at = who_acts(body), _seen_at(body)
            tell = telling(self.slack, body)
        try:
            async with saying_when_slow(tell, messages.being_given()):
                ending = await self.answers.give(person, key, [option], {}, seen_at=seen_at)
        except WRONG as error:
            await tell(_explain(error))
        else:
            if view:
                await tell(say(look.say_end(ending)))

    async def _open(self, body: Body) -> None:
        """Open a question in a modal: where it was asked in public, or needs more than a press."""
        key = read_question(body["actions"][0]["value"])
        person = who_acts(body)
        if not person.channel:
            person = Person(person.team, person.user, await self.slack.open_dm(person.user))
        try:
            view_id = await self.slack.open_view(str(body["trigger_id"]), look.loading_view())
        except EXPLAINED as error:
            if body.get("response_url"):
                await telling(self.slack, body)(explain(error))
            return
        async with saying_when_slow(self._telling_in(view_id)):
            view = await self._draw(person, Place(key, person.channel, _seen_at(body)))
        await self.slack.update_view(view_id, view)

    async def _draw(self, person: Person, place: Place) -> View:
        try:
            return self._view(await self.answers.see(person, place.key), place)
        except WRONG as error:
            return look.notice_view(_explain(error))

    def _view(self, case: Case, place: Place, problems: Sequence[Problem] = ()) -> View:
        """One page of the form in which a question is answered."""
        form = _form_of(case, place)
        asking = self.answers.describe(case)
        if form.obstacles:
            return look.notice_view(look.only_in_airflow(asking, form.obstacles[0].why))
        page = form.pages[place.page]
        inputs = draw_page(page, values=place.values, problems=problems)
        # What is shown comes back with the submission; kept here too, it could not be emptied.
        kept = {name: value for name, value in place.values.items() if not block_of(page, name)}
        return look.question_view(
            asking, replace(place, values=kept), inputs, pages=len(form.pages)
        )

    async def _submit(self, body: Body) -> Entry:
        """Read one page and go on to the next, or give the answer."""
        view = body["view"]
        place = Place.read(view["private_metadata"])
        person = who_acts(body, place.channel)
        try:
            return await self._go_on(person, place, view["state"]["values"])
        except WRONG as error:
            return Entry(look.notice_view(_explain(error)))

    async def _go_on(self, person: Person, place: Place, state: dict[str, Any]) -> Entry:
        case = await self.answers.see(person, place.key)
        form = _form_of(case, place)
        page = form.pages[place.page]
        entered = read_page(page, state, timezone=case.dag.timezone or "UTC")
        chosen = look.read_chosen(case.question, state)
        place = replace(place, values={**place.values, **entered.values}, chosen=chosen)
        if entered.problems:
            problems = [
                Problem(one.field.name, entered.problems[one.block_id])
                for one in page.questions
                if one.block_id in entered.problems
            ]
            return Entry(self._view(case, place, problems), entered.problems)
        if place.page + 1 < len(form.pages):
            return Entry(self._view(case, replace(place, page=place.page + 1)))
        try:
            ending = await self.answers.give(
                person,
                place.key,
                [case.question.options[number] for number in chosen],
                {**form.kept, **place.values},
                seen_at=place.seen_at,
            )
        except Misfit as misfit:
            return Entry(self._view(case, place, misfit.problems))
        return Entry(look.notice_view(say(look.say_end(ending))))

    async def _show_late(self, view_id: str, working: asyncio.Task[Entry]) -> None:
        entry = await working
        if entry.view:
            await self.slack.update_view(view_id, entry.view)

    def _telling_in(self, view_id: str) -> Tell:
        """How to tell somebody in their modal."""

        async def tell(message: Message) -> None:
            await self.slack.update_view(view_id, look.notice_view(message))

        return tell


def _seen_at(body: Body) -> float:
    """A moment at which the question was open: when its message was posted, else this one."""
    posted = (body.get("container") or {}).get("message_ts")
    return float(posted) if posted else time.time()


def _form_of(case: Case, place: Place) -> Form:
    return make_form(read_fields(case.question.params), place.values)


def _explain(error: Exception) -> Message:
    match error:
        case NotOpen():
            return look.no_longer_open(error.ending)
        case Misfit():
            return look.misfit()
        case _:
            return explain(error)
