"""Waiting for applicants at RickRut. Nothing here contacts anybody."""

from __future__ import annotations

from typing import Any, ClassVar

from ..hooks.rickrut import RickRutHook
from .base import WaitSensor


class RickRutApplicantScoredSensor(WaitSensor):
    """Waits until an applicant has taken the test and both scores are there.

    Returns ``{"applicant_id", "status", "skill_score", "adequation_score", "step"}``,
    the scores as the decimal text that the vendor sends. RickRut tells nobody when
    something happens and lists nobody, so each applicant is asked for, every 5
    minutes and less often while nothing changes. Somebody who never takes the test
    looks the same as somebody who has not yet: give the sensor a ``timeout``.

    :param applicant_id: (templated).
    :param rickrut_conn_id: the Airflow connection.
    :raises WaitHopeless: the applicant is gone.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 5.
    """

    template_fields = ("applicant_id", "give_up_after")
    vendor = "rickrut"
    ui_color = "#e4ecf0"
    trigger_path: ClassVar[str] = "airflow_talent.triggers.rickrut.RickRutApplicantScoredTrigger"

    def __init__(
        self,
        *,
        applicant_id: str,
        rickrut_conn_id: str = RickRutHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=rickrut_conn_id, arguments={"applicant_id": applicant_id}, **kwargs
        )
        self.rickrut_conn_id = rickrut_conn_id
