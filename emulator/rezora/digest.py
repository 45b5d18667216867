"""Who is calling: HTTP Digest as Rezora has it (RFC 2617, MD5, ``qop=auth``)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..world import Refused
from .records import ACCOUNTS, Account
from .settings import RezoraSettings

REALM = "Rezora API"

NONCES_KEPT = 10_000
"""How many nonces are remembered, so that an emulator left running for weeks does not grow."""

PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


@dataclass(slots=True)
class Nonce:
    given_at: datetime
    count: int = 0
    """The highest count seen; the next must be higher."""


class Doorkeeper:
    """Gives challenges and knows who has answered one.

    :param now: the world's clock.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._nonces: OrderedDict[str, Nonce] = OrderedDict()

    def recognise(
        self, authorization: str, *, method: str, target: str, settings: RezoraSettings
    ) -> Account:
        """The account that signed a request; ``Refused`` with a challenge when none did."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != "digest" or settings.challenge in ("auth_int", "basic"):
            raise self.challenge("Log in first", settings)
        login = _Login.read(rest)
        account = ACCOUNTS.get(login["username"])
        if account is None or not login.is_signed_by(account, method):
            raise self.challenge("The user name or the password is wrong", settings)
        if complaint := login.complaint(target, settings):
            raise self.challenge(complaint, settings)
        nonce = self._nonces.get(login["nonce"])
        if nonce is None:
            raise self.challenge("This nonce was not given out here", settings)
        if self._now() - nonce.given_at >= timedelta(seconds=settings.nonce_life):
            raise self.challenge("This nonce is too old", settings, is_stale=True)
        if login["qop"]:
            count = int(login["nc"], 16)
            if count <= nonce.count:
                raise self.challenge("The count of this nonce does not rise", settings)
            nonce.count = count
        return account

    def expire_all(self) -> None:
        """Make every nonce given out so far too old."""
        for nonce in self._nonces.values():
            nonce.given_at = datetime.min.replace(tzinfo=nonce.given_at.tzinfo)

    def challenge(
        self, complaint: str, settings: RezoraSettings, *, is_stale: bool = False
    ) -> Refused:
        """A refusal with what the next login must answer."""
        if settings.challenge == "basic":
            return _refused(complaint, f'Basic realm="{REALM}"')
        value = secrets.token_hex(7)[:13]
        self._nonces[value] = Nonce(self._now())
        if len(self._nonces) > NONCES_KEPT:
            self._nonces.popitem(last=False)
        qop = {"digest": 'qop="auth",', "auth_int": 'qop="auth-int",'}.get(settings.challenge, "")
        stale = ",stale=true" if is_stale else ""
        challenge = f'Digest realm="{REALM}",{qop}nonce="{value}",opaque="{_md5(REALM)}"{stale}'
        return _refused(complaint, challenge)


class _Login:
    """The parameters of an ``Authorization: Digest`` header, in any order."""

    def __init__(self, values: Mapping[str, str], quoted: set[str]) -> None:
        self._values = values
        self._quoted = quoted

    @classmethod
    def read(cls, header: str) -> _Login:
        found = PARAMETER.findall(header)
        values = {name.lower(): inside or bare for name, inside, bare in found}
        return cls(values, {name.lower() for name, _, bare in found if not bare})

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "")

    def is_signed_by(self, account: Account, method: str) -> bool:
        secret = _md5(account.username, self["realm"], account.password)
        asked = _md5(method, self["uri"])
        counted = [self["nc"], self["cnonce"], self["qop"]] if self["qop"] else []
        expected = _md5(secret, self["nonce"], *counted, asked)
        return hmac.compare_digest(expected.encode(), self["response"].encode())

    def complaint(self, target: str, settings: RezoraSettings) -> str:
        """What is wrong with the form of a login, empty when nothing is."""
        is_quoted = "qop" in self._quoted
        if self["qop"] and settings.qop_look == ("bare" if is_quoted else "quoted"):
            return f"Send qop {settings.qop_look}"
        return next((text for is_wrong, text in self._complaints(target) if is_wrong), "")

    def _complaints(self, target: str) -> list[tuple[bool, str]]:
        return [
            (self["realm"] != REALM, "The realm is another"),
            (self["uri"] != target, "The uri is not that of the request"),
            (self["opaque"] != _md5(REALM), "The opaque is another"),
            (self["qop"] not in ("", "auth"), "Only qop auth is known"),
            (self["algorithm"].upper() not in ("", "MD5"), "Only MD5 is known"),
            (
                bool(self["qop"]) and not re.fullmatch("[0-9a-fA-F]{8}", self["nc"]),
                "The count has 8 hex digits",
            ),
        ]


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


def _refused(complaint: str, challenge: str) -> Refused:
    return Refused(401, complaint, headers={"WWW-Authenticate": challenge})
