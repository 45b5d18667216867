"""A person who talks to the emulated Vitay over plain HTTP, as the tests here need one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import (
    PASSWORD,
    QUESTION_SET_ID,
    RECRUITER_EMAIL,
    ROOT_EMAIL,
)


class VitayUser:
    """Somebody logged in, with the calls that most tests begin with."""

    def __init__(self, url: str) -> None:
        # Without `verify=False` each client would load the certificates of the world for nothing.
        self.http = httpx.Client(
            base_url=f"{url}/vitay/api", timeout=5, trust_env=False, verify=False
        )

    def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        answer = self.http.post("/v3/oauth/login", json={"email": email, "password": password})
        if answer.status_code == 200:
            token = answer.json()["data"]["attributes"]["token"]
            self.http.headers["Authorization"] = f"Bearer {token}"
        return answer

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return self.http.request(method, path, json=body, params=query or None)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def create_candidate(self, email: str = "ada@x.test", **attributes: Any) -> str:
        person = {"first_name": "Ada", "last_name": "Ray", "email": email, **attributes}
        return str(self.post("/v3/candidates", {"data": {"attributes": person}})["id"])

    def request_references(self, candidate_id: str, how_many: int | str = 1) -> str:
        body = {
            "data": {
                "type": "ReferenceRequest",
                "attributes": {"notes": "Thank you", "min_manager_references": str(how_many)},
                "relationships": {
                    "question_set": {"type": "RerefenceRequest", "id": QUESTION_SET_ID},
                    "candidate": {"type": "RerefenceRequest", "id": candidate_id},
                },
            }
        }
        return str(self.post("/v1/public/reference_requests", body)["id"])

    def create_reference(self, candidate_id: str, email: str = "bo@y.test", **more: Any) -> str:
        body = {
            "data": {
                "type": "Reference",
                "attributes": {"first_name": "Bo", "last_name": "Lee", "email": email, **more},
                "relationships": {"candidate": {"type": "Candidate", "id": candidate_id}},
            }
        }
        return str(self.post("/v2/references", body)["id"])

    def reference(self, reference_id: str) -> Any:
        return self.get(f"/v1/public/references/{reference_id}")["attributes"]

    def request(self, request_id: str) -> Any:
        listed = self.get("/v1/public/reference_requests")
        return next(r["attributes"] for r in listed if r["id"] == request_id)

    def remind(self, reference_id: str) -> httpx.Response:
        return self.ask("POST", f"/v1/reminders/reference/{reference_id}")


@pytest.fixture
def new_vitay_user(talent_emulator: Emulator) -> Iterator[Callable[..., VitayUser]]:
    """Makes people; with an e-mail they are logged in."""
    made: list[VitayUser] = []

    def make(email: str | None = None) -> VitayUser:
        user = VitayUser(talent_emulator.url)
        made.append(user)
        if email:
            assert user.log_in(email).status_code == 200
        return user

    yield make
    for user in made:
        user.http.close()


@pytest.fixture
def recruiter(new_vitay_user: Callable[..., VitayUser]) -> VitayUser:
    return new_vitay_user(RECRUITER_EMAIL)


@pytest.fixture
def root(new_vitay_user: Callable[..., VitayUser]) -> VitayUser:
    return new_vitay_user(ROOT_EMAIL)


def errors_of(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and the place of the error, as Vitay tells them."""
    [error] = answer.json()["errors"]
    assert error["status"] == str(answer.status_code)
    assert error["title"]
    assert error["detail"]
    source = error.get("source", {})
    return answer.status_code, error["code"], source.get("pointer") or source.get("parameter", "")


@pytest.fixture
def told() -> Callable[[httpx.Response], tuple[int, str, str]]:
    return errors_of
