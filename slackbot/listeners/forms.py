"""Modals: the menu of workflows and the forms made from their params.

Opening: the work begins at once, and when it takes longer than a moment a loading view opens, so
that Slack's three seconds are kept however slow Airflow is. Submitting: what is entered is
checked, and the run started, before the submission is acknowledged, so that everything wrong
comes back onto its field; when that takes too long the modal says so and shows the end of it.

The id of the modal is the id of the request, so a form starts at most one run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from .. import messages, views
from ..access import Person
from ..airflow_api import AlreadyInAirflow, Dag, DagDetails, DagRun, RequestRejected
from ..background import Background
from ..blocks import shorten
from ..buttons import OPEN_MENU, OPEN_WORKFLOW
from ..desk import Desk, NotReady, SameIsRunning
from ..explain import EXPLAINED, explain
from ..fields import Field, Problem, read_fields
from ..forms import (
    Form,
    Page,
    block_of,
    draw_page,
    make_form,
    read_page,
    read_refusal,
    takes_file,
)
from ..slack_api import SlackApi
from ..views import Draft, View
from .asking import SLOW, Body, who_acts

TITLE: Final = "Start a workflow"
MOMENT: Final = 0.5
"""Seconds after which a loading view opens."""

MAX_REASON: Final = 300
"""Characters of Airflow's reason that are shown."""

