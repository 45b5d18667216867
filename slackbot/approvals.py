"""Keeps what Slack shows of questions as they are in Airflow: asked once, closed when answered.

A question is asked in the thread of each root message of its run. Every step may be repeated:

1. Before one is posted, the thread is searched for it by metadata (:func:`~.questions.asked_step`),
   always: questions are rare and come at the speed of people.
2. Who gives an answer to Airflow draws its end everywhere at once, since only that process knows
   which person it was. Airflow takes one answer, so one process draws.
3. The process that follows the run draws whatever else happens: answered in Airflow, run out,
   ended. When the bot's own account has answered and the message still asks after :data:`GRACE`
   seconds, the process that gave the answer died before it drew; then the end is drawn without
   a name, which stands in the audit log.
4. A message that tells the end says so in its metadata (:func:`~.questions.answered_step`), so
   that nobody draws over it.

A process that takes a run over finds the messages that still ask, and draws them as things are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ..services.airflow_api import AirflowApi, AirflowError, NotInAirflow, Question, RunKey, User
from . import approval_messages
from .access import Home, Rules
from .accounts import Accounts
from .approval_messages import Asking
from .blocks import Message
from .budget import Budget
from .follow import Follower
from .identity import Step
from .links import Links
from .note import read_line
from .questions import (
    AWAITING,
    Drawn,
    Ending,
    QuestionKey,
    answered_step,
    asked_step,
    find_ending,
    key_of,
    read_step,
)
from .reports import (
    Report,
    Watch,
    apply_rules,
    find_own_places,
    owe_reports,
    take_posts,
    take_rules,
)
from .results import last_error
from .slack_api import CannotEdit, CannotWrite, SlackApi, SlackError

log = logging.getLogger(__name__)

GRACE = 5.0
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds between two looks while something is left to do and nothing new is heard."""

MAX_ASKED = 20
"""Questions of one run that are asked in one conversation at once; when one is answered the next
is asked. So a task mapped a thousand times is no flood."""

TIMEOUT = "HITLTimeoutError"
"""What the operators raise when nobody answered in time."""


@dataclass(slots=True)
class Asked:
    """A message that asks.

    :param report: In whose thread it is.
    :param is_drawn: It looks as it should, and not as some process left it.
    :param noticed_at: When its question was first seen to be over, on the loop's clock.
    """

    key: QuestionKey
    watch: Watch
    report: Report
    ts: str
    is_drawn: bool = False
    noticed_at: float | None = None

    @property
    def name(self) -> tuple[QuestionKey, str]:
        return self.key, _place(self.report)


