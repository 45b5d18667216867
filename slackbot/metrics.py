"""What the bot counts, for Prometheus to fetch.

No label names a person, a conversation or a run: labels are closed sets, Slack's own words for
errors, and the ids of DAGs that are workflows. Whoever did something calls one function here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from prometheus_client import Counter, Gauge, Histogram, Summary

CommandKind = Literal["help", "list", "start", "menu", "status", "cancel", "again", "unreadable"]

DeliveryKind = Literal[
    "command",
    "block_actions",
    "block_suggestion",
    "view_submission",
    "view_closed",
    "shortcut",
    "message_action",
    "event",
    "other",
]
"""What Slack sends, by how it names it in the payload."""

DELIVERY_KINDS: Mapping[str, DeliveryKind] = {kind: kind for kind in get_args(DeliveryKind)}

CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")

_commands = Counter("talent_bot_commands", "Slash commands read, by what was wanted.", ["kind"])
_acks = Histogram(
    "talent_bot_ack_seconds",
    "Time until something that Slack sent was acknowledged; Slack waits three seconds.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
_redeliveries = Counter(
    "talent_bot_redeliveries", "Deliveries that Slack marked as repeated.", ["kind"]
)
_runs_started = Counter("talent_bot_runs_started", "Runs that people started.", ["dag_id"])
_runs_followed = Gauge("talent_bot_runs_followed", "Runs that this process looks after now.")
_failures = Counter("talent_bot_failures", "Work that ended with an error, by its kind.", ["kind"])
_slack = Summary(
    "talent_bot_slack_request_seconds",
    "Calls of Slack's Web API, repeated tries included; outcome is ok or Slack's word for why not.",
    ["method", "outcome"],
)
_airflow = Summary(
    "talent_bot_airflow_request_seconds",
    "Requests to Airflow's REST API; outcome is the HTTP status, or unreachable.",
    ["method", "outcome"],
)
_waits = Counter("talent_bot_rate_limit_waits", "Pauses that Slack asked for.")


def command(kind: CommandKind) -> None:
    """Somebody typed a command."""
    _commands.labels(kind).inc()


def ack(kind: DeliveryKind, seconds: float, *, is_repeated: bool = False) -> None:
    """Something that Slack sent was acknowledged.

    :param is_repeated: Slack says that it has sent this before.
    """
    _acks.labels(kind).observe(seconds)
    if is_repeated:
        _redeliveries.labels(kind).inc()


def kind_of(payload: Mapping[str, Any]) -> DeliveryKind:
    """What a payload of Slack is."""
    if "command" in payload:
        return "command"
    if "event" in payload:
        return "event"
    return DELIVERY_KINDS.get(str(payload.get("type")), "other")


def run_started(dag_id: str) -> None:
    """A run was started for a person; only of a DAG that exists, so that labels stay few."""
    _runs_started.labels(dag_id).inc()


def count_followed(count: Callable[[], int]) -> None:
    """Say how to find out, whenever it is asked, how many runs this process looks after."""
    _runs_followed.set_function(count)


def failure(kind: str) -> None:
    """Something ended with an error that nobody was waiting for.

    :param kind: Name of the error's class, never its text.
    """
    _failures.labels(kind).inc()


def slack_request(method: str, outcome: str, seconds: float) -> None:
    """Slack was asked.

    :param method: As `chat.postMessage`, or `response_url`.
    :param outcome: `ok`, or what was wrong; whatever does not look like one of Slack's codes
        becomes `other`.
    """
    _slack.labels(method, outcome if CODE.fullmatch(outcome) else "other").observe(seconds)


def airflow_request(method: str, outcome: str, seconds: float) -> None:
    """Airflow was asked.

    :param method: Of HTTP.
    :param outcome: Status as text, or `unreachable`.
    """
    _airflow.labels(method, outcome).observe(seconds)


def rate_limit_wait() -> None:
    """Slack said: later."""
    _waits.inc()
