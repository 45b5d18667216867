"""Waiting for candidates and referees at Vitay. Nothing here contacts anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..hooks.vitay import VitayHook
from .base import WaitSensor


class VitaySensor(WaitSensor):
    """What Vitay's sensors share; looks every 15 minutes unless told otherwise.

    :param vitay_conn_id: the Airflow connection.
    """

    vendor = "vitay"
    usual_interval = 900.0
    ui_color = "#e8f0e4"

    def __init__(self, *, vitay_conn_id: str = VitayHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(conn_id=vitay_conn_id, **kwargs)
        self.vitay_conn_id = vitay_conn_id


class VitayReferenceRequestFilledSensor(VitaySensor):
    """Waits until a candidate has submitted the list of references that was asked for.

    Returns ``{"request_id", "candidate_id"}``. Says nothing about answers.

    :param request_id: id of the reference request (templated).
    :raises WaitHopeless: the request is gone.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 5.2; a request can be read only from the index.
    """

    template_fields = ("request_id", "give_up_after")
    trigger_path: ClassVar[str] = "airflow_talent.triggers.vitay.VitayReferenceRequestFilledTrigger"

    def __init__(self, *, request_id: str, **kwargs: Any) -> None:
        super().__init__(arguments={"request_id": request_id}, **kwargs)


class VitayReferenceFilledSensor(VitaySensor):
    """Waits until one referee has answered.

    Returns ``{"reference_id", "candidate_id", "filled_at", "score"}``. A referee
    who declines or never answers looks the same to Vitay's API: give the sensor
    a ``timeout``.

    :param reference_id: id of the reference (templated).
    :raises WaitHopeless: the reference is gone or was deactivated.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 5.2.
    """

    template_fields = ("reference_id", "give_up_after")
    trigger_path: ClassVar[str] = "airflow_talent.triggers.vitay.VitayReferenceFilledTrigger"

    def __init__(self, *, reference_id: str, **kwargs: Any) -> None:
        super().__init__(arguments={"reference_id": reference_id}, **kwargs)


class VitayReferencesFilledSensor(VitaySensor):
    """Waits until enough of several referees have answered, as one task.

    Returns ``{"filled_ids", "open_ids", "gone_ids"}``, together all of
    ``reference_ids`` in their order. It costs Airflow as much as the wait for a
    single reference, while a sensor that is mapped over the ids begins on a worker
    for each of them.

    :param reference_ids: ids of the references, each counted once: a list, another
        task's list, or a template that gives one (templated).
    :param at_least: answers that are enough, 1 or more; None means all (templated).
    :raises WaitHopeless: so many references are gone or deactivated that too few are left.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 5.2.
    """

    template_fields = ("reference_ids", "at_least", "give_up_after")
    trigger_path: ClassVar[str] = "airflow_talent.triggers.vitay.VitayReferencesFilledTrigger"

    def __init__(
        self,
        *,
        reference_ids: Sequence[str] | str,
        at_least: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(arguments={"reference_ids": reference_ids, "at_least": at_least}, **kwargs)


class VitayReferenceCheckCompletedSensor(VitaySensor):
    """Waits until enough of a candidate's referees have answered.

    Returns ``{"candidate_id", "request_id", "reference_ids", "filled_ids", "score"}``.

    :param candidate_id: id of the candidate (templated).
    :param request_id: the request that must be filled, None for any (templated).
    :param min_filled: answers that are enough, 1 or more; None means as many as
        the request asked for (templated).
    :param require: ``"all"`` waits for every active reference as well (templated).
    :raises WaitHopeless: the candidate is gone.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 5.2, "check complete".
    """

    template_fields = ("candidate_id", "request_id", "min_filled", "require", "give_up_after")
    trigger_path: ClassVar[str] = (
        "airflow_talent.triggers.vitay.VitayReferenceCheckCompletedTrigger"
    )

    def __init__(
        self,
        *,
        candidate_id: str,
        request_id: str | None = None,
        min_filled: int | str | None = None,
        require: Literal["enough", "all"] | str = "enough",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            arguments={
                "candidate_id": candidate_id,
                "request_id": request_id,
                "min_filled": min_filled,
                "require": require,
            },
            **kwargs,
        )
