"""Effects that happen at most once, though tasks are retried, killed and cleared.

Vendors have no idempotency keys. So the intent goes to the task's state store
before a call and the outcome after it; they belong to DAG, task, run and map
index, and outlive every try.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from ..clients.calls import Call
from ..clients.errors import OutcomeUnknown, VendorError
from ..clients.flows import Flow
from .ledger import Ledger, LedgerBusy

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..hooks.base import VendorHook

log = logging.getLogger(__name__)

READ_BACK_AFTER = 2.0
"""Seconds after a lost answer before the vendor's state is read for its effect."""


class EffectUnknown(AirflowFailException):
    """A call may or may not have happened, and the vendor has no way to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A call with an effect, and how to recognise that it has happened.

    :param record: what it is done to; the key in the state store, so made of ids
        and never of names or addresses.
    :param call: the call.
    :param describe: makes the task's result, small JSON, of the call's.
    :param observe: reads what is there before the call, JSON for ``find``.
    :param find: reads the result if the effect is there, given what was there
        before; None for what the vendor does not show.
    :param settled: the result if what was observed leaves nothing to do, else None.
    :param ledger: refuses what another run has done lately.
    """

    record: str
    call: Call[Any]
    describe: Callable[[Any], Any]
    observe: Callable[[], Flow[Any]] | None = None
    find: Callable[[Any], Flow[Any]] | None = None
    settled: Callable[[Any], Any] | None = None
    ledger: Ledger | None = None


