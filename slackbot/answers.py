"""Takes people's answers to questions: who may, whether the answer fits, and giving it once.

Airflow takes the first answer and refuses the second, so of two people one is told that the other
was faster. It does not look at values, though, and takes answers that do nothing any more; both
are looked for here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from ..services.airflow_api import (
    AirflowApi,
    AirflowError,
    AirflowForbids,
    AirflowUnreachable,
    AlreadyInAirflow,
    Dag,
    DagDetails,
    NotInAirflow,
    Question,
    RunKey,
)
from .access import (
    REPORT,
    WORKFLOW,
    Directory,
    Person,
    Refused,
    Rules,
    check_answer,
    check_person,
    read_rules,
    record_decision,
)
from .accounts import Accounts, LoginOfPersonRefused
from .approval_messages import Asking
from .approvals import Approvals
from .fields import Problem, find_problems, read_fields
from .identity import team_prefix
from .questions import Ending, QuestionKey, find_ending, key_of
from .reports import Watch
from .slack_api import SlackApi, SlackError

PARKED_AFTER = 8.0
"""Seconds after which a task that waits for an answer has surely been put aside by its worker. The
worker looks for the end of the task's process every `[workers] min_heartbeat_interval` seconds, 5
by default, and the scheduler hears of it a moment later. When an answer has set the task going
again before that, the scheduler takes the end of the asking for the end of the task, and fails it
(`SchedulerJobRunner.process_executor_events` of Airflow 3.3.2)."""

KEEP_TRYING = 30.0
"""Seconds for which an answer is repeated whose fate is not known."""

MAX_LISTED = 20
MAX_LOOKED_AT = 100
"""Runs of which is looked whether a person may answer them."""

WHY = {
    "AnswerUnknown": "outcome unknown",
    "Misfit": "the answer does not fit",
    "NotOpen": "not open any more",
}
"""For the audit line; the texts of errors may repeat what is asked."""


class NotOpen(Exception):
    """Nobody can answer the question any more."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.kind)
        self.ending = ending


class Misfit(Exception):
    """The answer does not fit the question.

    :param problems: What is wrong with the values; empty when the choice is.
    """

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        super().__init__("the answer does not fit")
        self.problems = tuple(problems)


class AnswerUnknown(AirflowError):
    """Airflow stopped answering while it was given an answer; it may have it."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that waits for somebody.

    :param link: Where its run is reported in Slack; None where that is not known.
    """

    asking: Asking
    link: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """A question with everything that decides about it.

    :param watch: Who is owed a report of the run; somebody is.
    """

    question: Question
    dag: DagDetails
    rules: Rules
    watch: Watch