Open = Callable[[View], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a submission leads to.

    :param errors: What is wrong, by block, when the person is still waiting for the answer.
    :param view: What the modal shows next; None closes it.
    """

    view: View | None = None
    errors: Mapping[str, str] | None = None

    def as_answer(self) -> dict[str, Any]:
        """https://docs.slack.dev/surfaces/modals#response_actions"""
        if self.errors:
            return {"response_action": "errors", "errors": dict(self.errors)}
        if self.view:
            return {"response_action": "update", "view": self.view}
        return {"response_action": "clear"}


@dataclass(frozen=True, slots=True)
class Forms:
    """What is chosen and filled in."""

    desk: Desk
    slack: SlackApi
    background: Background

    def register(self, bolt: AsyncApp) -> None:
        bolt.action(OPEN_WORKFLOW)(self.take_choice)
        bolt.action(OPEN_MENU)(self.take_menu)
        bolt.action(views.SEARCH)(self.take_choice)
        bolt.options(views.SEARCH)(self.take_search)
        bolt.view(views.FORM)(self.take_submission)

    async def open_menu(self, body: Body, person: Person) -> None:
        """Show the workflows that a person may start.

        :raises TooLate: nothing was opened.
        """
        draft = Draft("", person.channel, body.get("response_url"))

        async def draw() -> View:
            return views.menu_view(await self.desk.workflows(person), draft)

        await self.open(TITLE, draft, draw(), self.opening(body))

    async def open_form(
        self,
        body: Body,
        person: Person,
        find: Coroutine[Any, Any, tuple[DagDetails, Mapping[str, Any]]],
        *,
        title: str = TITLE,
    ) -> None:
        """Show the form of a workflow.

        :param body: Of what the person did; its `trigger_id` is spent.
        :param find: Finds the workflow and what is filled in already.
        :raises TooLate: nothing was opened.
        """
        draft = Draft("", person.channel, body.get("response_url"))

        async def draw() -> View:
            dag, values = await find
            return draw_form(dag, choose(dag, replace(draft, values=values)))

        await self.open(title, draft, draw(), self.opening(body))

    async def ask_whether_again(
        self,
        body: Body,
        person: Person,
        dag: DagDetails,
        values: Mapping[str, Any],
        run: DagRun,
    ) -> None:
        """Show that the same is running already, with a button to start it all the same.

        :raises TooLate: nothing was opened.
        """
        draft = Draft(dag.dag_id, person.channel, body.get("response_url"), values=values)
        view = await self._ask_whether_again(person, dag, draft, run)
        await self.opening(body)(view)

    async def open(
        self, title: str, draft: Draft, draw: Coroutine[Any, Any, View], open_view: Open
    ) -> None:
        """Show a modal as soon as it is drawn, and a loading view until then when that takes
        longer than a moment. What goes wrong stands in the modal.

        :raises TooLate: nothing was opened.
        """
        drawing = asyncio.create_task(_draw_or_explain(title, draw))
        try:
            done, _ = await asyncio.wait({drawing}, timeout=MOMENT)
            if done:
                await open_view(drawing.result())
            else:
                view_id = await open_view(views.loading_view(title, draft))
                await self.slack.update_view(view_id, await drawing)
        finally:
            drawing.cancel()

    async def take_menu(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self.open_menu_of(body))

    async def take_choice(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._open_chosen(body))

    async def take_search(self, ack: AsyncAck, body: Body) -> None:
        """Offer the workflows whose names hold what is typed."""
        draft = Draft.read(body["view"]["private_metadata"])
        typed = str(body.get("value") or "").casefold()
        try:
            async with asyncio.timeout(SLOW):
                visible = await self.desk.workflows(who_acts(body, draft.channel))
        except (*EXPLAINED, TimeoutError):
            visible = ()
        await ack(options=[views.choice(dag) for dag in visible if _fits(dag, typed)][:100])

    async def take_submission(self, ack: AsyncAck, body: Body) -> None:
        view = body["view"]
        working = asyncio.create_task(self._submit(body))
        done, _ = await asyncio.wait({working}, timeout=SLOW)
        if done:
            await ack(**working.result().as_answer())
            return
        title = view["title"]["text"]
        await ack(response_action="update", view=views.notice_view(title, messages.still_trying()))
        self.background.start(self._show_late(view["id"], title, working))

    async def open_menu_of(self, body: Body) -> None:
        await self.open_menu(body, await self.with_place(who_acts(body)))

    async def _open_chosen(self, body: Body) -> None:
        """Open the form of a workflow: on top of the menu in which it was chosen, if in one."""
        action, view = body["actions"][0], body.get("view") or {}
        name = action.get("value") or action["selected_option"]["value"]
        draft = Draft.read(view["private_metadata"]) if view.get("private_metadata") else None
        person = await self.with_place(who_acts(body, draft.channel if draft else None))
        draft = draft or Draft("", person.channel)

        async def draw() -> View:
            dag = await self.desk.workflow(person, name)
            return draw_form(dag, choose(dag, draft))

        await self.open(TITLE, draft, draw(), self.opening(body))

    async def _submit(self, body: Body) -> Entry:
        """Read one page and go on to the next, or start the run."""
        view = body["view"]
        title = view["title"]["text"]
        try:
            return await self._go_on(body, Draft.read(view["private_metadata"]))
        except AlreadyInAirflow:
            # A second press, or Slack's second delivery of the first.
            return Entry()
        except EXPLAINED as error:
            return Entry(views.notice_view(title, explain(error, title)))

    async def _go_on(self, body: Body, draft: Draft) -> Entry:
        person = who_acts(body, draft.channel)
        dag = await self.desk.workflow(person, draft.workflow)
        if not draft.even_if_same:
            pages = form_of(dag, draft).pages
            # The DAG may have lost some while the form was open.
            page = pages[min(draft.page, len(pages) - 1)]
            state = body["view"]["state"]["values"]
            answers = read_page(page, state, timezone=dag.timezone or "UTC")
            draft = replace(draft, values={**draft.values, **answers.values})
            if answers.problems:
                problems = _name_fields(dag, page, answers.problems)
                return Entry(draw_form(dag, draft, problems=problems), answers.problems)
            if draft.page + 1 < len(pages):
                return Entry(draw_form(dag, replace(draft, page=draft.page + 1)))
        return await self._start(body["view"]["id"], person, dag, draft)

    async def _start(self, request_id: str, person: Person, dag: DagDetails, draft: Draft) -> Entry:
        try:
            await self.desk.start(
                person,
                dag,
                {**form_of(dag, draft).kept, **draft.values},
                request_id=request_id,
                response_url=draft.response_url,
                even_if_same=draft.even_if_same,
            )
        except SameIsRunning as same:
            return Entry(await self._ask_whether_again(person, dag, draft, same.run))
        except RequestRejected as error:
            return _put_back(dag, draft, str(error))
        if draft.response_url:
            return Entry()
        # Asked for outside a conversation, so say where to look.
        name = dag.dag_display_name
        return Entry(views.notice_view(name, messages.started(name)))

    async def _ask_whether_again(
        self, person: Person, dag: DagDetails, draft: Draft, run: DagRun
    ) -> View:
        message = messages.same_is_running(run, await self.desk.link_to(person, run))
        return views.same_view(dag, message, replace(draft, even_if_same=True))

    async def _show_late(self, view_id: str, title: str, working: asyncio.Task[Entry]) -> None:
        entry = await working
        view = entry.view or views.notice_view(title, messages.done(title))
        await self.slack.update_view(view_id, view)

    async def with_place(self, person: Person) -> Person:
        """The person, asking in the direct message with the bot when nowhere else."""
        if person.channel:
            return person
        return replace(person, channel=await self.slack.open_dm(person.user))

    def opening(self, body: Body) -> Open:
        """How to open a modal after an act: on top of the one in which it happened, if in one."""
        is_in_modal = (body.get("view") or {}).get("type") == "modal"
        put = self.slack.push_view if is_in_modal else self.slack.open_view
        return partial(put, str(body["trigger_id"]))


def file_field(dag: DagDetails) -> Field | None:
    """The first field of a workflow that takes a file."""
    return next((field for field in read_fields(dag.params) if takes_file(field)), None)


def choose(dag: DagDetails, draft: Draft) -> Draft:
    """The draft for a workflow that was chosen, with the files that the person chose before."""
    draft = replace(draft, workflow=dag.dag_id)
    field = file_field(dag)
    if not draft.files or field is None:
        return draft
    files = list(draft.files)
    given = files if "array" in field.types else files[0]
    return replace(draft, values={**draft.values, field.name: given}, kept=(field.name,))


def form_of(dag: DagDetails, draft: Draft) -> Form:
    """The form of what is still asked for."""
    fields = [field for field in read_fields(dag.params) if field.name not in draft.kept]
    return make_form(fields, draft.values)


def draw_form(dag: DagDetails, draft: Draft, *, problems: Sequence[Problem] = ()) -> View:
    """The page of a form at which a draft is."""
    form = form_of(dag, draft)
    if form.obstacles:
        first = form.obstacles[0]
        raise NotReady(dag, f"its value {first.field.name} {first.why}.")
    page = form.pages[min(draft.page, len(form.pages) - 1)]
    blocks = draw_page(page, values=draft.values, problems=problems)
    # What is shown comes back with the submission; kept here too, it could not be emptied.
    elsewhere = {
        name: value for name, value in draft.values.items() if block_of(page, name) is None
    }
    return views.form_view(dag, blocks, replace(draft, values=elsewhere), pages=len(form.pages))


async def _draw_or_explain(title: str, draw: Coroutine[Any, Any, View]) -> View:
    try:
        return await draw
    except EXPLAINED as error:
        return views.notice_view(title, explain(error, title))


def _put_back(dag: DagDetails, draft: Draft, reason: str) -> Entry:
    """Airflow's refusal of a value, on the field that it is about."""
    form = form_of(dag, draft)
    problem = read_refusal(reason, read_fields(dag.params)) or Problem("Airflow", reason)
    problem = Problem(problem.field, shorten(problem.text, MAX_REASON))
    blocks = [block_of(page, problem.field) for page in form.pages]
    number = next((number for number, block in enumerate(blocks) if block), draft.page)
    view = draw_form(dag, replace(draft, page=number), problems=[problem])
    block = blocks[number] if number == draft.page else None
    return Entry(view, {block: problem.text} if block else None)


def _name_fields(dag: DagDetails, page: Page, problems: Mapping[str, str]) -> list[Problem]:
    names = {block_of(page, field.name): field.name for field in read_fields(dag.params)}
    return [Problem(names.get(block, ""), text) for block, text in problems.items()]


def _fits(dag: Dag, typed: str) -> bool:
    return typed in dag.dag_display_name.casefold() or typed in dag.dag_id.casefold()
