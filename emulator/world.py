"""The emulated world: its clock, what people in it received, and what its vendors were asked.

One :class:`World` holds everything that one emulator knows. It belongs to the event loop that
serves it; from other threads and processes, use the control surface (:mod:`.client`).
"""

from __future__ import annotations

import asyncio
import heapq
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, ValidationError

if TYPE_CHECKING:
    from ssl import SSLContext

    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from .faults import Fault

SentKind = Literal["mail", "text", "invitation", "charge"]

LONGEST_MEMORY = 50_000
"""How many requests are remembered, so that an emulator left running for weeks does not grow."""

WEBHOOK_TIMEOUT = 10.0


class Refused(Exception):
    """A request the vendor does not grant; each vendor answers it in its own form.

    ``detail`` is a sentence for a person. ``code`` and ``title`` are the vendor's words where it
    has some, ``source`` names what was wrong (JSON:API style), ``headers`` go into the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        title: str = "",
        source: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.title = title
        self.source = source
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Sent:
    """Something a person or a company's bank account would have got."""

    at: datetime
    vendor: str
    kind: SentKind
    to: str
    subject: str
    record_id: str


@dataclass(slots=True)
class RecordedRequest:
    """A request a vendor got, without query, headers and body: they hold secrets and people.

    ``path`` is the vendor's own, without its prefix; ``status`` is what the caller saw, None
    while there is no answer (or never, when the connection was closed).
    """

    at: datetime
    vendor: str
    method: str
    path: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a vendor sends its events; the meaning of ``mode`` is the vendor's."""

    url: str
    mode: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to send an event; ``status`` is None when nobody answered."""

    at: datetime
    vendor: str
    event: str
    status: int | None


class Settings(BaseModel):
    """Base of everything that can be patched; an unknown name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WorldSettings(Settings):
    """What holds for all vendors."""

    ids: Literal["random", "counted"] = "random"
    """``counted`` makes ids a test can know beforehand: …-000000000001, …-000000000002, …"""


class VendorSettings(Settings):
    """What every vendor can be told; vendors add their own."""

    auto: bool = False
    """People act by themselves."""
    delay: NonNegativeFloat = 0.05
    """Seconds a person takes for each act when ``auto`` is on."""
    latency: NonNegativeFloat = 0.0
    """Seconds added to each answer; the effect of the request happens after them."""


SettingsT = TypeVar("SettingsT", bound=Settings)


def patch_settings(name: str, settings: SettingsT, patch: Mapping[str, Any]) -> SettingsT:
    """The settings with some changed; ``ValueError`` names the first that is not possible."""
    known = type(settings).model_fields
    if unknown := [key for key in patch if key not in known]:
        choices = ", ".join(known)
        raise ValueError(f"{name} has no setting {unknown[0]!r}; it has {choices}")
    try:
        return type(settings).model_validate({**settings.model_dump(), **patch})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"setting {where!r} of {name}: {first['msg']}") from None


