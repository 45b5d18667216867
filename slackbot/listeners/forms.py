"""Modals: the menu of workflows and the forms made from their params.

Opening: the work begins at once, and when it takes longer than a moment a loading view opens, so
that Slack's three seconds are kept however slow Airflow is (`windows`). Submitting: what is entered
is checked, and the run started, before the submission is acknowledged, so that everything wrong
comes back onto its field. When that takes too long a second view says so, on top of the form, and
then how it ended; a form that came to nothing is still there below it.

The id of the modal is the id of the request, so a form starts at most one run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from ...services.airflow_api import AlreadyInAirflow, Dag, DagDetails, DagRun, RequestRejected
from .. import messages, views
from ..access import Person
from ..background import Background
from ..blocks import shorten, without_markup
from ..buttons import OPEN_MENU, OPEN_WORKFLOW
from ..desk import Desk, NotReady, SameIsRunning
from ..explain import EXPLAINED, explain
from ..fields import Field, Problem, read_fields
from ..forms import (
    Form,
    Page,
    block_of,
    draw_page,
    file_types,
    make_form,
    read_page,
    read_refusal,
    takes_file,
)
from ..slack_api import SlackApi
from ..views import Draft, DraftTooLong, View
from .asking import SLOW, Body, explaining, telling, who_acts
from .windows import window_of

TITLE: Final = "Start a workflow"

MAX_REASON: Final = 300
"""Characters of Airflow's reason that are shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a submission leads to.

    :param errors: What is wrong, by block of the view that was submitted.
    :param view: What the modal shows next; None, and no errors, closes it.
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
        """Show the workflows that a person may start."""

        async def draw() -> View:
            placed = await self.with_place(person)
            draft = Draft("", placed.channel, body.get("response_url"))
            return views.menu_view(await self.desk.workflows(placed), draft)

        await self.open(body, TITLE, draw())

    async def open_form(
        self,
        body: Body,
        person: Person,
        find: Coroutine[Any, Any, tuple[DagDetails, Mapping[str, Any]]],
    ) -> None:
        """Show the form of a workflow.

        :param find: Finds the workflow and what is filled in already.
        """

        async def draw() -> View:
            dag, values = await find
            draft = Draft("", person.channel, body.get("response_url"), values=values)
            return draw_chosen(dag, draft)

        await self.open(body, TITLE, draw())

    async def open(self, body: Body, title: str, draw: Coroutine[Any, Any, View]) -> None:
        """Show a modal in time. What goes wrong stands in the modal; when none can be opened the
        person is told so.

        :param body: Of what the person did; its `trigger_id` is spent.
        """
        window = window_of(self.slack, body)
        async with explaining(telling(self.slack, body), title):
            await window.show(await window.wait(title, _draw_or_explain(title, draw)))

    async def take_menu(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self.open_menu(body, who_acts(body)))

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
        fitting = [dag for dag in visible if _fits(dag, typed)]
        await ack(options=views.choices(fitting))

    async def take_submission(self, ack: AsyncAck, body: Body) -> None:
        working = asyncio.create_task(self._submit(body))
        done, _ = await asyncio.wait({working}, timeout=SLOW)
        if done:
            await ack(**working.result().as_answer())
            return
        title = body["view"]["title"]["text"]
        waiting = views.notice_view(title, messages.still_trying())
        # One for each view that is submitted, by which it is found again.
        name = f"late {body['view']['id']} {body['view']['hash']}"
        await ack(response_action="push", view={**waiting, "external_id": name})
        self.background.start(self._show_late(body, name, title, working))

    async def _open_chosen(self, body: Body) -> None:
        """Open the form of a workflow: on top of the menu in which it was chosen, if in one."""
        action, view = body["actions"][0], body.get("view") or {}
        name = action.get("value") or action["selected_option"]["value"]
        draft = Draft.read(view["private_metadata"]) if view.get("private_metadata") else None
        person = who_acts(body, draft.channel if draft else None)

        async def draw() -> View:
            placed = await self.with_place(person)
            dag = await self.desk.workflow(placed, name)
            chosen = draft or Draft("", placed.channel, body.get("response_url"))
            return draw_chosen(dag, _take_file(chosen, str(action.get("block_id"))))

        await self.open(body, TITLE, draw())

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
            said = explain(error, title)
            first = next(iter(view["state"]["values"]), None)
            # On a field, so that nothing of what was entered is lost.
            errors = {first: without_markup(said.text)} if first else None
            return Entry(views.notice_view(title, said), errors)

    async def _go_on(self, body: Body, draft: Draft) -> Entry:
        person = who_acts(body, draft.channel)
        dag = await self.desk.workflow(person, draft.workflow)
        shown = body["view"]["state"]["values"]
        if not draft.even_if_same:
            pages = form_of(dag, draft).pages
            # The DAG may have lost some while the form was open.
            page = pages[min(draft.page, len(pages) - 1)]
            answers = read_page(page, shown, timezone=dag.timezone or "UTC")
            draft = replace(draft, values={**draft.values, **answers.values})
            if answers.problems:
                problems = _name_fields(dag, page, answers.problems)
                return Entry(draw_form(dag, draft, problems=problems), answers.problems)
            if draft.page + 1 < len(pages):
                return Entry(draw_form(dag, replace(draft, page=draft.page + 1)))
        try:
            return await self._start(body["view"]["id"], person, dag, draft)
        except RequestRejected as error:
            return _put_back(dag, replace(draft, even_if_same=False), str(error), shown)

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
            return Entry(await self.ask_whether_again(person, dag, draft, same.run))
        if draft.response_url:
            return Entry()
        # Asked for outside a conversation, so say where to look.
        name = dag.dag_display_name
        return Entry(views.last_view(name, messages.started(name)))

    async def ask_whether_again(
        self, person: Person, dag: DagDetails, draft: Draft, run: DagRun
    ) -> View:
        """That the same is running already, with a button to start it all the same."""
        message = messages.same_is_running(run, await self.desk.link_to(person, run))
        try:
            return views.same_view(dag, message, replace(draft, even_if_same=True))
        except DraftTooLong:
            return views.notice_view(dag.dag_display_name, message)

    async def _show_late(
        self, body: Body, name: str, title: str, working: asyncio.Task[Entry]
    ) -> None:
        entry = await working
        if entry.errors:
            said = messages.unfit_entries(title, list(entry.errors.values()))
            view = views.notice_view(title, said)
        elif entry.view:
            view = entry.view
        else:
            view = views.last_view(title, messages.done(title))
        if not await self.slack.update_named_view(name, view):
            draft = Draft.read(body["view"]["private_metadata"])
            await telling(self.slack, body, draft.response_url)(views.message_of(view))

    async def with_place(self, person: Person) -> Person:
        """The person, asking in the direct message with the bot when nowhere else."""
        if person.channel:
            return person
        return replace(person, channel=await self.slack.open_dm(person.user))


