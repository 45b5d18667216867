"""`/talent …`: every word a person can type after it.

The command is acknowledged first and carried out afterwards: Slack waits three seconds, Airflow
may take longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from .. import messages, metrics
from ..access import Person
from ..airflow_api import DagDetails, RequestRejected
from ..background import Background
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
from ..identity import short_name
from ..run_messages import root_message
from ..slack_api import SlackApi, TooLate
from ..workflows import ValuesRefused, check_values, read_fields, write_example
from .asking import Body, Tell, explaining, telling, who_types
from .forms import Forms

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
                async with explaining(tell):
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
        async with explaining(tell):
            visible = await self.desk.workflows(person)
            await tell(
                messages.workflow_list(
                    [(dag.dag_id, dag.dag_display_name, dag.description) for dag in visible]
                )
            )

    async def list_runs(self, person: Person, tell: Tell) -> None:
        async with explaining(tell):
            runs = await self.desk.own_runs(person)
            await tell(
                messages.run_list(
                    [self.desk.show(run) for run in runs],
                    [short_name(run.dag_run_id) for run in runs],
                )
            )

    async def show_run(self, person: Person, name: str, tell: Tell) -> None:
        async with explaining(tell):
            known = await self.desk.run(person, name)
            tasks = await self.desk.tasks(known.run.key)
            await tell(root_message(self.desk.show(known.run, tasks)))

    async def ask_to_cancel(self, person: Person, name: str, tell: Tell) -> None:
        async with explaining(tell):
            known = await self.desk.run(person, name)
            if known.run.is_finished:
                await tell(messages.not_now("it has ended already"))
            else:
                await tell(messages.ask_to_cancel(self.desk.show(known.run), known.run.key))

    async def start_again(self, person: Person, name: str, tell: Tell, body: Body) -> None:
        async with explaining(tell):
            known = await self.desk.run(person, name)
            dag, values = await self.desk.input_of(person, known.run.key)
            await self._start(person, dag, values, tell, body)

    async def open_or_start(self, person: Person, workflow: str, tell: Tell, body: Body) -> None:
        """Open the form of a workflow; start one that takes nothing."""
        async with explaining(tell, workflow):
            dag = await self.desk.workflow(person, workflow)
            if dag.params:
                await self._open(person, dag, {}, body)
            else:
                await self._start(person, dag, {}, tell, body)

    async def start_typed(self, person: Person, command: Start, tell: Tell, body: Body) -> None:
        """Start a workflow with what was typed; ask for what is missing in its form."""
        async with explaining(tell, command.workflow):
            dag = await self.desk.workflow(person, command.workflow)
            fields = read_fields(dag.params)
            try:
                values = check_values(
                    dag.dag_id, fields, command.values, timezone=dag.timezone or "UTC"
                )
            except ValuesRefused as refusal:
                if not refusal.is_incomplete:
                    await tell(
                        messages.unfit_values(
                            dag.dag_display_name, refusal.problems, refusal.example
                        )
                    )
                    return
                await self._open(person, dag, refusal.values, body)
            else:
                await self._start(person, dag, values, tell, body)

    async def _open(
        self, person: Person, dag: DagDetails, values: Mapping[str, Any], body: Body
    ) -> None:
        async def find() -> tuple[DagDetails, Mapping[str, Any]]:
            return dag, values

        await self.forms.open_form(body, person, find(), title=dag.dag_display_name)

    async def _start(
        self, person: Person, dag: DagDetails, values: Mapping[str, Any], tell: Tell, body: Body
    ) -> None:
        async with explaining(tell, dag.dag_display_name):
            try:
                await self.desk.start(
                    person,
                    dag,
                    values,
                    request_id=str(body["trigger_id"]),
                    response_url=str(body["response_url"]),
                )
            except SameIsRunning as same:
                try:
                    await self.forms.ask_whether_again(body, person, dag, values, same.run)
                except TooLate:
                    link = await self.desk.link_to(person, same.run)
                    await tell(messages.same_is_running(same.run, link))
            except RequestRejected as error:
                example = write_example(dag.dag_id, read_fields(dag.params))
                await tell(messages.rejected_by_airflow(dag.dag_display_name, str(error), example))
            else:
                if dag.max_active_runs and dag.active_runs_count >= dag.max_active_runs:
                    await tell(messages.queued_behind(dag.dag_display_name, dag.active_runs_count))