class Vendor:
    """One vendor's place in the world: the base of each ``emulator/<vendor>.py``.

    Set ``name``, ``prefix`` and ``default_settings``; give ``routes``, ``acts``, ``reset`` and
    ``records``. State belongs into ``reset``, which the world calls before the first request too.
    """

    name: ClassVar[str]
    prefix: ClassVar[str]
    """The part of every address that stands before the vendor's own path, as ``/vitay/api``."""
    default_settings: ClassVar[type[VendorSettings]] = VendorSettings
    webhook_modes: ClassVar[Sequence[str]] = ()
    """What the ``mode`` of a webhook may be; none means that it does not matter."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.settings: VendorSettings = self.default_settings()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def routes(self) -> Sequence[BaseRoute]:
        """The vendor's API, paths below its prefix. A route refuses by raising ``Refused``."""
        raise NotImplementedError

    def pages(self) -> Sequence[BaseRoute]:
        """What the vendor serves beside its API, such as files; whole paths, not recorded."""
        return ()

    def acts(self) -> Sequence[BaseRoute]:
        """What people do besides the API, paths below ``/_emulator/<name>``."""
        return ()

    def reset(self) -> None:
        """Forget everything and make the first records."""

    def notice_settings(self, before: VendorSettings) -> None:
        """Called after the settings were changed, so that people may wake up."""

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Tables to look at: the name of each, and its rows (the newest are enough)."""
        return {}

    def answer_error(self, refused: Refused) -> Response:
        """The refusal in the vendor's own form; unknown paths and methods come here too."""
        raise NotImplementedError

    def expire_tokens(self) -> None:
        """Make every token given out so far worthless, where the vendor has tokens."""

    def environment(self, url: str) -> Mapping[str, str]:
        """Environment variables that point Airflow or the bot at this vendor."""
        return {}

    def send(self, kind: SentKind, *, to: str, subject: str, record_id: str) -> None:
        """Put into the outbox what a person would have got."""
        self.world.outbox.append(
            Sent(self.world.now(), self.name, kind, to=to, subject=subject, record_id=record_id)
        )

    def send_webhook(
        self,
        event: str,
        content: bytes,
        headers: Mapping[str, str],
        *,
        about: str = "",
        tries: int = 1,
    ) -> None:
        """Post an event to the address set for this vendor; without one, do nothing.

        :param about: events about the same thing wait for each other, so they arrive in order.
        :param tries: how often it is posted until it is taken (2xx).
        """
        if webhook := self.world.webhooks.get(self.name):
            turn = self._turns.setdefault(about, asyncio.Lock()) if about else asyncio.Lock()
            posts = (self.deliver(webhook.url, event, content, headers) for _ in range(tries))
            self.world.start(_post_until_taken(posts, turn))

    async def deliver(
        self, url: str, event: str, content: bytes, headers: Mapping[str, str]
    ) -> int | None:
        """Post an event once; the status of the answer, None when nobody answered."""
        import httpx  # here, because most runs send no webhook

        status = None
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(
                timeout=WEBHOOK_TIMEOUT, trust_env=False, verify=_trusted_authorities()
            ) as client:
                answer = await client.post(url, content=content, headers=dict(headers))
                status = answer.status_code
        self.world.deliveries.append(Delivery(self.world.now(), self.name, event, status))
        return status


async def _post_until_taken(
    posts: Iterable[Coroutine[Any, Any, int | None]], turn: asyncio.Lock
) -> None:
    async with turn:
        for post in posts:
            status = await post
            if status is not None and 200 <= status < 300:
                return


@cache
def _trusted_authorities() -> SSLContext:
    """Read once: a thousand events would otherwise read the certificates of the world each."""
    import httpx  # as above

    return httpx.create_ssl_context(trust_env=False)


@dataclass(order=True, slots=True)
class _Plan:
    due: datetime
    order: int
    act: Callable[[], None]