def file_field(dag: DagDetails) -> Field | None:
    """The first field of a workflow that takes a file."""
    return next((field for field in read_fields(dag.params) if takes_file(field)), None)


def draw_chosen(dag: DagDetails, draft: Draft) -> View:
    """The form of a workflow that was chosen, for the files that were chosen before; which of
    them, when it takes only one."""
    draft = replace(draft, workflow=dag.dag_id)
    field = file_field(dag)
    if not draft.files or field is None:
        return draw_form(dag, draft)
    kinds = file_types(field)
    files = {
        file: name
        for file, name in draft.files.items()
        if not kinds or name.rpartition(".")[2].lower() in kinds
    }
    if not files:
        return views.notice_view(dag.dag_display_name, messages.takes_other_files(dag, kinds))
    if "array" in field.types:
        given: Any = list(files)
    elif len(files) == 1:
        given = next(iter(files))
    else:
        return views.file_view(dag, replace(draft, files=files))
    values = {**draft.values, field.name: given}
    return draw_form(dag, replace(draft, files=files, values=values, kept=(field.name,)))


def _take_file(draft: Draft, chosen: str) -> Draft:
    """The draft for the one of several files that was chosen, if one was."""
    return replace(draft, files={chosen: draft.files[chosen]}) if chosen in draft.files else draft


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


def _put_back(dag: DagDetails, draft: Draft, reason: str, shown: Collection[str]) -> Entry:
    """Airflow's refusal of a value, on the field that it is about.

    :param shown: The blocks of the view that was submitted.
    """
    form = form_of(dag, draft)
    problem = read_refusal(reason, read_fields(dag.params)) or Problem("Airflow", reason)
    problem = Problem(problem.field, shorten(problem.text, MAX_REASON))
    blocks = [block_of(page, problem.field) for page in form.pages]
    number = next((number for number, block in enumerate(blocks) if block), draft.page)
    view = draw_form(dag, replace(draft, page=number), problems=[problem])
    block = blocks[min(number, len(blocks) - 1)]
    return Entry(view, {block: problem.text} if block and block in shown else None)


def _name_fields(dag: DagDetails, page: Page, problems: Mapping[str, str]) -> list[Problem]:
    names = {block_of(page, field.name): field.name for field in read_fields(dag.params)}
    return [Problem(names.get(block, ""), text) for block, text in problems.items()]


def _fits(dag: Dag, typed: str) -> bool:
    return typed in dag.dag_display_name.casefold() or typed in dag.dag_id.casefold()
