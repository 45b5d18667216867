"""The emulated Rezora as its documents describe it, asked by a plain HTTP client."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.rezora.records import AGENT, CONTACT
from airflow_talent.tests.rezora.world import (
    BOB,
    JANE,
    JOHN,
    NOBODY,
    PROSPECTS,
    SELF,
    SPHERE,
    ZOE,
    RezoraWorld,
)


@pytest.fixture
def agent(world: RezoraWorld) -> Iterator[httpx.Client]:
    with world.http() as http:
        yield http


@pytest.fixture
def company(world: RezoraWorld) -> Iterator[httpx.Client]:
    with world.http("demo-company") as http:
        yield http


@pytest.fixture
def stranger(world: RezoraWorld) -> Iterator[httpx.Client]:
    """A client that signs by hand or not at all."""
    with httpx.Client(base_url=world.emulator.url, trust_env=False, verify=False) as http:
        yield http


def data(**fields: str) -> dict[str, Any]:
    return {"data": fields}


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


def challenge_of(response: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="?([^",]+)"?', response.headers["WWW-Authenticate"]))


LISTS = "/rezora/v1/lists.json"


def sign(
    nonce: str,
    changes: Mapping[str, str] | None = None,
    *,
    count: int = 1,
    looks: str = "qop=auth",
) -> dict[str, str]:
    """An ``Authorization`` header for reading the lists."""
    values = {"username": "demo-agent", "realm": "Rezora API", "uri": LISTS, "nc": f"{count:08x}"}
    values |= {"opaque": md5("Rezora API"), "cnonce": "MjMxATNz", "nonce": nonce, **(changes or {})}
    ha1 = md5(values["username"], values["realm"], "demo-secret")
    counted = [values["nc"], values["cnonce"], "auth"] if looks else []
    values["response"] = md5(ha1, nonce, *counted, md5("GET", values["uri"]))
    if not looks:
        values = {k: v for k, v in values.items() if k not in ("nc", "cnonce")}
    parts = [f'{name}="{value}"' for name, value in values.items() if name != "nc"]
    return {
        "Authorization": "Digest "
        + ",  ".join([*parts, *([looks, f"nc={values['nc']}"] if looks else [])])
    }


# logins


def test_the_challenge_is_the_documented_one(stranger: httpx.Client) -> None:
    answer = stranger.get(LISTS)
    assert answer.status_code == 401
    assert re.fullmatch(
        r'Digest realm="Rezora API",qop="auth",nonce="[0-9a-f]{13}",'
        r'opaque="e24302732637d79c61441bbe483ec0b7"',
        answer.headers["WWW-Authenticate"],
    )


@pytest.mark.parametrize(
    ("looks", "changes"),
    [
        ("qop=auth", {}),
        ('qop="auth"', {}),
        ("qop=auth", {"algorithm": "MD5"}),
        ("", {}),
    ],
)
def test_a_login_may_look_in_several_ways(
    looks: str, changes: dict[str, str], stranger: httpx.Client
) -> None:
    nonce = challenge_of(stranger.get(LISTS))["nonce"]
    assert stranger.get(LISTS, headers=sign(nonce, changes, looks=looks)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "nobody"},
        {"realm": "Other"},
        {"uri": "/rezora/v1/lists.xml"},
        {"uri": "/v1/lists.json"},
        {"opaque": "e24302732637d79c3b77fa62483ec0b7"},
        {"algorithm": "SHA-256"},
        {"nc": "1"},
    ],
)
def test_a_wrong_login_gets_a_new_challenge(
    changes: dict[str, str], stranger: httpx.Client
) -> None:
    nonce = challenge_of(stranger.get(LISTS))["nonce"]
    answer = stranger.get(LISTS, headers=sign(nonce, changes))
    assert answer.status_code == 401
    assert challenge_of(answer)["nonce"] != nonce


def test_the_count_of_a_nonce_must_rise(stranger: httpx.Client) -> None:
    nonce = challenge_of(stranger.get(LISTS))["nonce"]
    seen = [
        stranger.get(LISTS, headers=sign(nonce, count=count)).status_code
        for count in (1, 2, 2, 1, 9, 3)
    ]
    assert seen == [200, 200, 401, 401, 200, 401]


def test_a_nonce_of_somebody_else_is_not_known(stranger: httpx.Client) -> None:
    answer = stranger.get(LISTS, headers=sign("4c487da82df10"))
    assert answer.status_code == 401
    assert "stale" not in challenge_of(answer)


def test_an_old_nonce_is_said_to_be_stale(stranger: httpx.Client, world: RezoraWorld) -> None:
    nonce = challenge_of(stranger.get(LISTS))["nonce"]
    world.set(nonce_life=60)
    world.emulator.advance(61)
    answer = stranger.get(LISTS, headers=sign(nonce))
    assert (answer.status_code, challenge_of(answer)["stale"]) == (401, "true")


@pytest.mark.parametrize("status", [401, 403])
def test_levels_do_not_overlap(
    status: int, agent: httpx.Client, company: httpx.Client, world: RezoraWorld
) -> None:
    world.set(wrong_level_status=status)
    assert agent.get("/agents.json").status_code == status
    assert company.get("/contacts.json").status_code == status
    assert company.get(f"/agents/{JOHN}.json").status_code == 200


# formats


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/lists.xml", "text/csv", "application/xml"),
        ("/lists.json", "application/xml", "application/json"),
        ("/lists.csv", "application/json", "text/csv"),
        ("/lists", "application/json", "application/json"),
        ("/lists", "text/xml;q=0.5, application/json;q=0.9", "application/json"),
        ("/lists", "image/png, application/xml", "application/xml"),
        ("/lists", "*/*", "text/csv"),
        ("/lists", "image/png", "text/csv"),
    ],
)
def test_the_extension_beats_accept(
    path: str, accept: str, media_type: str, agent: httpx.Client
) -> None:
    answer = agent.get(path, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == f"{media_type}; charset=UTF-8"


def test_a_collection_looks_as_printed(agent: httpx.Client, world: RezoraWorld) -> None:
    world.emulator.set_clock("2010-08-20T16:28:52")
    created = agent.post("/lists.xml", json=data(list_name="A & B | C"))
    assert created.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<lists version="1.0">\n'
        " <list><list_id>1236</list_id></list>\n</lists>\n"
    )
    assert agent.get("/lists/1236.csv").text == (
        '"list_id"|"list_name"|"list_date"|"list_type"\r\n'
        '"1236"|"A & B | C"|"2010-08-20 16:28:52"|"0"\r\n'
    )
    assert agent.get("/lists/1236.json").json() == [
        {
            "list_id": "1236",
            "list_name": "A & B | C",
            "list_date": "2010-08-20 16:28:52",
            "list_type": "0",
        }
    ]
    assert "<list_name>A &amp; B | C</list_name>" in agent.get("/lists/1236.xml").text
    assert agent.delete("/lists/1236.json").json() == [{"status": "200"}]


def test_looks_of_other_times_are_chosen(agent: httpx.Client, world: RezoraWorld) -> None:
    world.set(
        csv_look="bare",
        double_xml_declaration=True,
        json_numbers=True,
        unsubscribe_field=False,
        server_banners=True,
    )
    assert agent.get(f"/lists/{SPHERE}.csv").text.startswith("1234|Primary Sphere|")
    assert agent.get("/lists.xml").text.count("<?xml") == 2
    answer = agent.get(f"/contacts/{JANE}.json")
    assert answer.json()[0]["contact_id"] == int(JANE)
    assert list(answer.json()[0]) == list(CONTACT[:-1])
    assert "Apache" in answer.headers["Server"]


def test_answers_are_not_to_be_kept_and_bring_a_cookie(agent: httpx.Client) -> None:
    answer = agent.get("/lists.json")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.headers["Set-Cookie"].startswith("PHPSESSID=")
    assert "X-Powered-By" not in answer.headers


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/xml", "<data><list_name>New Leads</list_name></data>"),
        ("text/xml", "<data><list_name>New Leads</list_name><unknown>x</unknown></data>"),
        ("application/json", '{"data":{"list_name":"New Leads"}}'),
        ("text/plain", "list_name=New+Leads"),
        ("application/x-www-form-urlencoded", "list_name=New%20Leads"),
    ],
)
def test_a_request_may_be_written_in_several_ways(
    media_type: str, body: str, agent: httpx.Client, world: RezoraWorld
) -> None:
    answer = agent.post("/lists.json", content=body, headers={"Content-Type": media_type})
    assert answer.json() == [{"list_id": "1236"}]
    assert world.lists()["New Leads"] == "1236"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", '{"list_name":"New Leads"}'),
        ("application/json", '{"data":{"list_name":{"x":1}}}'),
        ("application/json", "{"),
        ("application/xml", "<list><list_name>New Leads</list_name></list>"),
        ("application/xml", "<data>"),
        (
            "application/xml",
            '<!DOCTYPE d [<!ENTITY e "x">]><data><list_name>&e;</list_name></data>',
        ),
        ("text/plain", "New Leads"),
        ("text/csv", '"list_name"\r\n"New Leads"\r\n'),
        ("application/json", ""),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(
    media_type: str, body: str, agent: httpx.Client, world: RezoraWorld
) -> None:
    answer = agent.post("/lists.json", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == 400
    assert answer.json()[0]["status"] == "400"
    assert len(world.lists()) == 2


@pytest.mark.parametrize("missing", ["Accept", "Content-Type"])
def test_headers_may_be_required_on_every_method(
    missing: str, agent: httpx.Client, world: RezoraWorld
) -> None:
    del agent.headers[missing]
    assert agent.get("/lists.json").status_code == 200
    world.set(strict_headers=True)
    assert agent.get("/lists.json").status_code == 400


# resources


def test_every_agent_is_in_the_index_and_has_an_account(company: httpx.Client) -> None:
    agents = company.get("/agents.json").json()
    assert [agent["user_id"] for agent in agents] == ["1234", "1235"]
    assert len(agents[0]) == 5
    (account,) = company.get(f"/agents/{JOHN}.json").json()
    assert list(account) == list(AGENT)


def test_the_first_records_are_the_promised_ones(agent: httpx.Client) -> None:
    contacts = agent.get("/contacts.json").json()
    assert [(c["contact_id"], c["contact_self"]) for c in contacts] == [
        (SELF, "1"),
        (JANE, "0"),
        (BOB, "0"),
        (ZOE, "0"),
    ]
    assert list(contacts[0]) == list(CONTACT)
    lists = agent.get("/lists.json").json()
    assert [(each["list_id"], each["list_type"]) for each in lists] == [
        (SPHERE, "1"),
        (PROSPECTS, "0"),
    ]


def test_a_contact_is_created_changed_and_deleted(agent: httpx.Client, world: RezoraWorld) -> None:
    body = data(contact_name="Ada Ray", contact_email="ada@x.test", contact_self="1", other="x")
    (made,) = agent.post("/contacts.json", json=body).json()
    contact_id = made["contact_id"]
    assert world.contact(contact_id)["contact_self"] == "0"
    assert agent.put(
        f"/contacts/{contact_id}.json", json=data(contact_type="Hot", contact_title="Dr")
    ).json() == [{"status": "200"}]
    changed = world.contact(contact_id)
    assert (changed["contact_name"], changed["contact_type"]) == ("Ada Ray", "Hot")
    agent.post(f"/lists/{SPHERE}/contacts.json", json=data(contact_id=contact_id))
    assert agent.delete(f"/contacts/{contact_id}.json").json() == [{"status": "200"}]
    assert contact_id not in world.members(SPHERE)
    assert agent.get(f"/contacts/{contact_id}.json").status_code == 204


def test_a_put_may_empty_what_it_does_not_send(agent: httpx.Client, world: RezoraWorld) -> None:
    world.set(put_means="full")
    body = data(contact_name="Jane Doe", contact_email="jane@x.test")
    assert agent.put(f"/contacts/{JANE}.json", json=body).status_code == 200
    assert world.contact(JANE)["contact_type"] == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"contact_name": "", "contact_email": "ada@x.test"},
        {"contact_name": "Ada"},
        {"contact_name": "Ada", "contact_email": "nowhere"},
        {"contact_name": "Ada", "contact_email": "ada@x.test", "contact_type": "Cold"},
        {"contact_name": "Ada", "contact_email": "JANE.smith@Company.test"},
    ],
)
def test_a_contact_that_cannot_be_is_refused(fields: dict[str, str], agent: httpx.Client) -> None:
    assert agent.post("/contacts.json", json=data(**fields)).status_code == 400


def test_two_contacts_may_share_an_address_when_told(
    agent: httpx.Client, world: RezoraWorld
) -> None:
    world.set(unique_emails=False)
    body = data(contact_name="Jane's Twin", contact_email="JANE.smith@company.test")
    assert agent.post("/contacts.json", json=body).status_code == 200


def test_the_self_contact_stays(agent: httpx.Client, world: RezoraWorld) -> None:
    change = data(contact_name="Somebody else")
    assert agent.delete(f"/contacts/{SELF}.json").status_code == 400
    assert agent.put(f"/contacts/{SELF}.json", json=change).status_code == 400
    world.set(self_contact_put=True)
    assert agent.put(f"/contacts/{SELF}.json", json=change).status_code == 200
    assert agent.delete("/contacts.json").json() == [{"status": "200"}]
    assert [c["contact_id"] for c in agent.get("/contacts.json").json()] == [SELF]
    assert world.members(SPHERE) == []


def test_the_primary_sphere_stays(agent: httpx.Client, world: RezoraWorld) -> None:
    assert agent.delete(f"/lists/{SPHERE}.json").status_code == 400
    assert agent.put(f"/lists/{SPHERE}.json", json=data(list_name="x")).status_code == 400
    assert agent.delete("/lists.json").json() == [{"status": "200"}]
    assert world.lists() == {"Primary Sphere": SPHERE}


@pytest.mark.parametrize("name", ["", "  ", "current PROSPECTS ", "x" * 256])
def test_a_list_that_cannot_be_is_refused(name: str, agent: httpx.Client) -> None:
    assert agent.post("/lists.json", json=data(list_name=name)).status_code == 400
    made = agent.post("/lists.json", json=data(list_name="Other")).json()[0]["list_id"]
    assert agent.put(f"/lists/{made}.json", json=data(list_name=name)).status_code == 400
    assert agent.put(f"/lists/{made}.json", json=data(list_name=" OTHER ")).status_code == 200


def test_who_is_on_a_list_is_changed_by_contact(agent: httpx.Client, world: RezoraWorld) -> None:
    path = f"/lists/{PROSPECTS}/contacts"
    assert agent.post(f"{path}.json", json=data(contact_id=JANE)).json() == [
        {"contacttolist_id": "1234571"}
    ]
    assert agent.post(f"{path}.json", json=data(contact_id=JANE)).status_code == 400
    assert agent.post(f"{path}.json", json=data(contact_id=NOBODY)).status_code == 400
    assert agent.post(f"{path}.json", json=data()).status_code == 400
    assert (
        agent.post(f"/lists/{NOBODY}/contacts.json", json=data(contact_id=JANE)).status_code == 404
    )
    assert agent.get(f"{path}/{JANE}.json").json()[0]["list_id"] == PROSPECTS
    assert agent.delete(f"{path}/{JANE}.json").json() == [{"status": "200"}]
    assert agent.delete(f"{path}/{JANE}.json").status_code == 404
    assert agent.delete(f"{path}.json").json() == [{"status": "200"}]
    assert world.members(PROSPECTS) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/contacts/{NOBODY}.json", 204),
        ("GET", f"/lists/{NOBODY}.json", 204),
        ("GET", f"/lists/{NOBODY}/contacts.json", 204),
        ("GET", f"/lists/{PROSPECTS}/contacts/{NOBODY}.json", 204),
        ("PUT", f"/contacts/{NOBODY}.json", 404),
        ("PUT", f"/lists/{NOBODY}.json", 404),
        ("DELETE", f"/contacts/{NOBODY}.json", 404),
        ("DELETE", f"/lists/{NOBODY}.json", 404),
        ("DELETE", f"/lists/{NOBODY}/contacts.json", 404),
        ("GET", "/offices.json", 404),
        ("GET", f"/contacts/{JANE}/lists.json", 404),
        ("GET", "/contacts/jane.json", 404),
        ("GET", "/contacts.yaml", 404),
        ("GET", "/contacts/.json", 404),
        ("POST", f"/contacts/{JANE}.json", 405),
        ("PUT", "/contacts.json", 405),
        ("HEAD", "/contacts.json", 405),
        ("PATCH", "/contacts.json", 405),
        ("OPTIONS", "/lists.json", 405),
    ],
)
def test_what_is_not_there_is_told_by_the_status(
    method: str, path: str, status: int, agent: httpx.Client
) -> None:
    assert agent.request(method, path, json=data(x="y")).status_code == status


def test_a_method_that_is_not_allowed_comes_with_those_that_are(agent: httpx.Client) -> None:
    assert agent.put("/lists.json", json=data()).headers["Allow"] == "GET, POST, DELETE"


def test_statuses_that_nobody_knows_are_chosen(agent: httpx.Client, world: RezoraWorld) -> None:
    world.set(unknown_id_get=404, empty_collection=200, not_implemented=["PUT contacts/ID"])
    assert agent.get(f"/contacts/{NOBODY}.json").status_code == 404
    assert agent.put(f"/contacts/{JANE}.json", json=data(x="y")).status_code == 501
    agent.delete(f"/lists/{PROSPECTS}/contacts.json")
    empty = {
        form: agent.get(f"/lists/{PROSPECTS}/contacts.{form}").text
        for form in ("json", "xml", "csv")
    }
    assert empty == {
        "json": "[]",
        "xml": '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<list_contacts version="1.0">\n</list_contacts>\n',
        "csv": '"contacttolist_id"|"contact_id"|"list_id"|"contacttolist_date"\r\n',
    }


def test_errors_and_successes_may_hide(agent: httpx.Client, world: RezoraWorld) -> None:
    world.set(errors_as_200=True, empty_answers=True)
    hidden = agent.delete(f"/contacts/{NOBODY}.json")
    assert (hidden.status_code, hidden.json()[0]["status"]) == (200, "404")
    assert agent.delete(f"/contacts/{BOB}.json").status_code == 204


# acts


def test_people_unsubscribe_and_come_back(agent: httpx.Client, world: RezoraWorld) -> None:
    world.unsubscribe(JANE)
    assert world.contact(JANE)["contact_unsubscribe"] == "1"
    world.emulator.act(f"rezora/contacts/{JANE}/subscribe")
    assert world.contact(JANE)["contact_unsubscribe"] == "0"
    with pytest.raises(EmulatorError, match="no contact"):
        world.emulator.act(f"rezora/contacts/{NOBODY}/unsubscribe")


def test_many_contacts_come_quickly_and_in_pieces(agent: httpx.Client, world: RezoraWorld) -> None:
    world.emulator.act("rezora/seed", contacts=20_000)
    began = time.monotonic()
    with agent.stream("GET", "/contacts.json") as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        waited = time.monotonic() - began
        length = len(first) + sum(map(len, pieces))
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert len(first) < length / 20
    assert waited < 5
    with pytest.raises(EmulatorError, match="a seed is"):
        world.emulator.act("rezora/seed", contacts=-1)


def test_the_page_shows_what_is_there(talent_emulator: Emulator) -> None:
    tables = talent_emulator.records()["rezora"]
    assert [contact["id"] for contact in tables["Contacts"]] == [
        int(contact_id) for contact_id in (ZOE, BOB, JANE, SELF)
    ]
    assert tables["Contacts"][0]["lists"] == "Primary Sphere, Current Prospects"
    assert [each["contacts"] for each in tables["Lists"]] == [3, 1]
    assert len(tables["Agents"]) == 2
