"""What people may ask for, whichever way they ask: by a command, a form, a button.

Every method first finds out who is asking and whether they may, and leaves one audit line. What
goes wrong is raised; `explain` has the words for it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..provider.contracts import SLACK_CONF, SLACK_RESULT, SlackAction
from ..services.airflow_api import (
    ACTIVE,
    AirflowApi,
    AirflowError,
    AlreadyInAirflow,
    Dag,
    DagDetails,
    DagRun,
    NotInAirflow,
    RequestRejected,
    RunKey,
    TaskInstance,
    XComEntry,
)
from . import metrics
from .access import (
    WORKFLOW,
    Directory,
    Home,
    Person,
    Refused,
    Rules,
    channel_of,
    check_person,
    check_reach,
    check_rules,
    read_rules,
    record_decision,
)
from .accounts import Accounts
from .buttons import ActionKey
from .command import COMMANDS
from .follow import Follower
from .identity import Starter, ids_of, name_run, read_starter
from .note import begin_round, read_line
from .progress import RunProgress
from .reports import Reporter, owe_reports
from .results import read_result
from .runs import OutcomeUnknown, Runs
from .slack_api import SlackApi, SlackError
from .workflows import find_nearest, read_fields

SHORT_NAME = re.compile(r"[0-9a-f]{4,16}")
"""The beginning of the hash in a run's id, as the root message shows it."""

MY_RUNS = 10
AT_ONCE = 8


class NoSuchWorkflow(Exception):
    """Nothing of that name may be started; `nearest` was probably meant."""

    def __init__(self, typed: str, nearest: str | None) -> None:
        super().__init__("no such workflow")
        self.typed = typed
        self.nearest = nearest


class NotReady(Exception):
    """The workflow exists, but no run of it would go; the text says why."""

    def __init__(self, dag: Dag, why: str) -> None:
        super().__init__(why)
        self.dag = dag


class NoSuchRun(Exception):
    """There is no such run, or this person may not see it."""


class NotNow(Exception):
    """The run is in a state in which this cannot be done; the text says so."""


class NotYet(Exception):
    """What was asked for makes sense only from this moment on."""

    def __init__(self, moment: datetime) -> None:
        super().__init__("not yet")
        self.moment = moment


