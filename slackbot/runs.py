"""Starts runs, each once, however often the request arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..provider.contracts import SLACK_CONF
from ..services.airflow_api import (
    AirflowApi,
    AirflowError,
    AirflowUnreachable,
    AlreadyInAirflow,
    DagDetails,
    DagRun,
    RunKey,
)
from .access import Home, Person, read_rules
from .accounts import Accounts
from .follow import Follower
from .identity import Starter, name_run, sign
from .note import Line, write_line
from .reports import owe_reports

KEEP_TRYING = 30.0
"""Seconds for which a start is repeated whose outcome is not known."""


class OutcomeUnknown(AirflowError):
    """Airflow stopped answering while a run was being started; it may exist.

    When it does, `recovery` finds and reports it as soon as Airflow answers.
    """

    def __init__(self, run: RunKey) -> None:
        super().__init__("Airflow stopped answering.")
        self.run = run


@dataclass(frozen=True, slots=True)
class Runs:
    """:param key: Of the signatures in `conf["slack"]`.
    :param me: Name of this process in notes.
    :param home: The workspace in which runs are reported; None for any.
    """

    accounts: Accounts
    follower: Follower
    key: bytes
    me: str
    home: Home | None = None

    async def start(
        self,
        dag: DagDetails,
        values: Mapping[str, Any],
        person: Person,
        *,
        request_id: str,
        response_url: str | None = None,
    ) -> DagRun:
        """Start a run, report it where the person is, and return it.

        The order is: create the run with this process named in its note, post the root message,
        note where that is. So a crash at any point leaves something that `recovery` finds.

        :param request_id: Slack's `trigger_id` of what the person did; the same one never starts
            a second run.
        :raises AlreadyInAirflow: this very request has started its run before.
        :raises OutcomeUnknown: it may be started, and is reported if it is.
        :raises AirflowError: nothing was started.
        """
        run = RunKey(dag.dag_id, name_run(person.team, person.user, request_id))
        starter = Starter(person.team, person.channel, person.user)
        conf = {**values, SLACK_CONF: sign(run, starter, self.key)}
        airflow = self.accounts.acting_for(person.user)
        made = await self._create(airflow, run, conf, note=write_line(None, Line(self.me)))
        watch = owe_reports(made, read_rules(dag.tags), self.key, self.home)
        watch.is_doubtful = False
        watch.response_url = response_url
        self.follower.watch(watch)
        return made

    async def _create(
        self, airflow: AirflowApi, run: RunKey, conf: Mapping[str, Any], *, note: str
    ) -> DagRun:
        """Create the run. When an answer is lost the same request is sent again: the run's id
        makes that harmless, and "it exists already" then means that the first one worked."""
        deadline = asyncio.get_running_loop().time() + KEEP_TRYING
        may_be_mine = False
        while True:
            try:
                return await airflow.start_run(run, conf, note=note)
            except AlreadyInAirflow:
                if may_be_mine:
                    return await airflow.run(run)
                raise
            except AirflowUnreachable as error:
                may_be_mine |= error.may_have_happened
                if not may_be_mine:
                    raise
                if asyncio.get_running_loop().time() > deadline:
                    raise OutcomeUnknown(run) from None
            await asyncio.sleep(1)
