"""The JSON bodies of the control surface: what can be said of each act."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from .app_link import Replay
from .records import Kind


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def fields(self) -> dict[str, Any]:
        """The parameters of the act."""
        return self.model_dump()


class ActBody(Body):
    """What everything has that the app hears of; see `Replay`."""

    user: str
    trigger_id: str | None = None
    deliveries: int | None = Field(None, ge=1, le=10)
    redeliveries: int | None = Field(None, ge=0, le=10)

    def fields(self) -> dict[str, Any]:
        own = self.model_dump(exclude={"trigger_id", "deliveries", "redeliveries"})
        return own | {"replay": Replay(self.trigger_id, self.deliveries, self.redeliveries)}


class CommandBody(ActBody):
    channel: str
    command: str = Field("/talent", pattern=r"^/\S+$")
    text: str = ""


class ShortcutBody(ActBody):
    callback_id: str
    channel: str | None = None
    message_ts: str | None = None


class ActionBody(ActBody):
    channel: str
    message_ts: str
    action_id: str
    block_id: str | None = None
    value: Any = None
    values: dict[str, Any] = Field(default_factory=dict)


class SubmitBody(ActBody):
    values: dict[str, Any] = Field(default_factory=dict)


class ViewActionBody(ActBody):
    action_id: str
    block_id: str | None = None
    value: Any = None
    values: dict[str, Any] = Field(default_factory=dict)


class CloseBody(Body):
    user: str
    whole_modal: bool = False


class HomeBody(Body):
    user: str
    tab: Literal["home", "messages"] = "home"


class OptionsBody(Body):
    user: str
    action_id: str
    block_id: str | None = None
    value: str = ""
    view_id: str | None = None
    channel: str | None = None
    message_ts: str | None = None


class MessageBody(Body):
    user: str
    channel: str
    text: str
    thread_ts: str | None = None


def _decode(content: object) -> bytes:
    return b64decode(str(content), validate=True)


class FileBody(Body):
    user: str
    name: str = Field(min_length=1)
    content: Annotated[bytes, BeforeValidator(_decode)] = Field(alias="content_base64")
    channel: str | None = None
    thread_ts: str | None = None
    text: str = ""


class DisconnectBody(Body):
    reason: Literal["warning", "refresh_requested", "link_disabled", "close"] = "refresh_requested"


class RecordBody(Body):
    """What is to be changed about a record, or how a new one is to be."""

    id: str

    def wanted(self) -> dict[str, Any]:
        return self.model_dump(exclude={"id"}, exclude_none=True)


class ChannelBody(RecordBody):
    name: str | None = None
    kind: Kind | None = None
    private: bool | None = None
    """Another way to say which kind a channel is."""
    members: list[str] | None = None
    is_archived: bool | None = None
    is_ext_shared: bool | None = None

    def wanted(self) -> dict[str, Any]:
        wanted = super().wanted()
        if (private := wanted.pop("private", None)) is not None:
            wanted["kind"] = "private" if private else "public"
        return wanted


class UserBody(RecordBody):
    name: str | None = None
    real_name: str | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    is_stranger: bool | None = None
    is_deleted: bool | None = None
    team: str | None = None


class GroupBody(RecordBody):
    name: str | None = None
    handle: str | None = None
    users: list[str] | None = None
    is_disabled: bool | None = None


class InstallBody(Body):
    manifest: dict[str, Any]
