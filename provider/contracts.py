"""The shapes that DAGs, the Slack app and the receiver of webhooks agree on.

A DAG imports this module when it is parsed and the others import it without
Airflow, so it needs nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SLACK_RESULT = "slack_result"
"""XCom key under which any task of a Slack-started run may leave what Slack shows."""

SLACK_CONF = "slack"
"""Key of a run's conf that says who started it; written and signed by the bot alone."""

NOTE_PREFIX = "talent:"
"""Start of the one line of a run's note that belongs to the bot."""

VENDOR_EVENT = "talent_event"
"""Key of a run's conf, and of an asset event's extra, under which a :class:`VendorEvent` stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorEvent:
    """Something happened to records of a vendor, as a webhook told or a watcher found.

    It names records and says nothing of them: who acts on it reads them again.

    :param vendor: Such as ``vitay``.
    :param type: What happened, such as ``reference.completed``.
    :param conn_id: The Airflow connection over which the records can be read.
    :param records: The ids of each record, by what they are ids of, such as
        ``{"reference_id": "…"}``; nothing personal.
    """

    vendor: str
    type: str
    conn_id: str
    records: Sequence[Mapping[str, str]]

    @property
    def tag(self) -> str:
        """The tag of DAGs that are started by it."""
        return f"on:{self.vendor}:{self.type}"

    def as_json(self) -> dict[str, Any]:
        """The JSON that stands under :data:`VENDOR_EVENT`."""
        return {
            "v": 1,
            "vendor": self.vendor,
            "type": self.type,
            "conn_id": self.conn_id,
            "records": [dict(record) for record in self.records],
        }

    @classmethod
    def from_json(cls, value: object) -> VendorEvent:
        """Read what stands under :data:`VENDOR_EVENT`.

        :raises ValueError: it is not version 1 of this shape; the text names the
            part at fault and never its content.
        """
        if not isinstance(value, Mapping) or value.get("v") != 1:
            raise ValueError(f"{VENDOR_EVENT} must be an object with v = 1")
        for name in ("vendor", "type", "conn_id"):
            if not isinstance(value.get(name), str):
                raise ValueError(f"{VENDOR_EVENT}: {name} must be a string")
        records = value.get("records")
        if not isinstance(records, list) or not all(_is_ids(record) for record in records):
            raise ValueError(f"{VENDOR_EVENT}: records must be a list of objects of ids")
        return cls(
            vendor=value["vendor"],
            type=value["type"],
            conn_id=value["conn_id"],
            records=[dict(record) for record in records],
        )


def _is_ids(record: object) -> bool:
    return isinstance(record, Mapping) and all(
        isinstance(part, str) for pair in record.items() for part in pair
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAction:
    """A button below a result: opens the form of a workflow with values filled in.

    Whoever presses it must be allowed to start that workflow, may change the values, and
    starts it by sending the form. The values stay in Airflow: the button carries none.

    :param workflow: Id of the DAG.
    :param params: Values of its params, by name; those left out keep their defaults.
    :param label: The words on the button, None for the workflow's own name.
    :param not_before: When pressing it begins to make sense, in ISO 8601 with its
        offset; until then Slack says when that is. None for any time.
    """

    workflow: str
    params: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None
    not_before: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The action as a part of a result's JSON; what is None is left out."""
        said = {"label": self.label, "not_before": self.not_before}
        return {
            "workflow": self.workflow,
            "params": dict(self.params),
            **{key: value for key, value in said.items() if value is not None},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackResult:
    """What a task wants Slack to show.

    :param text: Plain text, one or a few sentences. Escaped before it is shown.
    :param fields: Label to value, shown as pairs.
    :param table: Rows with the same keys, shown as a table.
    :param files: URIs of files to attach; the bot opens those below its allowed roots.
    :param actions: Buttons that start another workflow.

    >>> ti.xcom_push(key=SLACK_RESULT, value=SlackResult(text="Done").as_xcom())
    """

    text: str
    fields: Mapping[str, str | int | float] = field(default_factory=dict)
    table: Sequence[Mapping[str, str | int | float | None]] = ()
    files: Sequence[str] = ()
    actions: Sequence[SlackAction] = ()

    def as_xcom(self) -> dict[str, Any]:
        """The JSON to push under :data:`SLACK_RESULT`."""
        return {
            "v": 1,
            "text": self.text,
            "fields": dict(self.fields),
            "table": [dict(row) for row in self.table],
            "files": [str(uri) for uri in self.files],
            "actions": [action.as_json() for action in self.actions],
        }

    @classmethod
    def from_xcom(cls, value: object) -> SlackResult:
        """Read what a task pushed.

        :raises ValueError: the value is not version 1 of this shape; the text
            names the part at fault and never its content.
        """
        if not isinstance(value, Mapping):
            raise ValueError(f"{SLACK_RESULT} must be an object, got {type(value).__name__}")
        if value.get("v") != 1:
            raise ValueError(f"{SLACK_RESULT} must have v = 1")
        text = value.get("text", "")
        if not isinstance(text, str):
            raise ValueError(f"{SLACK_RESULT}: text must be a string")
        return cls(
            text=text,
            fields=_typed(value, "fields", Mapping, {}),
            table=[_row(row) for row in _typed(value, "table", list, [])],
            files=[str(uri) for uri in _typed(value, "files", list, [])],
            actions=[_action(action) for action in _typed(value, "actions", list, [])],
        )


def _typed(value: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    part = value.get(key)
    if part is None:
        return default
    if not isinstance(part, kind):
        raise ValueError(f"{SLACK_RESULT}: {key} must be a {kind.__name__.lower()}")
    return part


def _row(row: object) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise ValueError(f"{SLACK_RESULT}: each row of table must be an object")
    return row


def _action(action: object) -> SlackAction:
    if not isinstance(action, Mapping) or not isinstance(action.get("workflow"), str):
        raise ValueError(f"{SLACK_RESULT}: each action must name its workflow")
    label, not_before = action.get("label"), action.get("not_before")
    if not isinstance(label, str | None):
        raise ValueError(f"{SLACK_RESULT}: the label of an action must be a string")
    if not_before is not None and not _is_moment(not_before):
        raise ValueError(
            f"{SLACK_RESULT}: not_before of an action must be a moment in ISO 8601 with its offset"
        )
    return SlackAction(
        workflow=action["workflow"],
        params=_typed(action, "params", Mapping, {}),
        label=label,
        not_before=not_before,
    )


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        moment = datetime.fromisoformat(value)
        # The first and the last hours of the calendar may be none in UTC.
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return moment.tzinfo is not None
