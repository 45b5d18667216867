"""Riminder: resumes parsed and scored. The vendor in the emulated world: who may call, and how.

What each of the 19 endpoints does stands in :mod:`.endpoints`, the life of a profile in
:mod:`.intake`, what is found in a resume in :mod:`.resumes`, and how it is scored in
:mod:`.scoring`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..world import Refused, Vendor, VendorSettings, Webhook
from .acts import act_routes
from .endpoints import ENDPOINTS, Asked, Endpoint
from .intake import Intake
from .records import KEYS, READ_WRITE_KEY, WEBHOOK_SECRET, KeyKind, Store, make_first_records
from .settings import RiminderSettings
from .shapes import Shapes, print_empty_objects
from .uploads import Upload
from .webhooks import MODES, Mode

if TYPE_CHECKING:
    from starlette.requests import Request

NEWEST_SHOWN = 50
SHOWN_OF_KEY = 5

NOT_FOR_BROWSERS = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
"""Resumes come from strangers: what a browser opens of them runs nothing."""


SPELLED = {"Not Found": "Not found.", "Method Not Allowed": "Method not allowed."}
"""Where the framework and the vendor say the same."""


class Riminder(Vendor):
    """Riminder in the emulated world."""

    name = "riminder"
    prefix = "/riminder/sf/public/api/v1.0"
    default_settings = RiminderSettings
    webhook_modes = MODES
    settings: RiminderSettings

    def reset(self) -> None:
        self.keys: dict[str, KeyKind] = dict(KEYS)
        self.webhook_secret = WEBHOOK_SECRET
        self.answered: Counter[str] = Counter()
        self.store = Store()
        make_first_records(self.store, self.world.now())
        self.intake = Intake(self)

    def notice_settings(self, before: VendorSettings) -> None:
        assert isinstance(before, RiminderSettings)  # noqa: S101 - a vendor's own
        if self.settings.auto and not before.auto:
            self.intake.wake_up()
        if self.settings.quota != before.quota:
            self.answered.clear()

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.settings)

    @property
    def webhook(self) -> Webhook | None:
        return self.world.webhooks.get(self.name)

    @property
    def signature_mode(self) -> Mode:
        """How events are signed; the first mode unless the webhook names another."""
        mode = self.webhook.mode if self.webhook else ""
        return cast("Mode", mode or MODES[0])

    def new_id(self) -> str:
        """40 hexadecimal digits."""
        return self.world.new_id().replace("-", "").zfill(40)

    def routes(self) -> Sequence[BaseRoute]:
        served = [
            Route(endpoint.path, self._serve(endpoint), methods=[endpoint.method])
            for endpoint in ENDPOINTS
        ]
        return [*served, Route("/documents/{id}/{name:path}", self._serve_document)]

    def acts(self) -> Sequence[BaseRoute]:
        return act_routes(self)

    def environment(self, url: str) -> Mapping[str, str]:
        connection = {
            "conn_type": "riminder",
            "host": f"{url}{self.prefix}/",
            "password": READ_WRITE_KEY,
            "extra": {"webhook_secret": WEBHOOK_SECRET, "max_requests_per_second": 500},
        }
        return {"AIRFLOW_CONN_RIMINDER_DEFAULT": json.dumps(connection)}

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        store = self.store
        filters = list(store.filters.values())
        return {
            "Profiles": [
                {
                    "id": profile.id,
                    "reference": profile.reference,
                    "name": profile.name,
                    "email": profile.email,
                    "source": store.sources[profile.source_id].name,
                    "state": profile.state,
                    **{job.name: profile.scores.get(job.id) for job in filters},
                    "received_at": profile.received_at,
                }
                for profile in store.profiles.newest(NEWEST_SHOWN)
            ],
            "Filters": [
                {
                    "id": job.id,
                    "reference": job.reference,
                    "name": job.name,
                    "skills": ", ".join(job.skills),
                    "archive": job.archive,
                }
                for job in filters
            ],
            "Sources": [
                {
                    "id": source.id,
                    "name": source.name,
                    "type": source.type,
                    "archive": source.archive,
                }
                for source in store.sources.values()
            ],
        }

    def answer_error(self, refused: Refused) -> Response:
        message = SPELLED.get(refused.detail, refused.detail)
        error = {"code": refused.status, "message": message}
        return JSONResponse(error, refused.status, refused.headers)

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if endpoint.is_experimental and not self.settings.experimental:
                raise Refused(404, "Not found.")
            self._admit(request, endpoint)
            self._count(endpoint)
            values = await _read_values(request, is_form=endpoint.is_form)
            data: Any = endpoint.answer(Asked(self, request, values))
            if self.settings.empty_objects == "array":
                data = print_empty_objects(data)
            status = endpoint.status(self.settings)
            envelope = {"code": status, "message": endpoint.message, "data": data}
            return JSONResponse(envelope, status)

        return answer

    async def _serve_document(self, request: Request) -> Response:
        """An uploaded file, for everybody who knows its address."""
        document = self.store.documents.get(request.path_params["id"])
        if document is None:
            raise Refused(404, "Not found.")
        return Response(document.content, media_type=document.media_type, headers=NOT_FOR_BROWSERS)

    def _admit(self, request: Request, endpoint: Endpoint) -> None:
        key = request.headers.get("x-api-key", "").strip()
        kind = self.keys.get(key)
        if kind is None:
            masked = f"{key[:SHOWN_OF_KEY]}…" if key else "none"
            raise Refused(401, f"Unauthorized. Invalid secret key: {masked}")
        is_read = endpoint.method == "GET"
        is_allowed = kind == "read_write" or kind == ("read" if is_read else "write")
        if not (is_allowed or endpoint.for_any_key):
            raise Refused(403, "Forbidden.")
        approved = self.settings.approved_domains
        if kind == "write" and approved and _domain_of(request) not in approved:
            raise Refused(403, "Forbidden.")

    def _count(self, endpoint: Endpoint) -> None:
        """Use up the plan's quota of an endpoint."""
        name = f"{endpoint.method} {endpoint.path}"
        quota = self.settings.quota
        if quota is not None and self.answered[name] >= quota:
            raise Refused(402, "Over quota.")
        self.answered[name] += 1


def _domain_of(request: Request) -> str:
    origin = request.headers.get("origin", "")
    return urlsplit(origin).hostname or origin


async def _read_values(request: Request, *, is_form: bool) -> Mapping[str, Any]:
    """The query, the form, or the JSON object of the body, whatever its content type says.

    A DELETE may send its values in either. A body that holds another kind of JSON, as the
    official PHP client sends, is as good as none.
    """
    if is_form:
        return await _read_form(await request.form())
    query = dict(request.query_params)
    if request.method == "GET":
        return query
    raw = await request.body()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise Refused(400, "Bad Request. Invalid JSON") from None
    values = body if isinstance(body, dict) else {}
    return {**query, **values} if request.method == "DELETE" else values


async def _read_form(form: FormData) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in form.items():
        if not isinstance(value, UploadFile):
            values[name] = value
            continue
        media_type = (value.content_type or "").partition(";")[0].strip().lower()
        values[name] = Upload(value.filename or "", media_type, await value.read())
    await form.close()
    return values
