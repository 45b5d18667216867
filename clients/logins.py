"""Failed logins, remembered on this host so that many processes do not lock an account."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import AuthenticationFailed

MOST_FAILURES = 3
"""Failed logins with the same credentials before the vendor is not asked again."""


class LoginRecord:
    """How often these credentials were refused, for all processes of this user on this host.

    Kept in one small file of the temporary folder, named by an HMAC of vendor,
    address and login under the password, so a corrected connection starts anew.
    """

    def __init__(self, vendor: str, base_url: str, login: str, password: str) -> None:
        name = "\0".join((vendor, base_url.rstrip("/"), login))
        digest = hmac.new(password.encode(), name.encode(), hashlib.sha256).hexdigest()
        self._vendor = vendor
        self._path = _folder() / f"{vendor}-{digest[:32]}"

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Hold the right to log in; an :class:`AuthenticationFailed` inside is counted.

        Blocks while another process logs in with the same credentials.

        :raises AuthenticationFailed: they were refused too often.
        """
        with self.counting(self.claim()):
            yield

    def claim(self) -> BinaryIO:
        """Begin an attempt; the half of :meth:`attempt` that blocks."""
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
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
    def counting(self, file: BinaryIO) -> Iterator[None]:
        """End the attempt that :meth:`claim` began: count a refusal, forget all after success."""
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


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"airflow-provider-talent-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it")
    return folder