class SameIsRunning(Exception):
    """A run with the same input goes on already."""

    def __init__(self, run: DagRun) -> None:
        super().__init__("the same is running")
        self.run = run


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run that a person may see.

    :param starter: Who asked for it in Slack; None when its schedule or somebody in Airflow did.
    """

    run: DagRun
    dag: DagDetails
    starter: Starter | None


@dataclass(frozen=True, slots=True)
class Desk:
    """:param airflow: Airflow as the bot's own account sees it, for everything that is only read.
    :param accounts: In whose name runs are started, ended and cleared.
    :param teams: The workspaces that are served.
    :param key: Of the signatures in `conf["slack"]`.
    :param home: The workspace to which runs must belong to be seen; None for any.
    """

    airflow: AirflowApi
    accounts: Accounts
    directory: Directory
    slack: SlackApi
    runs: Runs
    follower: Follower
    reporter: Reporter
    teams: frozenset[str]
    key: bytes
    home: Home | None = None

    async def workflows(self, person: Person) -> Sequence[Dag]:
        """The workflows that a person may start, by name."""
        async with self._audited(person, "list"):
            await self._check_person(person)
            return await self._visible_to(person)

    async def workflow_details(self, person: Person) -> Sequence[DagDetails]:
        """The workflows that a person may start, with what each takes."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(dag: Dag) -> DagDetails:
            async with gate:
                return await self.airflow.dag(dag.dag_id)

        return await asyncio.gather(*(ask(dag) for dag in await self.workflows(person)))

    async def workflow(self, person: Person, name: str) -> DagDetails:
        """The workflow of this id, else of this id or name whatever the case; it may be started.

        :raises NoSuchWorkflow: also for DAGs that are no workflows, so that nobody can find out
            which DAGs there are.
        :raises Refused, NotReady: it may not, or would not go.
        """
        async with self._audited(person, "open", name, is_settled=False):
            await self._check_person(person)
            dag = await self._find(person, name)
            await check_rules(person, read_rules(dag.tags), directory=self.directory)
            _check_ready(dag)
            return dag

    async def start(
        self,
        person: Person,
        dag: DagDetails,
        values: Mapping[str, Any],
        *,
        request_id: str,
        response_url: str | None = None,
        even_if_same: bool = False,
    ) -> DagRun:
        """Start a run with values that fit (`workflows.check_values`, `forms.read_page`).

        :param request_id: Slack's id of what the person did; the same one starts nothing twice.
        :param response_url: Where the person can be told more within half an hour.
        :param even_if_same: Also while a run with the same input goes on.
        :raises SameIsRunning: one does; nothing was started.
        :raises AlreadyInAirflow: this very request has started its run before.
        :raises OutcomeUnknown: it may be started, and is reported if it is.
        """
        async with self._audited(person, "start", dag.dag_id) as line:
            # Again, since the form may have been open for an hour.
            await self._check_person(person)
            await check_rules(person, read_rules(dag.tags), directory=self.directory)
            own = RunKey(dag.dag_id, name_run(person.team, person.user, request_id))
            if not even_if_same and (twin := await self._find_twin(person, dag, values, own)):
                raise SameIsRunning(twin)
            try:
                run = await self.runs.start(
                    dag, values, person, request_id=request_id, response_url=response_url
                )
            except OutcomeUnknown as lost:
                line.run_id = lost.run.run_id
                raise
            line.run_id = run.dag_run_id
            metrics.run_started(dag.dag_id)
            return run

    async def own_runs(self, person: Person) -> Sequence[DagRun]:
        """The latest runs that a person started, the newest first."""
        async with self._audited(person, "status"):
            await self._check_person(person)
            found = await self.airflow.latest_runs(ids_of(person.team, person.user), count=MY_RUNS)
            return [run for run in found if read_starter(run.conf, run.key, self.key)]

    async def run(self, person: Person, name: str) -> KnownRun:
        """The run of this short name or id, when the person may see it.

        :param name: As the root message shows it, or the whole run id.
        :raises NoSuchRun: nothing fits, or more than one run does.
        """
        async with self._audited(person, "status"):
            await self._check_person(person)
            found = [
                known
                for run in await self._find_runs(person, name)
                if (known := await self._known(person, run))
            ]
            if len(found) != 1:
                raise NoSuchRun
            return found[0]

    async def run_of(self, person: Person, key: RunKey) -> KnownRun:
        """The run that a button is about, when the person may see it.

        :raises NoSuchRun: it was deleted, or this person may not.
        """
        await self._check_person(person)
        try:
            run = await self.airflow.run(key)
        except NotInAirflow:
            raise NoSuchRun from None
        known = await self._known(person, run)
        if known is None:
            raise NoSuchRun
        return known

    def show(self, run: DagRun, tasks: Sequence[TaskInstance] = ()) -> RunProgress:
        """A run as its message shows it."""
        watch = owe_reports(run, read_rules(()), self.key)
        watch.tasks = list(tasks)
        watch.cancelled_by = cancelled_by(run)
        return self.reporter.progress(watch)

    async def link_to(self, person: Person, run: DagRun) -> str:
        """Where a person may look at a run: its message when they can see it, else Airflow."""
        starter = read_starter(run.conf, run.key, self.key)
        line = read_line(run.note)
        for post in line.posts.values() if line else ():
            is_theirs = starter is not None and starter.user == person.user
            if post.ts and (is_theirs or post.channel == person.channel):
                with suppress(SlackError):
                    return await self.slack.permalink(channel=post.channel, ts=post.ts)
        return self.reporter.progress(owe_reports(run, read_rules(()), self.key)).link

    async def tasks(self, run: RunKey) -> list[TaskInstance]:
        return await self.airflow.task_instances([run])

    async def cancel(self, person: Person, key: RunKey) -> KnownRun:
        """End a run; what its tasks have sent is sent.

        :raises NotNow: it has ended by itself.
        """
        async with self._audited(person, "cancel", key.dag_id, key.run_id):
            known = await self.run_of(person, key)
            await self.check_steering(person, known)
            if known.run.state not in ACTIVE:
                raise NotNow("it has ended already")
            await self.reporter.note_cancelled(key, person.user)
            try:
                await self.accounts.acting_for(person.user).end_run(key)
            except AirflowError:
                await self.reporter.note_cancelled(key, None)
                raise
            return known

    async def retry(self, person: Person, key: RunKey) -> KnownRun:
        """Let what failed in a run be tried again, and report its end anew.

        :raises NotNow: nothing of it has failed, or somebody was faster.
        """
        async with self._audited(person, "retry", key.dag_id, key.run_id):
            known = await self.run_of(person, key)
            await self.check_steering(person, known)
            if known.run.state != "failed":
                raise NotNow("it is not failed, so there is nothing to retry")
            if cancelled_by(known.run):
                # Airflow skipped what was still to come, and would not run it now.
                raise NotNow("it was cancelled; start it again instead")
            await self.accounts.acting_for(person.user).clear_failed(key)
            await self.follower.follow_again(key)
            return known

    async def input_of(self, person: Person, key: RunKey) -> tuple[DagDetails, Mapping[str, Any]]:
        """The workflow and the values of a run, to start it once more.

        :raises Refused: somebody else started it; what they entered is theirs.
        """
        async with self._audited(person, "again", key.dag_id, key.run_id):
            known = await self.run_of(person, key)
            if not _may_have_input(person, known):
                raise Refused("only who started it may start it again with the same input")
            await check_rules(person, read_rules(known.dag.tags), directory=self.directory)
            _check_ready(known.dag)
            return known.dag, values_of(known.run)

    async def check_steering(self, person: Person, known: KnownRun) -> None:
        """Let pass who may not only see a run but also end it and set it going.

        :raises Refused: its DAG merely reports where they are.
        """
        starter = known.starter.user if known.starter else None
        rules = read_rules(known.dag.tags)
        await check_reach(person, rules, starter=starter, directory=self.directory)

    async def proposal(self, person: Person, key: ActionKey) -> SlackAction:
        """The action of a result that a button stands for, as Airflow has it now.

        :raises NoSuchRun: the run is gone, not this person's, or proposes no such thing any more.
        :raises NotYet: the action makes sense only later.
        """
        known = await self.run_of(person, key.run)
        entry = XComEntry(task_id=key.task_id, map_index=key.map_index)
        try:
            value = await self.airflow.xcom(known.run.key, entry, SLACK_RESULT)
            action = read_result(value).actions[key.number]
        except (NotInAirflow, ValueError, IndexError):
            raise NoSuchRun from None
        if action.not_before:
            moment = datetime.fromisoformat(action.not_before)
            if moment > datetime.now(UTC):
                raise NotYet(moment)
        return action

    async def _check_person(self, person: Person) -> None:
        await check_person(person, teams=self.teams, directory=self.directory)

    async def _find(self, person: Person, typed: str) -> DagDetails:
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
        nearest = find_nearest(typed, [*names, *COMMANDS])
        raise NoSuchWorkflow(typed, names.get(nearest, nearest) if nearest else None)

    async def _visible_to(self, person: Person) -> Sequence[Dag]:
        visible = []
        for dag in await self.airflow.dags_tagged([WORKFLOW]):
            with suppress(Refused):
                await check_rules(person, read_rules(dag.tags), directory=self.directory)
                visible.append(dag)
        return sorted(visible, key=lambda dag: dag.dag_display_name.casefold())

    async def _find_twin(
        self, person: Person, dag: DagDetails, values: Mapping[str, Any], own: RunKey
    ) -> DagRun | None:
        """A run with the same input that goes on, other than the one this request makes."""
        defaults = {field.name: field.default for field in read_fields(dag.params)}
        wanted = {**defaults, **values}
        return next(
            (
                run
                for run in await self.airflow.runs_in_state([dag.dag_id], ACTIVE)
                if run.dag_run_id.startswith(ids_of(person.team)) and run.key != own
                if {**defaults, **values_of(run)} == wanted
            ),
            None,
        )

    async def _find_runs(self, person: Person, name: str) -> Sequence[DagRun]:
        if not SHORT_NAME.fullmatch(name):
            return await self.airflow.find_run(name)
        own = await self.airflow.latest_runs(f"{ids_of(person.team, person.user)}{name}")
        return own or await self.airflow.runs_named(ids_of(person.team), f"__{name}")

    async def _known(self, person: Person, run: DagRun) -> KnownRun | None:
        try:
            dag = await self.airflow.dag(run.dag_id)
        except NotInAirflow:
            return None
        rules = read_rules(dag.tags)
        starter = read_starter(run.conf, run.key, self.key)
        if self.home and not self.home.has(starter.team if starter else None, rules):
            return None
        with suppress(Refused):
            await self._check_reach(person, rules, starter)
            return KnownRun(run, dag, starter)
        return None

    async def _check_reach(self, person: Person, rules: Rules, starter: Starter | None) -> None:
        """Who follows a DAG in a channel may see its runs there, whether or not it is a
        workflow."""
        channels = map(channel_of, rules.reports)
        if starter is None and person.channel in channels and not rules.is_workflow:
            return
        await check_reach(
            person, rules, starter=starter.user if starter else None, directory=self.directory
        )

    @asynccontextmanager
    async def _audited(
        self,
        person: Person,
        act: str,
        workflow: str = "-",
        run_id: str | None = None,
        *,
        is_settled: bool = True,
    ) -> AsyncIterator[AuditLine]:
        """Write one line when it has been decided.

        :param is_settled: That it was allowed is worth a line; otherwise only a refusal is.
        """
        line = AuditLine(run_id)
        try:
            yield line
        except Refused as refusal:
            record_decision(
                person, act=act, workflow=workflow, allowed=False, why=str(refusal), run_id=run_id
            )
            raise
        except Exception as error:
            # The texts of others may repeat what a person typed.
            allowed = isinstance(error, OutcomeUnknown)
            record_decision(
                person,
                act=act,
                workflow=workflow,
                allowed=allowed,
                why=_name(error),
                run_id=line.run_id,
            )
            raise
        if is_settled:
            record_decision(
                person, act=act, workflow=workflow, allowed=True, why="done", run_id=line.run_id
            )


