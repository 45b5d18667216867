"""What all operators share: a hook, typed errors, and a connection that may be a dry run."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from ..clients.errors import DryRun
from ..hooks.retries import VENDOR_RETRIES
from .arguments import one_of
from .ledger import Ledger, SentLately, ledger_key, owner_of
from .once import OnceOnly
from .telling import Teller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk import Context

    from ..assets.vendor_asset import VendorAsset
    from ..hooks.base import VendorHook

OnUnknown = Literal["fail", "resend"]
OnClear = Literal["reuse", "resend"]
OnRepeat = Literal["fail", "skip"]


class VendorOperator(BaseOperator):
    """A step at a vendor. On a connection in ``dry_run`` mode the task is skipped.

    A step that changes something tells so by an event of the asset in :attr:`tells`, which
    is among its outlets. The event names ids only. It comes once, with the task's success,
    and not when nothing was changed.

    :param conn_id: the vendor's Airflow connection.
    """

    hook_type: ClassVar[type[VendorHook[Any]]]

    tells: ClassVar[VendorAsset | None] = None
    """What a success means to other DAGs."""

    tells_if: ClassVar[str | None] = None
    """The part of the result that says whether anything was changed, None if it always was."""

    def __init__(self, *, conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        # Not before super(), so that a policy in the DAG's default_args counts.
        if self.retry_policy is None:
            self.retry_policy = VENDOR_RETRIES
        if self.tells is not None:
            self.outlets = Teller(self.tells, conn_id).add_to(self.outlets)

    def execute(self, context: Context) -> Any:
        try:
            result = self.act(context)
        except DryRun as error:
            raise AirflowSkipException(str(error)) from None
        finally:
            self.hook.close()
        if self.tells is not None:
            teller = Teller(self.tells, self.conn_id)
            self.outlets = teller.tell(context, self.outlets, self.changed(result))
        return result

    def changed(self, result: Any) -> Sequence[Mapping[str, str]]:
        """The ids of the records that a result says were changed, for :attr:`tells`."""
        if self.tells is None or (self.tells_if is not None and not result[self.tells_if]):
            return []
        return [{name: str(result[name]) for name in self.tells.ids if result.get(name)}]

    @abstractmethod
    def act(self, context: Context) -> Any:
        """Do the step and return its result, small JSON."""

    @cached_property
    def hook(self) -> VendorHook[Any]:
        """The vendor's hook, closed when the step is over."""
        return self.hook_type(self.conn_id)


class ChangingOperator(VendorOperator):
    """A step that has an effect, which happens at most once per task of a run.

    The intent is stored before the call and the outcome after it. When an answer
    is lost, the next try reads the vendor's state and takes over what it finds.

    :param on_unknown: where the vendor's state cannot tell whether a lost call
        happened: ``fail`` leaves the decision to a person, ``resend`` may do it twice.
    :param on_clear: when somebody clears a task that had succeeded: ``reuse``
        returns the stored outcome, ``resend`` does it again.
    """

    def __init__(
        self, *, on_unknown: OnUnknown = "fail", on_clear: OnClear = "reuse", **kwargs: Any
    ) -> None:
        # So that the next task can take one part: create.output["candidate_id"].
        kwargs.setdefault("multiple_outputs", True)
        super().__init__(**kwargs)
        self.on_unknown = one_of("on_unknown", on_unknown, get_args(OnUnknown))
        self.on_clear = one_of("on_clear", on_clear, get_args(OnClear))

    def once(self, context: Context) -> OnceOnly:
        """What performs this task's effects at most once."""
        return OnceOnly(context, self.hook, on_unknown=self.on_unknown, on_clear=self.on_clear)


class ContactingOperator(ChangingOperator):
    """A step that writes to somebody, which other runs may not repeat soon.

    :param repeat_after: how long the same is refused, also in other runs.
    :param repeat: do it all the same.
    :param on_repeat: what a refusal does to the task: ``fail``, or ``skip`` where
        meeting somebody again is nothing unusual.
    """

    repeats: ClassVar[tuple[type[Exception], ...]] = (SentLately,)
    """Errors that tell that it was done before."""

    def __init__(
        self,
        *,
        repeat_after: timedelta = timedelta(days=30),
        repeat: bool = False,
        on_repeat: OnRepeat = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.repeat_after = repeat_after
        self.repeat = repeat
        self.on_repeat = one_of("on_repeat", on_repeat, get_args(OnRepeat))

    def execute(self, context: Context) -> Any:
        try:
            return super().execute(context)
        except self.repeats as error:
            if self.on_repeat == "skip":
                raise AirflowSkipException(str(error)) from None
            raise

    def ledger(self, context: Context, *what: str) -> Ledger:
        """What refuses ``what`` if it was done lately; with ``repeat`` it only takes notice."""
        return Ledger(
            key=ledger_key(self.hook.settings, *what),
            owner=owner_of(context),
            repeat_after=timedelta(0) if self.repeat else self.repeat_after,
        )
