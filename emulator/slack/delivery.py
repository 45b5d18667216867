"""How the app hears of things: Socket Mode envelopes, or signed HTTP requests.

Both ways answer the same question: did the app acknowledge in time, and with what?
Sources: https://docs.slack.dev/apis/events-api/using-socket-mode and
https://docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import httpx
from starlette.websockets import WebSocket, WebSocketDisconnect

from .records import APP, Json

if TYPE_CHECKING:
    from .settings import SlackSettings

SIGNING_SECRET = "emulator-signing-secret"  # noqa: S105 - the emulator's published credential

EnvelopeKind = Literal["slash_commands", "interactive", "events_api"]

Failure = Literal["operation_timeout", "no_connection", "dispatch_failed"]
RetryReason = Literal["http_timeout", "http_error", "connection_failed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one delivery: `ack` (None when nothing did) or the failure."""

    ack: Json | None
    error: Failure | None = None
    retry_reason: RetryReason = "http_timeout"
    """What the next attempt gives as its reason."""
    may_retry: bool = True
    """False when the app answered with `X-Slack-No-Retry`."""


def sign(body: bytes, timestamp: str, secret: str = SIGNING_SECRET) -> str:
    """The `X-Slack-Signature` of a request body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Delivery:
    """The open Socket Mode connections, and the envelopes that wait for their acknowledgement."""

    tickets: set[str] = field(default_factory=set)
    connections: list[WebSocket] = field(default_factory=list)
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    turn: int = 0

    def issue_ticket(self) -> str:
        ticket = secrets.token_urlsafe(12)
        self.tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """Hold one Socket Mode connection until either side ends it."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self.tickets:
            await socket.close(code=4001)
            return
        self.tickets.discard(ticket)
        await socket.accept()
        self.connections.append(socket)
        try:
            await socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.connections),
                    "connection_info": {"app_id": APP},
                    "debug_info": {"host": "emulator", "approximate_connection_time": 18060},
                }
            )
            async for text in socket.iter_text():
                self._take_ack(text)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._forget(socket)

    def _take_ack(self, text: str) -> None:
        try:
            received = json.loads(text)
        except ValueError:
            return
        if not isinstance(received, dict):
            return
        waiting = self.waiting.get(str(received.get("envelope_id")))
        if waiting and not waiting.done():
            payload = received.get("payload") or {}
            waiting.set_result(payload if isinstance(payload, dict) else {"text": str(payload)})

    def _forget(self, socket: WebSocket) -> None:
        if socket in self.connections:
            self.connections.remove(socket)

    async def deliver(
        self,
        kind: EnvelopeKind,
        payload: Json,
        settings: SlackSettings,
        *,
        retry_attempt: int = 0,
        retry_reason: RetryReason = "http_timeout",
    ) -> Answer:
        """Hand one payload to the app and wait for its acknowledgement."""
        if settings.request_url:
            retry = (retry_attempt, retry_reason)
            return await self._post(settings.request_url, kind, payload, settings, retry)
        return await self._send(kind, payload, settings, retry_attempt)

    async def _send(
        self, kind: EnvelopeKind, payload: Json, settings: SlackSettings, retry_attempt: int
    ) -> Answer:
        if not self.connections:
            return Answer(None, "no_connection")
        self.turn += 1
        socket = self.connections[self.turn % len(self.connections)]
        envelope_id = secrets.token_hex(8)
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.waiting[envelope_id] = acknowledged
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api" or retry_attempt:
            reason = "timeout" if retry_attempt else ""
            envelope |= {"retry_attempt": retry_attempt, "retry_reason": reason}
        try:
            await socket.send_json(envelope)
            return Answer(await asyncio.wait_for(acknowledged, settings.ack_timeout))
        except TimeoutError:
            return Answer(None, "operation_timeout")
        except (RuntimeError, WebSocketDisconnect):
            self._forget(socket)
            return await self._send(kind, payload, settings, retry_attempt)
        finally:
            self.waiting.pop(envelope_id, None)

    async def _post(
        self,
        url: str,
        kind: EnvelopeKind,
        payload: Json,
        settings: SlackSettings,
        retry: tuple[int, RetryReason],
    ) -> Answer:
        retry_attempt, retry_reason = retry
        body, content_type = _write_body(kind, payload)
        # The app compares this with its own clock, so it is the real time, not the emulator's.
        timestamp = str(int(time.time()))
        headers = {
            "content-type": content_type,
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": sign(body, timestamp),
        }
        if retry_attempt:
            headers |= {
                "x-slack-retry-num": str(retry_attempt),
                "x-slack-retry-reason": retry_reason,
            }
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=settings.ack_timeout) as client:
                response = await asyncio.wait_for(
                    client.post(url, content=body, headers=headers), settings.ack_timeout
                )
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, "operation_timeout")
        except httpx.HTTPError:
            return Answer(None, "dispatch_failed", "connection_failed")
        if response.status_code != 200:
            may_retry = "x-slack-no-retry" not in response.headers
            return Answer(None, "dispatch_failed", "http_error", may_retry)
        return Answer(_read_ack(response))

    async def disconnect(self, reason: str) -> int:
        """Ask every connection to come back, as Slack does when it refreshes its servers.

        `reason` is `warning` or `refresh_requested` (told to the app, which comes back by
        itself and is served until then), `link_disabled` (told, then dropped) or `close`
        (dropped without a word). Returns how many connections there were.
        """
        told = list(self.connections)
        for socket in told:
            with suppress(RuntimeError, WebSocketDisconnect):
                if reason != "close":
                    notice = {"type": "disconnect", "reason": reason, "debug_info": {}}
                    await socket.send_json(notice)
                if reason in ("close", "link_disabled"):
                    self._forget(socket)
                    await socket.close(code=1001)
        return len(told)


def _write_body(kind: EnvelopeKind, payload: Json) -> tuple[bytes, str]:
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _read_ack(response: httpx.Response) -> Json:
    if not response.content:
        return {}
    if "json" in response.headers.get("content-type", ""):
        with suppress(ValueError):
            sent = response.json()
            return sent if isinstance(sent, dict) else {}
    return {"text": response.text}
