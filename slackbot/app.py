"""What Slack sends: `/talent …`, and the checks that stand before everything.

Each listener acknowledges first and works afterwards, in the background: Slack waits three
seconds, Airflow may take longer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from . import messages
from .access import (
    WORKFLOW,
    Person,
    Refused,
    check_person,
    check_rules,
    read_rules,
    record_decision,
)
from .airflow_api import (
    AirflowApi,
    AirflowError,
    AirflowRefusedLogin,
    AlreadyInAirflow,
    Dag,
    DagDetails,
    NotInAirflow,
    RequestRejected,
)
from .background import Background
from .blocks import Message
from .command import CommandError, Help, ListWorkflows, Start, parse_command
from .runs import OutcomeUnknown, Runs
from .settings import Settings
from .slack_api import SlackApi, SlackError
from .workflows import ValuesRefused, check_values, find_nearest, read_fields, write_example

log = logging.getLogger(__name__)

COMMAND = "/talent"
SLOW = 2.2
"""Seconds after which a person is told that Airflow has not answered yet."""

Tell = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class App:
    """What the listeners need."""

    airflow: AirflowApi
    slack: SlackApi
    runs: Runs
    background: Background
    teams: frozenset[str]

    def bolt(self, settings: Settings, client: AsyncWebClient) -> AsyncApp:
        """The Bolt app with its middleware and listeners."""
        secret = settings.slack_signing_secret
        with _without_warning_about_tokens():
            bolt = AsyncApp(
                client=client,
                # Requests of Socket Mode are not signed, those of HTTP must be.
                signing_secret=secret.get_secret_value() if secret else None,
                request_verification_enabled=not settings.uses_socket_mode,
            )
        bolt.middleware(self.refuse_other_teams)
        bolt.command(COMMAND)(self.take_command)
        return bolt

    async def refuse_other_teams(
        self, context: AsyncBoltContext, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Stop whatever comes from a workspace that is not served."""
        if context.team_id in self.teams:
            return await next_()
        record_decision(
            Person(context.team_id or "-", context.user_id or "-", context.channel_id or "-"),
            workflow="-",
            allowed=False,
            why="foreign workspace",
        )
        return BoltResponse(status=200, body="This app does not serve your workspace.")

    async def take_command(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await ack()
        self.background.start(self.answer_command(body))

    async def answer_command(self, body: Mapping[str, Any]) -> None:
        """Do what a person typed, and tell that person, and nobody else, how it went.

        :param body: Slack's payload of a slash command, verified.
        """
        person = Person(str(body["team_id"]), str(body["user_id"]), str(body["channel_id"]))

        async def tell(message: Message) -> None:
            try:
                await self.slack.answer(str(body["response_url"]), message)
            except SlackError as error:
                log.warning("an answer did not reach its person: %s", error)

        try:
            command = parse_command(str(body.get("text") or ""))
        except CommandError as error:
            await tell(messages.unreadable_command(str(error), "/talent list"))
            return
        match command:
            case Help():
                await tell(messages.help_message())
            case ListWorkflows():
                await self.list_workflows(person, tell)
            case Start():
                await self.start_workflow(
                    person,
                    command,
                    tell,
                    request_id=str(body["trigger_id"]),
                    response_url=str(body["response_url"]),
                )

    async def list_workflows(self, person: Person, tell: Tell) -> None:
        try:
            async with _say_when_slow(tell):
                await check_person(person, teams=self.teams, directory=self.slack)
                visible = await self._visible_to(person)
        except Refused as refusal:
            record_decision(person, workflow="-", allowed=False, why=str(refusal))
            await tell(messages.refused(str(refusal)))
        except AirflowError as error:
            await tell(messages.refused(_in_plain_words(error)))
        else:
            await tell(
                messages.workflow_list(
                    [(dag.dag_id, dag.dag_display_name, dag.description) for dag in visible]
                )
            )

    async def start_workflow(
        self, person: Person, command: Start, tell: Tell, *, request_id: str, response_url: str
    ) -> None:
        """Start a run, or say in plain words why not; one audit line either way."""
        why, run_id = "started", None
        try:
            async with _say_when_slow(tell):
                await check_person(person, teams=self.teams, directory=self.slack)
                dag = await self._find(person, command.workflow)
                await check_rules(person, read_rules(dag.tags), directory=self.slack)
                _check_ready(dag)
                values = check_values(
                    dag.dag_id,
                    read_fields(dag.params),
                    command.values,
                    timezone=dag.timezone or "UTC",
                )
                run = await self.runs.start(
                    dag, values, person, request_id=request_id, response_url=response_url
                )
            run_id = run.dag_run_id
            if dag.max_active_runs and dag.active_runs_count >= dag.max_active_runs:
                await tell(messages.queued_behind(dag.dag_display_name, dag.active_runs_count))
        except Refused as refusal:
            why = str(refusal)
            await tell(messages.refused(why))
        except NoSuchWorkflow as missing:
            why = "no such workflow"
            await tell(messages.unknown_workflow(command.workflow, missing.nearest))
        except NotReady as reason:
            why = str(reason)
            await tell(messages.not_started(dag.dag_display_name, why))
        except ValuesRefused as refusal:
            why = "values do not fit"
            await tell(
                messages.unfit_values(dag.dag_display_name, refusal.problems, refusal.example)
            )
        except AlreadyInAirflow:
            why = "already started"
            await tell(messages.already_started(dag.dag_display_name))
        except RequestRejected as error:
            why = "rejected by Airflow"
            example = write_example(dag.dag_id, read_fields(dag.params))
            await tell(messages.rejected_by_airflow(dag.dag_display_name, str(error), example))
        except OutcomeUnknown as lost:
            why, run_id = "outcome unknown", lost.run.run_id
            await tell(messages.perhaps_started(dag.dag_display_name))
        except AirflowError as error:
            why = type(error).__name__
            await tell(messages.not_started(command.workflow, _in_plain_words(error)))
        record_decision(
            person,
            workflow=command.workflow,
            allowed=run_id is not None,
            why=why,
            run_id=run_id,
        )

    async def _find(self, person: Person, typed: str) -> DagDetails:
        """The workflow that was typed: by id, else by id or name whatever the case.

        :raises NoSuchWorkflow: also for DAGs that are no workflows, so that nobody can find out
            which DAGs there are.
        """
        try:
            dag = await self.airflow.dag(typed)
        except (NotInAirflow, RequestRejected):
            pass
        else:
            # A DAG whose file has an error is stale too, but it can be said what is wrong with it.
            is_there = dag.has_import_errors or not dag.is_stale
            if read_rules(dag.tags).is_workflow and is_there:
                return dag
        visible = await self._visible_to(person)
        names = {dag.dag_display_name: dag.dag_id for dag in visible}
        names |= {dag.dag_id: dag.dag_id for dag in visible}
        for name, dag_id in names.items():
            if name.casefold() == typed.casefold():
                return await self.airflow.dag(dag_id)
        nearest = find_nearest(typed, names)
        raise NoSuchWorkflow(names[nearest] if nearest else None)

    async def _visible_to(self, person: Person) -> Sequence[Dag]:
        visible = []
        for dag in await self.airflow.dags_tagged([WORKFLOW]):
            with suppress(Refused):
                await check_rules(person, read_rules(dag.tags), directory=self.slack)
                visible.append(dag)
        return visible


class NoSuchWorkflow(Exception):
    """Nothing of that name may be started; `nearest` was probably meant."""

    def __init__(self, nearest: str | None) -> None:
        super().__init__("no such workflow")
        self.nearest = nearest


class NotReady(Exception):
    """The workflow exists, but no run of it would go; the text says why."""


def _check_ready(dag: DagDetails) -> None:
    if dag.has_import_errors:
        raise NotReady("its DAG file has an error, so Airflow cannot run it; tell its author.")
    if dag.is_paused:
        raise NotReady("it is paused in Airflow; somebody has to switch it on there first.")


def _in_plain_words(error: AirflowError) -> str:
    if isinstance(error, AirflowRefusedLogin):
        return "Airflow does not accept my login. Please tell those who run this app."
    return str(error)


@contextmanager
def _without_warning_about_tokens() -> Iterator[None]:
    """Bolt reads SLACK_BOT_TOKEN by itself and warns that the client has a token already."""
    bolt_log = logging.getLogger("slack_bolt.AsyncApp")
    level = bolt_log.level
    bolt_log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        bolt_log.setLevel(level)


@asynccontextmanager
async def _say_when_slow(tell: Tell) -> AsyncIterator[None]:
    """Tell the person within three seconds that something is still being tried."""

    async def say() -> None:
        await asyncio.sleep(SLOW)
        await tell(messages.still_trying())

    waiting = asyncio.create_task(say())
    try:
        yield
    finally:
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
