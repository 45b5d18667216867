"""One sensor for every wait: it pokes, reschedules, defers, or starts in the triggerer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseSensorOperator, PokeReturnValue, conf
from airflow.triggers.base import StartTriggerArgs

from ..clients.errors import NotFound, VendorError
from ..clients.waits import Done, Hopeless, Progress, is_fault
from ..hooks.retries import VENDOR_RETRIES
from .start import are_literal, can_start_in_triggerer

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.waits import Resource, Sightings, Verdict
    from ..hooks.base import VendorHook
    from ..triggers.base import WaitTrigger

PADDING = timedelta(minutes=5)
"""Airflow's own timeout of a deferred task comes this much after the wait's, which has a reason."""

SECOND_SIGHTING = 1.0
"""Seconds before a record that is missing is looked for again."""


class WaitSensor(BaseSensorOperator):
    """Waits for a vendor; subclasses name the wait and its arguments.

    Deferred, all tasks that wait for the same kind of thing on the same
    connection at the same interval share one loop of requests, and the wait
    starts in the triggerer, without a worker, wherever its arguments are
    literals or templates that read neither ``ti`` nor an XCom, and all params of
    the DAG have a default.

    The result is the same small JSON in every mode. A record that is gone and
    refused credentials fail the task without retries; passing faults of the
    vendor are survived.

    :param conn_id: the vendor's Airflow connection.
    :param arguments: those of the wait, by name; they become templated attributes.
    :param poke_interval: seconds between two looks; None takes ``[talent]
        <vendor>_poke_interval``.
    :param give_up_after: seconds to wait at most, as ``timeout``, but may be a
        template; the earlier of the two counts.
    :param deferrable: wait in the triggerer; None takes ``[operators] default_deferrable``.
    """

    vendor: ClassVar[str]
    usual_interval: ClassVar[float] = 300.0
    """Seconds between two looks where neither a task, a DAG nor Airflow's configuration says."""
    trigger_path: ClassVar[str]

    def __init__(
        self,
        *,
        conn_id: str,
        arguments: Mapping[str, Any],
        poke_interval: timedelta | float | None = None,
        give_up_after: float | str | None = None,
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        if poke_interval is None:
            name = f"{self.vendor}_poke_interval"
            poke_interval = conf.getfloat("talent", name, fallback=self.usual_interval)
        super().__init__(poke_interval=poke_interval, **kwargs)
        # Not before super(), so that a policy in the DAG's default_args counts.
        if self.retry_policy is None:
            self.retry_policy = VENDOR_RETRIES
        self.conn_id = conn_id
        self.give_up_after = give_up_after
        self.deferrable = (
            conf.getboolean("operators", "default_deferrable", fallback=False)
            if deferrable is None
            else deferrable
        )
        self._arguments = tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)
        if are_literal(*arguments.values()):
            self._trigger_type.wait_type.parse(arguments)
        if self.deferrable and can_start_in_triggerer(
            self.params, conn_id, give_up_after, *arguments.values()
        ):
            self.start_from_trigger = True
            self.start_trigger_args = StartTriggerArgs(
                trigger_cls=self.trigger_path,
                trigger_kwargs=self._trigger_arguments(),
                next_method="execute_complete",
                timeout=self._airflow_timeout,
            )

    def execute(self, context: Context) -> Any:
        self._check_arguments()
        if self.deferrable:
            self.defer(
                trigger=self._trigger_type(
                    **self._trigger_arguments(),
                    deadline=(datetime.now(UTC) + timedelta(seconds=self._patience)).isoformat(),
                ),
                method_name="execute_complete",
                timeout=self._airflow_timeout,
            )
        self._started_at = self._first_look_at(context)
        try:
            return super().execute(context)
        finally:
            self._hook.close()

    def _check_arguments(self) -> None:
        """Refuse what templates or other tasks made of the arguments, before anybody waits."""
        from ..triggers.endings import Ending

        try:
            _ = self._progress
        except ValueError as error:
            Ending.invalid(str(error)).unwrap()

    def execute_complete(self, context: Context, event: object = None) -> dict[str, Any]:
        """Resume after the triggerer: return the result or raise the typed error."""
        from ..triggers.endings import Ending

        return Ending.of_event(event).unwrap()

    def poke(self, context: Context) -> PokeReturnValue | bool:
        from ..triggers.endings import Ending

        verdict = self._judge_twice()
        if isinstance(verdict, Done):
            return PokeReturnValue(is_done=True, xcom_value=verdict.result)
        if isinstance(verdict, Hopeless):
            Ending.hopeless(verdict.reason).unwrap()
        if datetime.now(UTC) - self._started_at > timedelta(seconds=self._patience):
            wait = self._progress.wait
            Ending.timeout(f"{wait.name} {wait.key} was waited for in vain").unwrap()
        return False

    def _judge_twice(self) -> Verdict:
        """Judge what is seen, again in a moment where something is missing: a sensor that is
        rescheduled remembers nothing of it the next time."""
        seen = self._look()
        verdict = self._progress.see(seen)
        if any(isinstance(sighting, NotFound) for sighting in seen.values()):
            time.sleep(SECOND_SIGHTING)
            verdict = self._progress.see(self._look())
        return verdict

    def _look(self) -> Sightings:
        keys = self._progress.keys
        try:
            seen = self._hook.follow(self._resource.look(tuple(keys)))
        except VendorError as error:
            seen = dict.fromkeys(keys, error)
        seen = {key: sighting for key, sighting in seen.items() if key in keys}
        for fault in {str(sighting) for sighting in seen.values() if is_fault(sighting)}:
            self.log.warning("Look failed, going on unless it is hopeless: %s", fault)
        return seen

    @cached_property
    def _hook(self) -> VendorHook[Any]:
        return self._trigger_type.hook_type(self.conn_id)

    @cached_property
    def _resource(self) -> Resource:
        return self._trigger_type.wait_type.resource()

    @cached_property
    def _progress(self) -> Progress:
        return Progress(self._trigger_type.wait_type.parse(self._wait_arguments()))

    @property
    def _trigger_type(self) -> type[WaitTrigger]:
        module, _, name = self.trigger_path.rpartition(".")
        trigger: type[WaitTrigger] = getattr(import_module(module), name)
        return trigger

    @property
    def _patience(self) -> float:
        """Seconds to wait at most."""
        if self.give_up_after in (None, "", "None"):
            return self.timeout
        return min(self.timeout, float(self.give_up_after or 0))

    @property
    def _airflow_timeout(self) -> timedelta:
        return timedelta(seconds=self.timeout) + PADDING

    def _trigger_arguments(self) -> dict[str, Any]:
        return {
            "conn_id": self.conn_id,
            "interval": self.poke_interval,
            "timeout": self.timeout,
            "give_up_after": self.give_up_after,
            "ends_here": self._may_end_in_triggerer,
            **self._wait_arguments(),
        }

    def _wait_arguments(self) -> dict[str, Any]:
        return {name: _plain(getattr(self, name)) for name in self._arguments}

    @property
    def _may_end_in_triggerer(self) -> bool:
        """Whether nothing is left to do after a success that only a worker does."""
        return not (
            self.outlets
            or self.on_success_callback
            or self._post_execute_hook
            or not self.do_xcom_push
        )

    def _first_look_at(self, context: Context) -> datetime:
        first = context["ti"].get_first_reschedule_date(context) if self.reschedule else None
        return first or datetime.now(UTC)


def _plain(value: Any) -> Any:
    """Results of a mapped task as a list: Airflow gives a sequence that only a worker can read."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return list(value)
    return value
