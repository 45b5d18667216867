"""Who takes part in the benchmark of waiting, and the Airflow they all get."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Contender(StrEnum):
    """A way to wait; the values begin the ids of its DAGs."""

    STARTED_IN_TRIGGERER = "started_in_triggerer"
    DEFERRED_BY_WORKERS = "deferred_by_workers"
    BATCH = "batch"
    HTTP_DEFERRED = "http_deferred"
    HTTP_RESCHEDULED = "http_rescheduled"
    TIME = "time"

    @property
    def label(self) -> str:
        """As it stands in tables."""
        return LABELS[self]

    @property
    def is_http(self) -> bool:
        """Whether it is HttpSensor, which needs a vendor that answers 404 meanwhile."""
        return self in (Contender.HTTP_DEFERRED, Contender.HTTP_RESCHEDULED)


LABELS = {
    Contender.STARTED_IN_TRIGGERER: "Vitay sensor,\nstarted in triggerer",
    Contender.DEFERRED_BY_WORKERS: "Vitay sensor,\ndeferred by workers",
    Contender.BATCH: "Vitay sensor,\none for all",
    Contender.HTTP_DEFERRED: "HttpSensor,\ndeferred",
    Contender.HTTP_RESCHEDULED: "HttpSensor,\nrescheduled",
    Contender.TIME: "DateTimeSensorAsync,\nno vendor",
}

OTHERS = (Contender.HTTP_DEFERRED, Contender.HTTP_RESCHEDULED, Contender.TIME)

STANDARD = Contender.HTTP_DEFERRED
"""What the others are told as multiples of, where it takes part."""

DEFAULT = [
    Contender.STARTED_IN_TRIGGERER,
    Contender.DEFERRED_BY_WORKERS,
    Contender.BATCH,
    Contender.HTTP_DEFERRED,
]
"""Not rescheduled: that many tasks keep two cores busy for as long as they wait. Not the time
triggers: they ask nobody, and are there to show what Airflow itself keeps of each wait."""


def settings_for(waits: int) -> Mapping[str, str]:
    """What lets so many tasks wait at once, the same for every contender."""
    return {
        "AIRFLOW__TRIGGERER__CAPACITY": str(max(1000, waits + waits // 4)),
        "AIRFLOW__TRIGGERER__MAX_TRIGGER_TO_SELECT_PER_LOOP": str(max(50, waits // 4)),
        "AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": str(2 * waits),
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(2 * waits),
        "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": str(max(20, waits // 10)),
        # As they are by default; a local Airflow is more eager, for the sake of who watches it.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
        "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "15",
    }


def explain_settings(waits: int, workers: int) -> str:
    """The same as a sentence."""
    settings = settings_for(waits)
    return (
        f"Airflow's settings, for all alike: {workers} workers, a triggerer with a capacity of "
        f"{settings['AIRFLOW__TRIGGERER__CAPACITY']} that takes up "
        f"{settings['AIRFLOW__TRIGGERER__MAX_TRIGGER_TO_SELECT_PER_LOOP']} triggers a loop, "
        f"{settings['AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE']} runs looked at in a "
        "loop of the scheduler, no limit of active runs and tasks; the scheduler looks as often as "
        "by default"
    )
