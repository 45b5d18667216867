"""Delivers events as vendors would, and prints what came of it.

With a rate, the times of deliveries are planned beforehand and kept, whether or not earlier ones
have been answered, and a latency counts from the planned time. Without, twenty senders deliver one
after the other, as fast as they are answered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

SENDERS = 20
PATIENCE = aiohttp.ClientTimeout(total=10)
"""Then the vendors give up."""


@dataclass(slots=True)
class Outcome:
    """Seconds of each answer, the numbers of what was answered with 200, and errors by kind."""

    latencies: list[float] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)


def write(vendor: str, number: int, secret: str) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers of a delivery; every number is another event."""
    if vendor == "vitay":
        data = {"candidate_id": f"c-{number}", "email": "bo@referee.example", "status": "completed"}
        event = {"event": "completed", "type": "Reference", "id": f"r-{number}", "data": data}
        return json.dumps(event).encode(), {"Content-Type": "application/json"}
    profile = {"profile_id": f"p-{number}", "profile_reference": f"candidate {number}"}
    payload = json.dumps({"type": "profile.parse.success", "profile": profile}).encode()
    digest = base64.urlsafe_b64encode(hmac.digest(secret.encode(), payload, hashlib.sha256))
    signature = f"{digest.decode()}.{base64.urlsafe_b64encode(payload).decode()}"
    headers = {"Content-Type": "application/json", "HTTP-RIMINDER-SIGNATURE": signature}
    return b"[" + payload + b"]", headers


async def deliver(
    http: aiohttp.ClientSession, url: str, vendor: str, number: int, secret: str, outcome: Outcome
) -> None:
    body, headers = write(vendor, number, secret)
    try:
        async with http.post(url, data=body, headers=headers) as answer:
            await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        kind = type(error).__name__
        outcome.errors[kind] = outcome.errors.get(kind, 0) + 1
        return
    if answer.status == 200:
        outcome.answered.append(number)
    else:
        kind = f"HTTP {answer.status}"
        outcome.errors[kind] = outcome.errors.get(kind, 0) + 1


async def run(
    url: str, vendor: str, secret: str, *, rate: int, seconds: float, first: int
) -> Outcome:
    """:param rate: Deliveries a second; 0 for as many as are answered.
    :param first: The number of the first event.
    """
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as http:

        async def deliver_timed(number: int, planned: float) -> None:
            await deliver(http, url, vendor, number, secret, outcome)
            outcome.latencies.append(loop.time() - planned)

        async def send_on(sender: int) -> None:
            number = first + sender
            while loop.time() < end and not outcome.errors:
                await deliver_timed(number, loop.time())
                number += SENDERS

        began = loop.time() + 0.1
        end = began + seconds
        async with asyncio.TaskGroup() as sending:
            if not rate:
                for sender in range(SENDERS):
                    sending.create_task(send_on(sender))
            for number in range(int(rate * seconds)):
                planned = began + number / rate
                await asyncio.sleep(planned - loop.time())
                sending.create_task(deliver_timed(first + number, planned))
    return outcome


if __name__ == "__main__":
    target, who, key, per_second, length, start = sys.argv[1:]
    done = asyncio.run(
        run(target, who, key, rate=int(per_second), seconds=float(length), first=int(start))
    )
    print(
        json.dumps({"latencies": done.latencies, "answered": done.answered, "errors": done.errors})
    )