class World:
    """The clock, the outbox, the requests, the faults, the plans of people, and the vendors.

    :param vendors: the vendor classes to hold; ``app.build_world()`` makes a world with all.
    """

    def __init__(self, vendors: Sequence[type[Vendor]] = ()) -> None:
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._forget()
        self.vendors: dict[str, Vendor] = {vendor.name: vendor(self) for vendor in vendors}
        for vendor in self.vendors.values():
            vendor.reset()

    def _forget(self) -> None:
        self.settings = WorldSettings()
        self.outbox: list[Sent] = []
        self.requests: deque[RecordedRequest] = deque(maxlen=LONGEST_MEMORY)
        self.deliveries: list[Delivery] = []
        self.faults: list[Fault] = []
        self.webhooks: dict[str, Webhook] = {}
        self._offset = timedelta()
        self._moment: datetime | None = None
        self._plans: list[_Plan] = []
        self._plan_numbers = count(1)
        self._id_numbers = count(1)

    def reset(self) -> None:
        """Back to the first records: no faults, real clock, default settings, nobody acting."""
        for task in self._tasks:
            task.cancel()
        self._forget()
        for vendor in self.vendors.values():
            vendor.settings = vendor.default_settings()
            vendor.reset()

    def change_settings(self, patches: Mapping[str, Mapping[str, Any]]) -> None:
        """Change settings by vendor name (``world`` for those of all); all of them, or none.

        :raises ValueError: for an unknown vendor or setting, or a value that is not possible.
        """
        world_settings, changed = self.settings, {}
        for name, patch in patches.items():
            if name == "world":
                world_settings = patch_settings(name, world_settings, patch)
            elif name in self.vendors:
                changed[name] = patch_settings(name, self.vendors[name].settings, patch)
            else:
                raise ValueError(f"no vendor {name!r}; there are world, {', '.join(self.vendors)}")
        self.settings = world_settings
        for name, settings in changed.items():
            before, self.vendors[name].settings = self.vendors[name].settings, settings
            self.vendors[name].notice_settings(before)

    def all_settings(self) -> dict[str, dict[str, Any]]:
        by_vendor = {name: vendor.settings for name, vendor in self.vendors.items()}
        return {
            name: settings.model_dump(mode="json")
            for name, settings in {"world": self.settings, **by_vendor}.items()
        }

    def now(self) -> datetime:
        """The world's time, aware, UTC. It runs on by itself, from wherever it was set.

        Who acts by plan sees the moment of the plan, not the moment it was carried out.
        """
        return self._moment or datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass: everything planned for it happens, in order, each at its moment."""
        if seconds < 0:
            raise ValueError("time advances by zero seconds or more; to go back, set `now`")
        self.move_to(self.now() + timedelta(seconds=seconds))

    def move_to(self, moment: datetime) -> None:
        """Set the clock. Forward, what was planned in between happens; backward, plans wait."""
        self._offset = moment - datetime.now(UTC)
        self.catch_up()

    def plan(self, due: datetime, act: Callable[[], None]) -> None:
        """Have something happen at a moment of the world's time; a reset cancels it."""
        heapq.heappush(self._plans, _Plan(due, next(self._plan_numbers), act))
        self._woken.set()

    def plan_after(self, seconds: float, act: Callable[[], None]) -> None:
        """Have something happen in so many seconds."""
        self.plan(self.now() + timedelta(seconds=seconds), act)

    def catch_up(self) -> None:
        """Carry out what is due. Called before each request, so no answer is behind the clock."""
        until = self.now()
        while self._plans and self._plans[0].due <= until:
            plan = heapq.heappop(self._plans)
            self._moment = plan.due
            try:
                # A person who is refused by then lets it be, as people do.
                with suppress(Refused):
                    plan.act()
            finally:
                self._moment = None

    async def live(self) -> None:
        """Carry out what is due while nobody asks; runs as long as the server."""
        while True:
            self._woken.clear()
            self.catch_up()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._seconds_to_next_plan())

    def _seconds_to_next_plan(self) -> float | None:
        if not self._plans:
            return None
        return max(0.0, (self._plans[0].due - self.now()).total_seconds())

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside the requests; a reset cancels it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def environment(self, url: str) -> dict[str, str]:
        """Environment variables that point Airflow and the bot at an emulator at this address."""
        return {
            name: value
            for vendor in self.vendors.values()
            for name, value in vendor.environment(url).items()
        }

    def new_id(self) -> str:
        """A new UUID of version 4; a counted one when the settings say so."""
        if self.settings.ids == "counted":
            return f"00000000-0000-4000-8000-{next(self._id_numbers):012d}"
        return str(uuid.uuid4())


def format_time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, as ``2023-05-04T12:34:56.000Z``."""
    if moment is None:
        return None
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; without an offset it is UTC. ``ValueError`` when it is not one."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