class OnceOnly:
    """Performs effects at most once for one task of one run.

    :param on_unknown: ``fail`` or ``resend`` where nothing tells whether a lost
        call happened.
    :param on_clear: ``reuse`` or ``resend`` when a task that had succeeded was cleared.
    """

    def __init__(
        self, context: Context, hook: VendorHook[Any], *, on_unknown: str, on_clear: str
    ) -> None:
        self._store: Any = context["task_state_store"]
        self._ti: Any = context["ti"]
        self._hook = hook
        self._on_unknown = on_unknown
        self._on_clear = on_clear

    def perform(self, effect: Effect) -> Any:
        """Do ``effect`` unless it is done, and return its result.

        :raises OutcomeUnknown: the answer was lost; the next try finds out.
        :raises EffectUnknown: the answer of an earlier try was lost for good.
        :raises VendorError: it did not happen.
        """
        (result,) = self.perform_all([effect])
        if isinstance(result, Exception):
            raise result
        return result

    def perform_all(self, effects: Sequence[Effect]) -> list[Any]:
        """Do several effects concurrently; one that fails comes back as its error."""
        results: dict[int, Any] = {}
        due: list[int] = []
        for position, effect in enumerate(effects):
            try:
                settled = self._recover(effect)
            except (VendorError, AirflowFailException, LedgerBusy) as error:
                settled = error
            if settled is None:
                due.append(position)
            else:
                results[position] = settled
        answers = self._hook.follow(_send([effects[position].call for position in due]))
        if any(
            isinstance(answer, OutcomeUnknown) and effects[position].find
            for position, answer in zip(due, answers, strict=True)
        ):
            time.sleep(READ_BACK_AFTER)
        for position, answer in zip(due, answers, strict=True):
            try:
                results[position] = self._conclude(effects[position], answer)
            except VendorError as error:
                results[position] = error
        return [results[position] for position in range(len(effects))]

    def did(self, record: str) -> bool:
        """Whether an earlier try of this task has done an effect to ``record``."""
        return self._ti.try_number > 1 and self._counts_as_done(self._store.get(record))

    def _counts_as_done(self, stored: Any) -> bool:
        """Whether an effect is done; not for ``resend`` once its task was cleared."""
        if not stored or stored["state"] != "done":
            return False
        return not self._may_resend(stored)

    def _may_resend(self, stored: Any) -> bool:
        """Whether the author wants an effect again, and somebody has cleared its task since."""
        is_cleared: bool = self._ti.max_tries > stored["max_tries"]
        return self._on_clear == "resend" and is_cleared

    def _recover(self, effect: Effect) -> Any:
        """The result if nothing is to be sent; else the intent is stored and None returned."""
        stored = self._store.get(effect.record)
        if self._counts_as_done(stored):
            log.info("%s was done before in this run; its outcome is reused", effect.record)
            return stored["result"]
        if stored and stored["state"] == "wrong" and not self._may_resend(stored):
            raise EffectUnknown(stored["reason"])
        if stored and stored["state"] == "intended":
            found = self._find(effect, stored["before"])
            if found is not None:
                return found
            if effect.find is None and self._on_unknown == "fail":
                raise EffectUnknown(
                    f"{effect.call.endpoint}: an earlier try lost the answer, and the vendor does "
                    "not show whether it happened; look there, then clear the task with "
                    'on_unknown="resend", or mark it as success'
                )
        before = self._hook.follow(effect.observe()) if effect.observe else None
        settled = effect.settled(before) if effect.settled else None
        if settled is not None:
            return settled
        # What cannot be sent at all must not be taken for sent later.
        self._hook.prepare(effect.call)
        if effect.ledger is not None:
            self._claim(effect.ledger, effect, stored)
        earlier = _done_or_unknown(effect, stored)
        self._save(effect, {"state": "intended", "before": before, "earlier": earlier})
        return None

    def _claim(self, ledger: Ledger, effect: Effect, stored: Any) -> None:
        if not stored:
            ledger.refuse_namesake()
            self._save(effect, {"state": "claiming"})
        ledger.claim(again=bool(stored) and stored["state"] != "claiming")

    def _conclude(self, effect: Effect, answer: Any) -> Any:
        if isinstance(answer, OutcomeUnknown):
            if effect.find is None:
                raise answer
            log.warning("%s; looking whether it happened", answer)
            before = self._store.get(effect.record)["before"]
            found = self._find(effect, before)
            if found is None:
                raise answer
            return found
        if isinstance(answer, VendorError):
            self._forget(effect)
            raise answer
        try:
            result = effect.describe(answer)
        except AirflowFailException as error:
            # It happened, but not as it should have: nobody may be written to again for that.
            self._save(effect, {"state": "wrong", "reason": str(error)})
            raise
        return self._finish(effect, result)

    def _forget(self, effect: Effect) -> None:
        """Take back the intent of what did not happen, and no more than that."""
        earlier = self._store.get(effect.record).get("earlier")
        if earlier:
            self._store.set(effect.record, earlier, retention=NEVER_EXPIRE)
            return
        self._store.delete(effect.record)
        if effect.ledger is not None:
            effect.ledger.release()

    def _find(self, effect: Effect, before: Any) -> Any:
        if effect.find is None:
            return None
        found = self._hook.follow(effect.find(before))
        if found is None:
            return None
        log.info("%s had happened although its answer was lost; taken over", effect.record)
        return self._finish(effect, found)

    def _finish(self, effect: Effect, result: Any) -> Any:
        self._save(effect, {"state": "done", "result": result})
        return result

    def _save(self, effect: Effect, value: dict[str, Any]) -> None:
        self._store.set(
            effect.record, {**value, "max_tries": self._ti.max_tries}, retention=NEVER_EXPIRE
        )


def _done_or_unknown(effect: Effect, stored: Any) -> Any:
    """What is stored of an effect that has happened, or may have, and is about to be done again."""
    if not stored or stored["state"] == "claiming":
        return None
    if stored["state"] == "intended" and effect.find is not None:
        # The vendor shows that it did not happen.
        return stored.get("earlier")
    return {name: value for name, value in stored.items() if name != "earlier"}


def _send(calls: list[Call[Any]]) -> Flow[list[Any]]:
    return (yield calls) if calls else []
