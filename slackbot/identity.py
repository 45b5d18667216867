"""Ids and signatures that make every step of a run repeatable and recognisable.

Nothing here is random: whoever repeats a step makes the same run id and the same message id, so
Airflow and Slack themselves refuse the second copy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid5

from ..provider.contracts import SLACK_CONF
from ..services.airflow_api import RunKey

MESSAGE_IDS = UUID("5c1a2f4e-5d0b-5f7e-9a3c-7b1d6a0e4c52")
"""Namespace of the ids of all messages the bot posts."""

METADATA = "talent_run"
"""Event type of the metadata that each of the bot's messages about a run carries."""


@dataclass(frozen=True, slots=True)
class Starter:
    """Who asked for a run, and where."""

    team: str
    channel: str
    user: str


@dataclass(frozen=True, slots=True)
class Step:
    """One message owed about a run; `name` says which of them, such as `root` or `summary`."""

    run: RunKey
    name: str

    @property
    def message_id(self) -> str:
        return str(uuid5(MESSAGE_IDS, json.dumps([*self.run, self.name])))

    @property
    def metadata(self) -> dict[str, Any]:
        payload = {"dag_id": self.run.dag_id, "run_id": self.run.run_id, "step": self.name}
        return {"event_type": METADATA, "event_payload": payload}


def step_of(message: Mapping[str, Any]) -> Step | None:
    """Which step a message is, by its metadata; None when it is not about a run."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != METADATA:
        return None
    dag_id, run_id, name = (payload.get(key) for key in ("dag_id", "run_id", "step"))
    if not (isinstance(dag_id, str) and isinstance(run_id, str) and isinstance(name, str)):
        return None
    return Step(RunKey(dag_id, run_id), name)


def name_run(team: str, user: str, request_id: str) -> str:
    """The id of the run that a request starts; the same request always names the same run.

    :param request_id: Slack's `trigger_id` or view id, unique per thing that a person did.
    """
    digest = hashlib.sha256(request_id.encode()).hexdigest()[:16]
    return f"{ids_of(team, user)}{digest}"


def ids_of(team: str, user: str | None = None) -> str:
    """What the ids of all runs begin with that a workspace started, or one person of it."""
    return f"slack__{team}__{user}__" if user else f"slack__{team}__"


def team_prefix(run_id: str) -> str | None:
    """What the ids of all runs begin with that were started from the same workspace as this one;
    None for a run that was not started in Slack."""
    match run_id.split("__"):
        case ["slack", team, _, _]:
            return ids_of(team)
    return None


def short_name(run_id: str) -> str:
    """What people may type for a run: eight signs for those that were started in Slack, the whole
    id for others. Not unique, but a person's own runs hardly ever share one."""
    return run_id.rpartition("__")[2][:8] if team_prefix(run_id) else run_id


def derive_key(secret: bytes) -> bytes:
    """The key for signatures, so that the secret itself signs nothing but Slack's requests."""
    return hmac.digest(secret, b"airflow_talent conf.slack v1", "sha256")


def sign(run: RunKey, starter: Starter, key: bytes) -> dict[str, str]:
    """What goes into the run's `conf["slack"]`.

    The signature covers the run and everything that decides who sees its results. So nobody who
    may start DAGs can make the bot post elsewhere or in another's name, and a copy of the conf
    into another run is worth nothing.
    """
    return {**asdict(starter), "signature": _signature(run, starter, key)}


def read_starter(conf: object, run: RunKey, key: bytes) -> Starter | None:
    """Who started this run, or None when its conf was not signed by this bot for this run."""
    slack = conf.get(SLACK_CONF) if isinstance(conf, Mapping) else None
    if not isinstance(slack, Mapping):
        return None
    team, channel, user, signature = (
        slack.get(name) for name in ("team", "channel", "user", "signature")
    )
    if not (
        isinstance(team, str)
        and isinstance(channel, str)
        and isinstance(user, str)
        and isinstance(signature, str)
    ):
        return None
    starter = Starter(team, channel, user)
    genuine = _signature(run, starter, key).encode()
    return starter if hmac.compare_digest(genuine, signature.encode()) else None


def _signature(run: RunKey, starter: Starter, key: bytes) -> str:
    signed = json.dumps([*run, starter.team, starter.channel, starter.user])
    return hmac.new(key, signed.encode(), "sha256").hexdigest()
