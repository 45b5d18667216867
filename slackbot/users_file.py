"""Which Airflow login belongs to which Slack user: the file of `TALENT_AIRFLOW_USERS_FILE`.

    [U0LEAD]
    username = "lead"
    password_file = "/run/secrets/lead"      # or password = "…"

    [U0OPS]
    token_file = "/run/secrets/ops"          # read again whenever it changes
    username = "ops"                         # not needed, but then results can mention the person

Paths may be relative to the file. It holds passwords, so nobody else may read or change it.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SETTING = "TALENT_AIRFLOW_USERS_FILE"
USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")
KEYS = ("username", "password", "password_file", "token_file")
WAYS = ("password", "password_file", "token_file")

LOOK_AGAIN_AFTER = 1.0
"""Seconds for which nobody looks whether a file has changed."""


class UsersFileError(Exception):
    """The file cannot be used; the text is one sentence that names the entry, never a secret."""


@dataclass(frozen=True, slots=True)
class Account:
    """How a person logs in to Airflow: by name and password, or by a token in a file."""

    username: str | None
    password: str | None = field(default=None, repr=False)
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What stood in the file, and what the files it names looked like then."""

    accounts: Mapping[str, Account]
    versions: Mapping[Path, tuple[int, ...]]


class UsersFile:
    """The file, read again when it or a password file that it names has changed.

    :raises UsersFileError: it cannot be used. Once it could, a mistake in it changes nothing: what
        stood there before holds on, and the log says so.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = read_users(path)
        self._mistake = ""
        self._looked_at = time.monotonic()

    @property
    def accounts(self) -> Mapping[str, Account]:
        """Slack user id to account."""
        now = time.monotonic()
        if now > self._looked_at + LOOK_AGAIN_AFTER:
            self._looked_at = now
            self._take_changes()
        return self._content.accounts

    def _take_changes(self) -> None:
        versions = {path: _version(path) for path in self._content.versions}
        # What a wrong file names is not known, and a change there may be what mends it.
        if versions == self._content.versions and not self._mistake:
            return
        try:
            self._content = read_users(self._path)
        except UsersFileError as error:
            if str(error) != self._mistake:
                log.error("%s What stood there before still holds.", error)  # noqa: TRY400 - a sentence
            self._mistake = str(error)
        else:
            self._mistake = ""
            log.info("%s was read again: %d people", SETTING, len(self._content.accounts))


def read_users(path: Path) -> Content:
    """The content of the file.

    :raises UsersFileError: it cannot be read, others can read it, or an entry is wrong.
    """
    files = {path: _version(path)}
    try:
        read = tomllib.loads(_read_secret(path, SETTING))
    except tomllib.TOMLDecodeError as error:
        # The whole text may repeat a part of a password.
        where = re.search(r"at (line \d+|the end|end of document)", str(error))
        raise UsersFileError(
            f"{SETTING} is not TOML: look at {where[1] if where else 'its quotes'}."
        ) from None
    accounts = {}
    for user, entry in read.items():
        accounts[user] = _read_entry(user, entry, path.parent, files)
    return Content(accounts, files)


def _read_entry(user: str, entry: Any, folder: Path, files: dict[Path, tuple[int, ...]]) -> Account:
    name = f"[{user}] in {SETTING}"
    if not USER_ID.fullmatch(user):
        raise UsersFileError(f"{name} must be a Slack user id such as U0123456789.")
    if not isinstance(entry, dict):
        raise UsersFileError(f"{name} must be a table with username and password_file.")
    for key, value in entry.items():
        if key not in KEYS:
            raise UsersFileError(f"{name} has the unknown key {key}: take {', '.join(KEYS)}.")
        if not isinstance(value, str) or not value.strip():
            raise UsersFileError(f"{name} must have a text as {key}.")
    ways = [way for way in WAYS if way in entry]
    if len(ways) != 1:
        what = f"{' and '.join(ways)}, which exclude each other" if ways else "no way to log in"
        raise UsersFileError(
            f"{name} has {what}: keep one of password, password_file and token_file."
        )
    if "token_file" in entry:
        token_file = folder / entry["token_file"]
        _read_secret(token_file, f"the token_file of {name}")
        return Account(entry.get("username"), token_file=token_file)
    if "username" not in entry:
        raise UsersFileError(f"{name} has a password and no username.")
    if "password" in entry:
        return Account(entry["username"], entry["password"])
    password_file = folder / entry["password_file"]
    files[password_file] = _version(password_file)
    return Account(
        entry["username"], _read_secret(password_file, f"the password_file of {name}").strip()
    )


def _read_secret(path: Path, name: str) -> str:
    """The text of a file that only the bot can read.

    Where the file belongs to somebody else, as secrets that orchestrators mount do, its group may
    be how the bot can read it at all, so then the group may.
    """
    try:
        with path.open(encoding="utf-8") as file:
            about = os.fstat(file.fileno())
            text = file.read()
    except (OSError, ValueError):
        raise UsersFileError(f"{_upper(name)} cannot be read.") from None
    others = stat.S_IRWXO | stat.S_IWGRP
    if about.st_uid == os.geteuid():
        others |= stat.S_IRWXG
    if about.st_mode & others:
        raise UsersFileError(
            f"{_upper(name)} can be read or changed by others: take that away with chmod 600."
        )
    if not text.strip() and name != SETTING:
        raise UsersFileError(f"{_upper(name)} is empty.")
    return text


def _version(path: Path) -> tuple[int, ...]:
    """What changes when a file does; orchestrators swap mounted secrets by renaming, which may
    keep the old times."""
    try:
        about = path.stat()
    except OSError:
        return ()
    return about.st_mtime_ns, about.st_size, about.st_ino, about.st_mode


def _upper(name: str) -> str:
    return name[0].upper() + name[1:]