@dataclass(slots=True)
class AuditLine:
    """What is found out while something is done."""

    run_id: str | None


def values_of(run: DagRun) -> dict[str, Any]:
    """What was entered for a run, without who started it."""
    return {name: value for name, value in (run.conf or {}).items() if name != SLACK_CONF}


def cancelled_by(run: DagRun) -> str | None:
    """The user who ended a run that has ended, as its note says."""
    line = read_line(run.note)
    return begin_round(line, run.end).cancelled_by if line else None


def _may_have_input(person: Person, known: KnownRun) -> bool:
    """What somebody entered is theirs. A schedule's input is nobody's; a run that was started in
    Slack or Airflow by somebody who cannot be recognised any more keeps its own."""
    if known.starter:
        return known.starter.user == person.user
    return known.run.run_type == "scheduled"


def _check_ready(dag: DagDetails) -> None:
    if dag.has_import_errors:
        raise NotReady(dag, "its DAG file has an error, so Airflow cannot run it; tell its author.")
    if dag.is_paused:
        raise NotReady(dag, "it is paused in Airflow; somebody has to switch it on there first.")


WHY = {
    AlreadyInAirflow: "already started",
    NoSuchRun: "no such run",
    NoSuchWorkflow: "no such workflow",
    NotNow: "not in this state",
    NotReady: "not ready",
    NotYet: "not yet",
    OutcomeUnknown: "outcome unknown",
    RequestRejected: "rejected by Airflow",
    SameIsRunning: "the same is running",
}


def _name(error: Exception) -> str:
    return WHY.get(type(error), type(error).__name__)
