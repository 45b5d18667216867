"""Failed logins, remembered on this host so that many processes do not lock an account."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import BinaryIO

from .errors import AuthenticationFailed
from .host import account_file

MOST_FAILURES = 3
"""Failed logins with the same credentials before the vendor is not asked again."""

LOOK_AGAIN = 0.02
"""Seconds after which a waiting event loop tries once more to be the one that logs in."""


class LoginRecord:
    """How often these credentials were refused, for all processes of this user on this host.

    A corrected connection starts anew.
    """

    def __init__(self, vendor: str, base_url: str, login: str, password: str) -> None:
        self._vendor = vendor
        self._path = account_file("logins", vendor, base_url, login, password)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Hold the right to log in; an :class:`AuthenticationFailed` inside is counted.

        Blocks while another process logs in with the same credentials.

        :raises AuthenticationFailed: they were refused too often.
        """
        with self._counting(self._claim(fcntl.LOCK_EX)):
            yield

    @asynccontextmanager
    async def aattempt(self) -> AsyncIterator[None]:
        """As :meth:`attempt`; blocks neither the event loop nor a thread of its pool.

        A thread would be worse than none: whoever logs in may need one to look up the
        vendor's address, and those who wait for that login would hold all of them.
        """
        while True:
            try:
                file = self._claim(fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(LOOK_AGAIN)
        with self._counting(file):
            yield

    def _claim(self, how: int) -> BinaryIO:
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            fcntl.flock(file, how)
            if _count(file) >= MOST_FAILURES:
                raise AuthenticationFailed(
                    f"not tried, because the login was refused {MOST_FAILURES} times and more "
                    f"would lock the account; correct the connection (or remove {self._path} "
                    "when these very credentials are valid again)",
                    vendor=self._vendor,
                    call="login",
                )
        except BaseException:
            file.close()
            raise
        return file

    @contextmanager
    def _counting(self, file: BinaryIO) -> Iterator[None]:
        """End a claimed attempt: count a refusal, forget all of them after a success."""
        with file:
            try:
                yield
            except AuthenticationFailed:
                _write(file, _count(file) + 1)
                raise
            _write(file, 0)


def _write(file: BinaryIO, count: int) -> None:
    file.seek(0)
    file.truncate()
    file.write(str(count).encode())


def _count(file: BinaryIO) -> int:
    file.seek(0)
    text = file.read(8).strip()
    return int(text) if text.isdigit() else 0
