"""What the receiver counts, for Prometheus to fetch.

No label names a person, a record or a run: labels are closed sets, vendors, and the ids of DAGs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram, Summary

Taken = Literal["accepted", "repeated"]

Refusal = Literal[
    "path",
    "address",
    "header",
    "signature",
    "malformed",
    "too_large",
    "too_slow",
    "gone",
    "full",
    "unwritable",
]

Outcome = Literal["started", "already_started", "rejected", "gone"]

AssetOutcome = Literal["told", "unknown", "rejected"]

_events = Counter("talent_webhook_events", "Events that were taken.", ["vendor", "outcome"])
_refusals = Counter(
    "talent_webhook_refused", "Deliveries that were not taken, and why.", ["vendor", "reason"]
)
_answers = Histogram(
    "talent_webhook_answer_seconds",
    "Time until a delivery was answered; vendors wait ten seconds.",
    ["vendor"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2),
)
_runs = Counter("talent_webhook_runs", "What became of the runs of events.", ["dag_id", "outcome"])
_unheard = Counter("talent_webhook_unheard", "Events for which no DAG is tagged.", ["vendor"])
_assets = Counter("talent_webhook_assets", "What became of asset events.", ["vendor", "outcome"])
_retries = Counter("talent_webhook_retries", "Pauses, since Airflow did not do what it was asked.")
_waiting = Gauge("talent_webhook_waiting", "Events that Airflow does not have yet.")
_age = Gauge("talent_webhook_oldest_seconds", "How long the oldest of them has waited.")
_airflow = Summary(
    "talent_webhook_airflow_request_seconds",
    "Requests to Airflow's REST API; outcome is the HTTP status, or unreachable.",
    ["method", "outcome"],
)


def taken(vendor: str, outcome: Taken, count: int = 1) -> None:
    """Events are on disk, or were already."""
    _events.labels(vendor, outcome).inc(count)


def refused(vendor: str, reason: Refusal) -> None:
    """A delivery was not taken."""
    _refusals.labels(vendor, reason).inc()


def answered(vendor: str, seconds: float) -> None:
    """A delivery was answered, whichever way."""
    _answers.labels(vendor).observe(seconds)


def run(dag_id: str, outcome: Outcome) -> None:
    """Airflow has said what becomes of a run."""
    _runs.labels(dag_id, outcome).inc()


def unheard(vendor: str) -> None:
    """No DAG wants to hear of an event."""
    _unheard.labels(vendor).inc()


def asset(vendor: str, outcome: AssetOutcome) -> None:
    """Airflow has said what becomes of an asset event."""
    _assets.labels(vendor, outcome).inc()


def retried() -> None:
    """Airflow is asked again after a pause."""
    _retries.inc()


def count_waiting(count: Callable[[], int], age: Callable[[], float]) -> None:
    """Say how to find out, whenever it is asked, how many events wait and for how long."""
    _waiting.set_function(count)
    _age.set_function(age)


def airflow_request(method: str, outcome: str, seconds: float) -> None:
    """Airflow was asked.

    :param method: Of HTTP.
    :param outcome: Status as text, or `unreachable`.
    """
    _airflow.labels(method, outcome).observe(seconds)
