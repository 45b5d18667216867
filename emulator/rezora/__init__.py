"""Rezora: contacts and mailing lists. Who may call, in which format, and how it answers.

What each resource does stands in :mod:`.endpoints`, logins in :mod:`.digest`, and how things are
written and read in :mod:`.formats`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from ..world import Refused, Vendor
from .acts import act_routes
from .digest import Doorkeeper
from .endpoints import CONTAINERS, Answer, Asked, Resource, find_resource
from .formats import MEDIA_TYPES, Collection, Format, choose_format, read_fields, write
from .records import ACCOUNTS, Account, Row, Store
from .settings import RezoraSettings

if TYPE_CHECKING:
    from starlette.requests import Request

NEWEST_SHOWN = 50

METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]

UNCACHED = {
    "Expires": "Thu, 19 Nov 1981 08:52:00 GMT",
    "Cache-Control": "no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
    "Pragma": "no-cache",
}

BANNERS = {"Server": "Apache/2.2.12 (Ubuntu)", "X-Powered-By": "PHP/5.2.10-2ubuntu6.4"}


class Rezora(Vendor):
    """Rezora in the emulated world."""

    name = "rezora"
    prefix = "/rezora/v1"
    default_settings = RezoraSettings
    settings: RezoraSettings

    def reset(self) -> None:
        self.store = Store(self.world.now())
        self.doorkeeper = Doorkeeper(self.world.now)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/{path:path}", self._serve, methods=METHODS)]

    def acts(self) -> Sequence[BaseRoute]:
        return act_routes(self)

    def environment(self, url: str) -> Mapping[str, str]:
        return {
            f"AIRFLOW_CONN_REZORA_{name}": json.dumps(self._connection(url, account))
            for name, account in zip(("DEFAULT", "COMPANY"), ACCOUNTS.values(), strict=True)
        }

    def _connection(self, url: str, account: Account) -> Mapping[str, object]:
        return {
            "conn_type": "rezora",
            "host": f"{url}{self.prefix}",
            "login": account.username,
            "password": account.password,
            "extra": {"level": account.level, "max_requests_per_second": 50},
        }

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        newest = list(self.store.contacts.values())[: -NEWEST_SHOWN - 1 : -1]
        return {
            "Contacts": [
                {
                    "id": contact.id,
                    "name": contact.name,
                    "email": contact.email,
                    "lists": ", ".join(each.name for each in self.store.lists_of(contact)),
                    "self": contact.is_self,
                    "unsubscribed": contact.is_unsubscribed,
                    "created_at": contact.created_at,
                }
                for contact in newest
            ],
            "Lists": [
                {
                    "id": each.id,
                    "name": each.name,
                    "contacts": len(each.members),
                    "created_at": each.created_at,
                }
                for each in self.store.lists.values()
            ],
            "Agents": [
                {"id": agent["user_id"], "email": agent["user_email"]}
                for agent in self.store.agents.values()
            ],
        }

    def answer_error(self, refused: Refused) -> Response:
        return self._refuse(refused, None, "json")

    def expire_tokens(self) -> None:
        self.doorkeeper.expire_all()

    async def _serve(self, request: Request) -> Response:
        path, dot, extension = str(request.path_params["path"]).partition(".")
        form = choose_format(extension if dot else None, request.headers.get("accept", ""))
        found = find_resource(path)
        body = await request.body()
        try:
            account = self._recognise(request)
            if found is None or form is None:
                raise Refused(404, "There is no such resource")
            resource, ids = found
            answer = self._choose_answer(request, resource, account)
            fields = self._read(request, body) if request.method in ("POST", "PUT") else {}
            rows = answer(Asked(self, ids, fields))
            return self._answer(request.method, resource, rows, form)
        except Refused as refused:
            return self._refuse(refused, found[0] if found else None, form or "csv")

    def _recognise(self, request: Request) -> Account:
        query = request.scope["query_string"]
        target = request.scope["raw_path"] + (b"?" + query if query else b"")
        return self.doorkeeper.recognise(
            request.headers.get("authorization", ""),
            method=request.method,
            target=target.decode("latin-1"),
            settings=self.settings,
        )

    def _choose_answer(self, request: Request, resource: Resource, account: Account) -> Answer:
        if f"{request.method} {resource.path}" in self.settings.not_implemented:
            raise Refused(501, "This method is not implemented yet")
        if request.method not in resource.methods:
            allowed = ", ".join(resource.methods)
            raise Refused(405, "This method is not allowed here", headers={"Allow": allowed})
        if account.level != resource.level:
            complaint = f"This is for {resource.level}-level credentials"
            if self.settings.wrong_level_status == 401:
                raise self.doorkeeper.challenge(complaint, self.settings)
            raise Refused(403, complaint)
        if self.settings.strict_headers:
            for name in ("Accept", "Content-Type"):
                if name not in request.headers:
                    raise Refused(400, f"{name} is required")
        return resource.methods[request.method]

    def _read(self, request: Request, body: bytes) -> Mapping[str, str]:
        try:
            return read_fields(request.headers.get("content-type", ""), body)
        except ValueError as error:
            raise Refused(400, str(error)) from None

    def _answer(
        self, method: str, resource: Resource, rows: Iterable[Row], form: Format
    ) -> Response:
        remaining = iter(rows)
        first = next(remaining, None)
        if first is None:
            return self._answer_nothing(resource, form)
        if method != "GET" and self.settings.empty_answers:
            return self._respond(204)
        root, item = CONTAINERS[resource.collection]
        collection = Collection(root, item, list(first), chain([first], remaining))
        return self._respond(200, collection, form)

    def _answer_nothing(self, resource: Resource, form: Format) -> Response:
        """A well-formed request for what is not there, or for what holds nothing."""
        if not resource.is_collection and self.settings.unknown_id_get == 404:
            raise Refused(404, "There is no such record")
        if not resource.is_collection or self.settings.empty_collection == 204:
            return self._respond(204)
        root, item = CONTAINERS[resource.collection]
        return self._respond(200, Collection(root, item, resource.columns, []), form)

    def _refuse(self, refused: Refused, resource: Resource | None, form: Format) -> Response:
        row = {"status": str(refused.status), "message": refused.detail}
        root, item = CONTAINERS[resource.collection] if resource else ("errors", "error")
        is_hidden = self.settings.errors_as_200 and refused.status not in (401, 403)
        response = self._respond(
            200 if is_hidden else refused.status, Collection(root, item, list(row), [row]), form
        )
        response.headers.update(refused.headers or {})
        return response

    def _respond(
        self, status: int, collection: Collection | None = None, form: Format = "csv"
    ) -> Response:
        headers = {**UNCACHED, "Set-Cookie": f"PHPSESSID={secrets.token_hex(16)}; path=/"}
        if self.settings.server_banners:
            headers |= BANNERS
        if collection is None:
            return Response(None, status, headers)
        headers["Content-Type"] = f"{MEDIA_TYPES[form]}; charset=UTF-8"
        pieces = _in_turns(write(collection, form, self.settings))
        return StreamingResponse(pieces, status, headers)


async def _in_turns(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a long answer, with others served in between."""
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
