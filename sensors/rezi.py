"""Waiting for resumes at Rezi. Nothing here contacts anybody."""

from __future__ import annotations

from typing import Any, ClassVar

from ..hooks.rezi import ReziHook
from .base import WaitSensor


class ReziResumeScoredSensor(WaitSensor):
    """Waits until a resume has a score, or one that is high enough; looks every 5 minutes.

    A score below ``min_score`` may still rise while the resume is worked on: give
    the sensor a ``timeout``. Returns ``{"resume_id", "score"}``.

    :param resume_id: id of the resume (templated).
    :param min_score: the score that is enough, 0 to 100; None for any (templated).
    :param rezi_conn_id: the Airflow connection.
    :raises WaitHopeless: the resume is gone.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 5, `GET /resume/{resumeID}/score`.
    """

    template_fields = ("resume_id", "min_score", "give_up_after")
    trigger_path: ClassVar[str] = "airflow_talent.triggers.rezi.ReziResumeScoredTrigger"
    vendor = "rezi"
    ui_color = "#f3ead9"

    def __init__(
        self,
        *,
        resume_id: str,
        min_score: float | str | None = None,
        rezi_conn_id: str = ReziHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=rezi_conn_id,
            arguments={"resume_id": resume_id, "min_score": min_score},
            **kwargs,
        )
        self.rezi_conn_id = rezi_conn_id
