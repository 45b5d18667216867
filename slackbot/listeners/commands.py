"""`/talent …`: every word a person can type after it.

The command is acknowledged first and carried out afterwards: Slack waits three seconds, Airflow
may take longer.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from ...services.airflow_api import DagDetails, RequestRejected
from .. import messages, metrics
from ..access import Person
from ..background import Background
from ..blocks import MAX_NAME, shorten
from ..command import (
    Again,
    Cancel,
    CommandError,
    Help,
    ListWorkflows,
    Menu,
    Start,
    Status,
    parse_command,
)
from ..desk import Desk, SameIsRunning
from ..explain import ValuesDoNotFit
from ..fields import read_fields
from ..identity import short_name
from ..run_messages import root_message
from ..slack_api import SlackApi, TooLate
from ..views import Draft, last_view
from ..workflows import ValuesRefused, check_values, write_example
from .asking import Body, Tell, answering, explaining, telling, who_types
from .forms import Forms, draw_chosen
from .windows import Window, window_of

COMMAND: Final = "/talent"

COUNTED_AS: Mapping[type, metrics.CommandKind] = {
    Again: "again",
    Cancel: "cancel",
    Help: "help",
    ListWorkflows: "list",
    Menu: "menu",
    Start: "start",
    Status: "status",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A workflow to start.

    :param is_incomplete: It wants more than these values.
    """

    dag: DagDetails
    values: Mapping[str, Any]
    is_incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Commands:
    """What is typed."""

    desk: Desk
    slack: SlackApi
    forms: Forms
    background: Background

    def register(self, bolt: AsyncApp) -> None:
        bolt.command(COMMAND)(self.take)

    async def take(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self.answer(body))

    async def answer(self, body: Body) -> None:
        """Do what a person typed, and tell that person, and nobody else, how it went."""
        person, tell = who_types(body), telling(self.slack, body)
        try:
            command = parse_command(str(body.get("text") or ""))
        except CommandError as error:
            metrics.command("unreadable")
            await tell(messages.unreadable_command(str(error), "/talent list"))
            return
        metrics.command(COUNTED_AS[type(command)])
        match command:
            case Help():
                await tell(messages.help_message())
            case Menu():
                await self.forms.open_menu(body, person)
            case ListWorkflows():
                await self.list_workflows(person, tell)
            case Status(None):
                await self.list_runs(person, tell)
            case Status(str(run)):
                await self.show_run(person, run, tell)
            case Cancel(run):
                await self.ask_to_cancel(person, run, tell)
            case Again(run):
                await self.start_again(person, run, tell, body)
            case Start(workflow, ()):
                await self.open_or_start(person, workflow, tell, body)
            case Start():
                await self.start_typed(person, command, tell, body)

    async def list_workflows(self, person: Person, tell: Tell) -> None:
        async with answering(tell):
            visible = await self.desk.workflows(person)
            await tell(
                messages.workflow_list(
                    [(dag.dag_id, dag.dag_display_name, dag.description) for dag in visible]
                )
            )

    async def list_runs(self, person: Person, tell: Tell) -> None:
        async with answering(tell):
            runs = await self.desk.own_runs(person)
            await tell(
                messages.run_list(
                    [self.desk.show(run) for run in runs],
                    [short_name(run.dag_run_id) for run in runs],
                )
            )

    async def show_run(self, person: Person, name: str, tell: Tell) -> None:
        async with answering(tell):
            known = await self.desk.run(person, name)
            tasks = await self.desk.tasks(known.run.key)
            await tell(root_message(self.desk.show(known.run, tasks)))

    async def ask_to_cancel(self, person: Person, name: str, tell: Tell) -> None:
        async with answering(tell):
            known = await self.desk.run(person, name)
            await self.desk.check_steering(person, known)
            if known.run.is_finished:
                await tell(messages.not_now("it has ended already"))
            else:
                await tell(messages.ask_to_cancel(self.desk.show(known.run), known.run.key))

    async def start_again(self, person: Person, name: str, tell: Tell, body: Body) -> None:
        async def find() -> Found:
            known = await self.desk.run(person, name)
            return Found(*await self.desk.input_of(person, known.run.key))

        await self._fill_in_or_start(person, name, find(), tell, body)

    async def open_or_start(self, person: Person, workflow: str, tell: Tell, body: Body) -> None:
        """Open the form of a workflow; start one that takes nothing."""

        async def find() -> Found:
            dag = await self.desk.workflow(person, workflow)
            return Found(dag, {}, is_incomplete=bool(dag.params))

        await self._fill_in_or_start(person, workflow, find(), tell, body)

    async def start_typed(self, person: Person, command: Start, tell: Tell, body: Body) -> None:
        """Start a workflow with what was typed; ask for what is missing in its form."""

        async def find() -> Found:
            dag = await self.desk.workflow(person, command.workflow)
            fields, zone = read_fields(dag.params), dag.timezone or "UTC"
            try:
                values = check_values(dag.dag_id, fields, command.values, timezone=zone)
            except ValuesRefused as refusal:
                if refusal.is_incomplete:
                    return Found(dag, refusal.values, is_incomplete=True)
                raise ValuesDoNotFit(dag.dag_display_name, refusal) from None
            return Found(dag, values)

        await self._fill_in_or_start(person, command.workflow, find(), tell, body)

    async def _fill_in_or_start(
        self,
        person: Person,
        typed: str,
        find: Coroutine[Any, Any, Found],
        tell: Tell,
        body: Body,
    ) -> None:
        window = window_of(self.slack, body)
        async with explaining(tell, typed):
            found = await window.wait(shorten(typed, MAX_NAME), find)
            draft = Draft("", person.channel, str(body["response_url"]), values=found.values)
            if found.is_incomplete:
                await window.show(draw_chosen(found.dag, draft))
            else:
                await self._start(person, found.dag, draft, tell, body, window)

    async def _start(
        self,
        person: Person,
        dag: DagDetails,
        draft: Draft,
        tell: Tell,
        body: Body,
        window: Window,
    ) -> None:
        name = dag.dag_display_name
        async with answering(tell, name):
            try:
                await self.desk.start(
                    person,
                    dag,
                    draft.values,
                    request_id=str(body["trigger_id"]),
                    response_url=draft.response_url,
                )
            except SameIsRunning as same:
                draft = replace(draft, workflow=dag.dag_id)
                try:
                    view = await self.forms.ask_whether_again(person, dag, draft, same.run)
                    await window.show(view)
                except TooLate:
                    link = await self.desk.link_to(person, same.run)
                    await tell(messages.same_is_running(same.run, link))
                return
            except RequestRejected as error:
                example = write_example(dag.dag_id, read_fields(dag.params))
                await tell(messages.rejected_by_airflow(name, str(error), example))
                return
            if window.is_open:
                await window.show(last_view(name, messages.done(name)))
            if dag.max_active_runs and dag.active_runs_count >= dag.max_active_runs:
                await tell(messages.queued_behind(name, dag.active_runs_count))