@dataclass(frozen=True, slots=True)
class Answers:
    """:param airflow: Airflow as the bot's own account sees it, for what is only read.
    :param accounts: In whose name answers are given.
    :param teams: The workspaces that are served.
    """

    airflow: AirflowApi
    accounts: Accounts
    directory: Directory
    slack: SlackApi
    approvals: Approvals
    teams: frozenset[str]
    locks: WeakValueDictionary[QuestionKey, asyncio.Lock] = field(
        default_factory=WeakValueDictionary
    )

    async def see(self, person: Person, key: QuestionKey) -> Case:
        """A question, for somebody who may answer it.

        :raises Refused: this person may not.
        :raises NotOpen: nobody can.
        """
        try:
            return await self._admit(person, key)
        except Refused as refusal:
            _record(person, key, allowed=False, why=str(refusal))
            raise

    def describe(self, case: Case) -> Asking:
        """What is shown of a question."""
        name = case.dag.dag_display_name
        return self.approvals.describe(case.question, name, case.rules, case.watch)

    async def give(
        self,
        person: Person,
        key: QuestionKey,
        chosen: Sequence[str],
        values: Mapping[str, Any],
        *,
        seen_at: float,
    ) -> Ending:
        """Give a person's answer to Airflow and show it; one audit line.

        :param values: Of the question's params; those left out are taken from its defaults.
        :param seen_at: Seconds since 1970 at which the question was open already.
        :raises Refused: this person may not answer.
        :raises NotOpen: somebody was faster, or nobody is asked any more.
        :raises Misfit: Airflow would take the answer, and the task would fail of it.
        :raises AnswerUnknown: it may be given.
        """
        why, allowed = "interrupted", False
        try:
            async with self.locks.setdefault(key, asyncio.Lock()):
                case = await self._admit(person, key)
                whole = complete_answer(case.question, chosen, values)
                if (pause := PARKED_AFTER - (time.time() - seen_at)) > 0:
                    await asyncio.sleep(min(pause, PARKED_AFTER))
                    case = await self._admit(person, key)
                ending = await self._send(person, case, tuple(chosen), whole)
                why, allowed = "answered", True
                # What cannot be drawn now is drawn by whoever follows the run.
                with suppress(SlackError):
                    await self.approvals.end(key, case.watch, self.describe(case), ending)
                return ending
        except Refused as refusal:
            why = str(refusal)
            raise
        except Exception as error:
            allowed = isinstance(error, AnswerUnknown)
            why = WHY.get(type(error).__name__, type(error).__name__)
            raise
        finally:
            _record(person, key, allowed=allowed, why=why)

    async def open_for(self, person: Person) -> list[OpenQuestion]:
        """What this person may answer, the longest open first; without what is asked in a channel
        that merely follows a DAG.

        :param person: Whose `channel` is the direct message with the bot in the App Home: then
            workflows that are open to certain channels only are left out.
        """
        try:
            await check_person(person, teams=self.teams, directory=self.directory)
        except Refused:
            return []
        dags = await self._dags()
        waiting = [
            question
            for question in await self.airflow.open_questions()
            if question.task_instance.dag_id in dags
            if not question.assigned_users or person.user in self.approvals.assigned(question)
        ]
        waiting.sort(key=lambda one: one.created_at)
        found: list[OpenQuestion] = []
        runs: dict[RunKey, Watch | None] = {}
        for question in waiting:
            key = question.task_instance.key
            dag = dags[key.dag_id]
            rules = read_rules(dag.tags)
            if key not in runs:
                if len(runs) == MAX_LOOKED_AT:
                    break
                runs[key] = await self._try_to_check(person, key, rules)
            if watch := runs[key]:
                asking = self.approvals.describe(question, dag.dag_display_name, rules, watch)
                found.append(OpenQuestion(asking, await self._link(watch)))
            if len(found) == MAX_LISTED:
                break
        return found

    async def _dags(self) -> dict[str, Dag]:
        """Those whose questions people look for in the App Home."""
        tags = [WORKFLOW, *await self.airflow.tags(REPORT)]
        found = await self.airflow.dags_tagged(tags)
        rules = {dag.dag_id: read_rules(dag.tags) for dag in found}
        return {
            dag.dag_id: dag
            for dag in found
            if rules[dag.dag_id].is_workflow or rules[dag.dag_id].approvers
        }

    async def _try_to_check(self, person: Person, key: RunKey, rules: Rules) -> Watch | None:
        with suppress(Refused, NotOpen):
            return await self._check_run(person, key, rules)
        return None

    async def _link(self, watch: Watch) -> str | None:
        for report in watch.reports:
            if report.post and report.post.ts:
                with suppress(SlackError):
                    post = report.post
                    return await self.slack.permalink(channel=post.channel, ts=post.ts)
        return None

    async def _admit(self, person: Person, key: QuestionKey) -> Case:
        """Everything about a question that this person may answer now."""
        await check_person(person, teams=self.teams, directory=self.directory)
        try:
            dag = await self.airflow.dag(key.run.dag_id)
        except NotInAirflow:
            raise NotOpen(Ending("deleted")) from None
        rules = read_rules(dag.tags)
        watch = await self._check_run(person, key.run, rules)
        try:
            question = await self.airflow.question(key.run, key.task_id, key.map_index)
        except NotInAirflow:
            raise NotOpen(Ending("deleted")) from None
        if ending := find_ending(key, question):
            raise NotOpen(await self.approvals.who_answered(key, watch, ending))
        if not question.is_open:
            raise NotOpen(Ending("unanswered"))
        return Case(question, dag, rules, watch)

    async def _check_run(self, person: Person, key: RunKey, rules: Rules) -> Watch:
        """Let pass, of the people of the workspaces, who may answer what a run asks.

        :param rules: Of its DAG.
        :raises Refused: this person may not.
        :raises NotOpen: the run was deleted.
        """
        try:
            watch = await self.approvals.watch_of(key, rules)
        except NotInAirflow:
            raise NotOpen(Ending("deleted")) from None
        if not watch.reports:
            # Somebody started it by other means with our conf, or its tag was taken away.
            raise Refused("it is not a run of this app")
        starter = watch.starter.user if watch.starter else None
        if rules.costs_money and starter is None and team_prefix(key.run_id):
            # Its conf was signed under another key, or by nobody.
            raise Refused("nobody can tell any more who started it")
        await check_answer(person, rules, starter=starter, directory=self.directory)
        return watch

    async def _send(
        self, person: Person, case: Case, chosen: tuple[str, ...], values: Mapping[str, Any]
    ) -> Ending:
        airflow = self.accounts.acting_for(person.user)
        given = Ending("answered", chosen, user=person.user, moment=datetime.now(UTC))
        try:
            await airflow.answer_question(case.question, chosen=chosen, values=values)
        except AlreadyInAirflow:
            ending = await self._ending(case) or Ending("answered")
            raise NotOpen(await self._name(case, ending)) from None
        except AirflowForbids as error:
            if case.question.assigned_users and not isinstance(error, LoginOfPersonRefused):
                raise Refused("Airflow lets only those answer whom the task names") from None
            raise Refused(str(error).rstrip(".")) from None
        except AirflowUnreachable as error:
            if not error.may_have_happened:
                raise
            await self._find_out(person, airflow, case, chosen, values)
        return given

    async def _find_out(
        self,
        person: Person,
        airflow: AirflowApi,
        case: Case,
        chosen: tuple[str, ...],
        values: Mapping[str, Any],
    ) -> None:
        """See to it that Airflow has an answer whose fate is not known, giving it again."""
        deadline = asyncio.get_running_loop().time() + KEEP_TRYING
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(1)
            # The lost answer may arrive after all; the next look tells.
            with suppress(AirflowUnreachable, AlreadyInAirflow):
                question = await self._ask_anew(case)
                ending = find_ending(key_of(case.question), question)
                if ending is None:
                    await airflow.answer_question(case.question, chosen=chosen, values=values)
                    return
                named = await self._name(case, ending)
                is_ours = (
                    (ending.chosen, question.params_input) == (chosen, values)
                    and named.user in (None, person.user)
                    and self.approvals.may_be_of(person.user, ending)
                )
                if is_ours:
                    return
                raise NotOpen(named)
        raise AnswerUnknown(
            "Airflow stopped answering, so I cannot tell whether it has your answer;"
            " please look again in a moment."
        )

    async def _ending(self, case: Case) -> Ending | None:
        return find_ending(key_of(case.question), await self._ask_anew(case))

    async def _ask_anew(self, case: Case) -> Question:
        """The question as it is in Airflow now."""
        key = key_of(case.question)
        return await self.airflow.question(key.run, key.task_id, key.map_index)

    async def _name(self, case: Case, ending: Ending) -> Ending:
        return await self.approvals.who_answered(key_of(case.question), case.watch, ending)


def complete_answer(
    question: Question, chosen: Sequence[str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """All values that Airflow must get with an answer: it takes any, and too few or wrong ones
    fail the task.

    :raises Misfit: they do not fit, or the choice does not.
    """
    is_possible = chosen and set(chosen) <= set(question.options)
    if not is_possible or (len(chosen) > 1 and not question.multiple):
        raise Misfit
    fields = read_fields(question.params)
    whole = {one.name: values.get(one.name, one.default) for one in fields}
    if problems := find_problems(fields, whole):
        raise Misfit(problems)
    return whole


def _record(person: Person, key: QuestionKey, *, allowed: bool, why: str) -> None:
    record_decision(
        person,
        act="answer",
        workflow=key.run.dag_id,
        run_id=key.run.run_id,
        allowed=allowed,
        why=why,
    )