class Approvals:
    """The questions of the runs that this process follows.

    :param key: Of the signatures in `conf["slack"]`.
    :param own_account: Name or id of the bot's own account in Airflow. None when it is not known;
        then any account may be its own.
    :param home: The workspace to which runs must belong; None for any.
    """

    def __init__(
        self,
        airflow: AirflowApi,
        slack: SlackApi,
        accounts: Accounts,
        follower: Follower,
        links: Links,
        budget: Budget,
        *,
        key: bytes,
        own_account: str | None = None,
        home: Home | None = None,
    ) -> None:
        self._airflow = airflow
        self._slack = slack
        self._accounts = accounts
        self._follower = follower
        self._links = links
        self._budget = budget
        self._key = key
        self._own_account = own_account
        self._home = home
        self._asked: dict[tuple[QuestionKey, str], Asked] = {}
        self._settled: set[tuple[QuestionKey, str]] = set()
        self._searched: set[tuple[RunKey, str]] = set()
        self._given: dict[QuestionKey, Ending] = {}
        self._news = asyncio.Event()

    async def look_soon(self) -> None:
        """Look as soon as possible; for :meth:`~.follow.Follower.after_each_look`."""
        self._news.set()

    async def run(self) -> None:
        """Keep the messages as they should be, until cancelled."""
        pause = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()
            self._news.clear()
            is_done = await self._try(self.look)
            pause = None if is_done else min(2 * (pause or SHORTEST_PAUSE / 2), LONGEST_PAUSE)

    async def look(self) -> bool:
        """Ask what is newly asked, and tell what is over; False when something is left to do."""
        watches = list(self._follower.watches)
        questions = {key_of(question): question for question in await self._questions_of(watches)}
        self._forget({watch.key for watch in watches})
        is_done = True
        for watch in watches:
            own = [one for key, one in questions.items() if key.run == watch.key]
            for report in watch.reports:
                if report.post and report.post.ts:
                    is_done &= await self._try(self._ask, watch, report, own)
        for asked in list(self._asked.values()):
            if asked.key not in questions:
                is_done &= await self._try(self._close, asked)
        return is_done

    def describe(self, question: Question, workflow: str, rules: Rules, watch: Watch) -> Asking:
        """What is shown of a question.

        :param workflow: The display name of its DAG.
        """
        waits_for = approval_messages.say_whom(
            rules,
            starter=watch.starter.user if watch.starter else None,
            assigned=self.assigned(question),
            is_assigned=bool(question.assigned_users),
        )
        link = self._links.log(question.task_instance)
        return Asking(question, workflow, link, waits_for, rules.costs_money)

    async def watch_of(self, key: RunKey, rules: Rules) -> Watch:
        """Who is owed a report of a run and where its messages are, also when another process
        follows it.

        :param rules: Of its DAG.
        :raises NotInAirflow: it was deleted.
        """
        for watch in self._follower.watches:
            if watch.key == key:
                take_rules(watch, rules)
                return watch
        run = await self._airflow.run(key)
        watch = owe_reports(run, rules, self._key, self._home)
        if line := read_line(run.note):
            take_posts(watch, line, await find_own_places(self._slack, watch, line))
        return watch

    def assigned(self, question: Question) -> Sequence[str]:
        """The Slack users among those whom the task names."""
        return [user for one in question.assigned_users for user in self._users_of(one)]

    def may_be_of(self, user: str, ending: Ending) -> bool:
        """Whether an answer may have been given by this Slack user through the bot."""
        if ending.account is None:
            return False
        if self._accounts.acting_for(user) is self._accounts.own:
            return self._may_be_own(ending.account)
        login = self._accounts.login_of(user)
        # Who logs in by a token is not known by name.
        return login in (None, ending.account.name, ending.account.id)

    async def end(self, key: QuestionKey, watch: Watch, asking: Asking, ending: Ending) -> None:
        """Draw the end that somebody brought about through this process.

        :param watch: With the posts of its reports; another process may follow the run.
        :raises SlackError: some of it is not drawn.
        """
        self._given[key] = ending
        for report in watch.reports:
            for drawn, ts in (await self._find(watch, report)).items():
                if drawn.key == key and drawn.user is None:
                    await self._tell_end(Asked(key, watch, report, ts), asking, ending)

    async def who_answered(self, key: QuestionKey, watch: Watch, ending: Ending) -> Ending:
        """An end with the person who brought it about, as far as that can be found.

        :param watch: With the posts of its reports.
        """
        if known := self._known(key, ending):
            return known
        for report in watch.reports:
            for drawn in await self._find(watch, report):
                if drawn.key == key and drawn.user:
                    return replace(ending, user=drawn.user)
        return self._without_own_account(ending)

    async def _questions_of(self, watches: Iterable[Watch]) -> Sequence[Question]:
        """The open questions of all runs in one request, sent only when some task waits."""
        waiting = {watch.key for watch in watches if any(t.state == AWAITING for t in watch.tasks)}
        if not waiting:
            return ()
        questions = await self._airflow.open_questions()
        return [question for question in questions if question.task_instance.key in waiting]

    async def _ask(self, watch: Watch, report: Report, questions: Sequence[Question]) -> bool:
        """Post what is missing in one conversation, and draw anew what another process left."""
        named = {(key_of(question), _place(report)): question for question in questions}
        room = MAX_ASKED - sum(name in self._asked for name in named)
        missing = [name for name in named if self._is_missing(name)][: max(0, room)]
        try:
            await self._search(watch, report, is_needed=bool(missing))
        except CannotWrite as error:
            # Nobody is asked there until the run gets another root message.
            log.info("run %s cannot ask in its thread: %s", watch.key.run_id, error.code)
            self._settled.update(named)
            return True
        for name in missing:
            if self._is_missing(name):
                await self._post(watch, report, named[name])
        for name, question in named.items():
            if (asked := self._asked.get(name)) and not asked.is_drawn:
                await self._draw_again(asked, question)
        return True

    def _is_missing(self, name: tuple[QuestionKey, str]) -> bool:
        return name not in self._asked and name not in self._settled

    async def _search(self, watch: Watch, report: Report, *, is_needed: bool) -> None:
        """Find the messages that are there already."""
        place = (watch.key, _place(report))
        is_new = watch.is_doubtful and place not in self._searched
        if is_needed or (is_new and await self._airflow.questions(watch.key)):
            for drawn, ts in (await self._find(watch, report)).items():
                asked = Asked(drawn.key, watch, report, ts)
                if drawn.is_over:
                    self._settled.add(asked.name)
                else:
                    self._asked.setdefault(asked.name, asked)
        self._searched.add(place)

    async def _find(self, watch: Watch, report: Report) -> dict[Drawn, str]:
        """The messages about a run's questions in one conversation, and their `ts`."""
        if report.post is None or not report.post.ts:
            return {}
        steps = await self._slack.find_steps(
            watch.key,
            channel=report.post.channel,
            thread_ts=report.post.ts,
            oldest=0,
        )
        found = {read_step(watch.key, name): ts for name, ts in steps.items()}
        return {
            drawn: ts for drawn, ts in found.items() if drawn and drawn.target == _place(report)
        }

    async def _post(self, watch: Watch, report: Report, question: Question) -> None:
        assert report.post  # noqa: S101 - look has seen to it
        asked = Asked(key_of(question), watch, report, ts="", is_drawn=True)
        message = await self._draw(watch, report, question)
        try:
            asked.ts = await self._slack.post(
                asked_step(*asked.name),
                message,
                channel=report.post.channel,
                thread_ts=report.post.ts,
            )
        except CannotWrite as error:
            log.warning("a question of run %s cannot be asked: %s", watch.key.run_id, error.code)
            self._settled.add(asked.name)
        else:
            self._asked[asked.name] = asked

    async def _draw_again(self, asked: Asked, question: Question) -> None:
        message = await self._draw(asked.watch, asked.report, question)
        await self._edit(asked, asked_step(*asked.name), message)
        asked.is_drawn = True

    async def _draw(self, watch: Watch, report: Report, question: Question) -> Message:
        rules = await apply_rules(self._airflow, watch)
        asking = self.describe(question, watch.run.dag_display_name, rules, watch)
        if await self._is_private(report):
            return approval_messages.ask(asking)
        return approval_messages.ask_quietly(asking)

    async def _close(self, asked: Asked) -> bool:
        """Tell the end of a question that is no longer open; False when it is too early to."""
        run, task_id, map_index, _ = asked.key
        try:
            question = await self._airflow.question(run, task_id, map_index)
        except NotInAirflow:
            await self._settle(asked, approval_messages.tell_deleted())
            return True
        ending = find_ending(asked.key, question)
        if ending is None:
            return self._let_go(asked)
        ending = await self._complete(asked, question, ending)
        if ending is None:
            return asked.name in self._settled
        link = self._links.log(question.task_instance)
        asking = Asking(question, asked.watch.run.dag_display_name, link)
        await apply_rules(self._airflow, asked.watch)
        await self._tell_end(asked, asking, ending)
        return True

    def _let_go(self, asked: Asked) -> bool:
        """Leave an open question to the process that follows its run now, if another does."""
        is_followed = any(watch.key == asked.key.run for watch in self._follower.watches)
        if not is_followed:
            del self._asked[asked.name]
        return not is_followed

    async def _complete(self, asked: Asked, question: Question, ending: Ending) -> Ending | None:
        """The end as it is told; None while whoever brought it about may still tell it."""
        if ending.kind == "unanswered" and await self._ran_out(question):
            return Ending("timed_out")
        if known := self._known(asked.key, ending):
            return known
        now = asyncio.get_running_loop().time()
        asked.noticed_at = asked.noticed_at or now
        if now < asked.noticed_at + GRACE:
            return None
        if any(
            drawn.key == asked.key and drawn.is_over
            for drawn in await self._find(asked.watch, asked.report)
        ):
            self._leave(asked)
            return None
        return self._without_own_account(ending)

    def _known(self, key: QuestionKey, ending: Ending) -> Ending | None:
        """The end with the person who answered, when that needs no search."""
        if ending.account is None:
            return ending
        if key in self._given:
            return self._given[key]
        users = self._users_of(ending.account)
        if len(users) == 1:
            return replace(ending, user=users[0])
        return None if self._may_be_own(ending.account) else ending

    async def _ran_out(self, question: Question) -> bool:
        try:
            return TIMEOUT in last_error(await self._airflow.log(question.task_instance))
        except AirflowError:
            return False

    async def _tell_end(self, asked: Asked, asking: Asking, ending: Ending) -> None:
        tell = (
            approval_messages.tell_end
            if await self._is_private(asked.report)
            else approval_messages.tell_end_quietly
        )
        await self._settle(asked, tell(asking, ending), ending.user)

    async def _settle(self, asked: Asked, message: Message, user: str | None = None) -> None:
        step = answered_step(*asked.name, user)
        await self._edit(asked, step, message)
        self._leave(asked)

    def _leave(self, asked: Asked) -> None:
        """Nothing is to be drawn any more."""
        self._settled.add(asked.name)
        self._asked.pop(asked.name, None)

    async def _edit(self, asked: Asked, step: Step, message: Message) -> None:
        assert asked.report.post  # noqa: S101 - there is a message in its thread
        await self._budget.take(is_urgent=True)
        try:
            channel = asked.report.post.channel
            await self._slack.edit(step, message, channel=channel, ts=asked.ts)
        except (CannotEdit, CannotWrite) as error:
            log.info("a question of run %s stays: %s", asked.key.run.run_id, error.code)

    async def _is_private(self, report: Report) -> bool:
        """Whether only those read there who may read results; what Slack does not tell counts as
        public, since people can open a question and nobody can unread it."""
        assert report.post  # noqa: S101 - there is, or will be, a message in its thread
        channel = report.post.channel
        if report.is_withdrawn:
            return False
        if channel.startswith("D") or report.has_public_result:
            return True
        try:
            return await self._slack.is_private(channel)
        except SlackError:
            return False

    def _users_of(self, account: User) -> list[str]:
        return self._accounts.users_of(account.name) or self._accounts.users_of(account.id)

    def _may_be_own(self, account: User) -> bool:
        return self._own_account in (None, account.name, account.id)

    def _without_own_account(self, ending: Ending) -> Ending:
        """The bot's own account says nothing to people."""
        if ending.account and self._own_account in (ending.account.name, ending.account.id):
            return replace(ending, account=None)
        return ending

    def _forget(self, followed: Collection[RunKey]) -> None:
        kept = {*followed, *(asked.key.run for asked in self._asked.values())}
        self._searched = {place for place in self._searched if place[0] in kept}
        self._settled = {name for name in self._settled if name[0].run in kept}
        self._given = {key: ending for key, ending in self._given.items() if key.run in kept}

    async def _try(self, work: Callable[..., Awaitable[bool]], *things: object) -> bool:
        """Do what may be done again at the next look; False when it has to be."""
        try:
            return await work(*things)
        except (AirflowError, SlackError) as error:
            log.warning("a question is not shown as it should be yet: %s", error)
        except Exception as error:
            # Its text may hold what is asked.
            log.warning("a question cannot be shown: %s", type(error).__name__)
        return False


def _place(report: Report) -> str:
    """A thread, by a name that is the same for every process. When somebody deletes the root
    message the run gets another, and what is open is asked again below that."""
    return f"{report.target}#2" if report.post and report.post.is_second else report.target
