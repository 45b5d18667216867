"""Waiting for Riminder to read and score resumes. Nothing here changes anything."""

from __future__ import annotations

from typing import Any, ClassVar

from ..hooks.riminder import RiminderHook
from .base import WaitSensor


class RiminderSensor(WaitSensor):
    """What Riminder's sensors share; looks every 10 seconds at first unless told otherwise.

    A resume that cannot be read looks the same to Riminder's API as one that is
    still waiting (only its webhooks tell): give the sensor a ``timeout``.

    :param riminder_conn_id: the Airflow connection; its key must be able to read.
    """

    vendor = "riminder"
    usual_interval = 10.0
    ui_color = "#e4ecf5"

    def __init__(
        self, *, riminder_conn_id: str = RiminderHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(conn_id=riminder_conn_id, **kwargs)
        self.riminder_conn_id = riminder_conn_id


class RiminderProfileParsedSensor(RiminderSensor):
    """Waits until a resume was read.

    Returns ``{"profile_id", "profile_reference", "source_id"}``.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated). A reference that no
        profile has yet is waited for too, until the time is over.
    :raises WaitHopeless: there is no profile with this id.
    :raises WaitTimedOut: the time is over.
    :raises InvalidRequest: no source is called so, or several are.

    Source: fact sheet section 6.4.
    """

    template_fields = ("source", "profile_id", "profile_reference", "give_up_after")
    trigger_path: ClassVar[str] = "airflow_talent.triggers.riminder.RiminderProfileParsedTrigger"

    def __init__(
        self,
        *,
        source: str,
        profile_id: str | None = None,
        profile_reference: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            arguments={
                "source": source,
                "profile_id": profile_id,
                "profile_reference": profile_reference,
            },
            **kwargs,
        )


class RiminderProfileScoredSensor(RiminderSensor):
    """Waits until a profile has a score for a filter.

    Returns ``{"profile_id", "profile_reference", "source_id", "score", "stage", "rating"}``;
    the vendor does not say what the score's scale is.

    :param source: id or name of the source that the profile is in (templated).
    :param filter: id, reference or name of the filter (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated). A reference that no
        profile has yet is waited for too, until the time is over.
    :raises WaitHopeless: there is no profile with this id.
    :raises WaitTimedOut: the time is over.
    :raises InvalidRequest: no source or filter is called so, or several are.

    Source: fact sheet sections 6.3 and 6.4.
    """

    template_fields = ("source", "filter", "profile_id", "profile_reference", "give_up_after")
    trigger_path: ClassVar[str] = "airflow_talent.triggers.riminder.RiminderProfileScoredTrigger"

    def __init__(
        self,
        *,
        source: str,
        filter: str,  # noqa: A002  # the vendor's word
        profile_id: str | None = None,
        profile_reference: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            arguments={
                "source": source,
                "filter": filter,
                "profile_id": profile_id,
                "profile_reference": profile_reference,
            },
            **kwargs,
        )
