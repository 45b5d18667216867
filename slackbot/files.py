"""Reads the files that results name, and only those below `TALENT_FILE_ROOTS`.

A task's result is not trusted to name files: whoever can push an XCom could otherwise have the
bot post any file of its machine.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

MAX_FILE = 25 * 2**20
"""Bytes; larger files are linked."""

UNREADABLE = "(an address that cannot be read)"

LOCAL = ("", "file", "local")

Found = TypeVar("Found")


class NotReadable(Exception):
    """A file is not attached; the text says why, without its path."""


@dataclass(frozen=True, slots=True)
class FileRoots:
    """The folders and buckets that files may come from.

    :param roots: Absolute paths or URIs. Credentials for buckets come from the environment, as
        fsspec and the vendors' SDKs read it; the connection id in an Airflow URI such as
        `s3://aws_default@bucket/key` is dropped.
    """

    roots: Sequence[str]

    async def check(self, uri: str) -> None:
        """Look whether a file may be read, without doing so.

        :raises NotReadable: it is outside the roots, too large, empty, missing, or no regular
            file.
        """
        await asyncio.to_thread(self._open, uri, _check_size)

    async def read(self, uri: str) -> bytes:
        """The content of a file.

        :raises NotReadable: as `check`.
        """
        return await asyncio.to_thread(self._open, uri, _read)

    def _open(self, uri: str, use: Callable[[BinaryIO], Found]) -> Found:
        try:
            if urlsplit(uri).scheme in LOCAL:
                opened = _open_local(uri, self.roots)
            else:
                opened = _open_remote(uri, self.roots)
            with opened as file:
                return use(file)
        except NotReadable:
            raise
        except Exception as error:
            # Every filesystem has exceptions of its own, with paths and hosts in their texts.
            raise NotReadable(type(error).__name__) from None


def name_of(uri: str) -> str:
    """The file's own name."""
    try:
        path = urlsplit(uri).path
    except ValueError:
        return "file"
    return PurePosixPath(unquote(path)).name or "file"


def show_link(uri: str) -> str:
    """A URI to show, without the user, password or connection id in it."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        # Where its host begins and ends is not known, so neither is where a password would.
        return UNREADABLE
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _open_local(uri: str, roots: Sequence[str]) -> BinaryIO:
    path = _local_path(uri).resolve(strict=True)
    folders = [_local_path(root) for root in roots if urlsplit(root).scheme in LOCAL]
    if not any(path.is_relative_to(folder.resolve()) for folder in folders):
        raise NotReadable("outside the allowed folders")
    # Not following links and not waiting: the path was resolved, and a pipe never ends.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotReadable("not a file")
    return os.fdopen(descriptor, "rb")


def _open_remote(uri: str, roots: Sequence[str]) -> BinaryIO:
    place = _remote_place(uri)
    if not any("://" in root and _is_below(place, _remote_place(root)) for root in roots):
        raise NotReadable("outside the allowed buckets")
    # Filesystems take memory and time that a bot without buckets does not need.
    from upath import UPath

    protocol, bucket, key = place
    file: BinaryIO = UPath(f"{protocol}://{bucket}/{'/'.join(key)}").open("rb")
    return file


def _read(file: BinaryIO) -> bytes:
    _check_size(file)
    file.seek(0)
    content = file.read(MAX_FILE)
    if file.read(1):
        raise NotReadable("growing")
    return content


def _check_size(file: BinaryIO) -> None:
    # Filesystems of buckets know where the end is without fetching what is before it.
    size = file.seek(0, os.SEEK_END)
    if size > MAX_FILE:
        raise NotReadable("too large")
    if not size:
        raise NotReadable("empty")


def _local_path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path) if "://" in uri else uri)


def _remote_place(uri: str) -> tuple[str, str, tuple[str, ...]]:
    """Protocol, bucket and key; keys are compared as they stand, so no part of one may climb."""
    parts = urlsplit(uri)
    key = tuple(part for part in parts.path.split("/") if part)
    if {".", ".."} & set(key):
        raise NotReadable("not a plain path")
    return parts.scheme, parts.netloc.rpartition("@")[2], key


def _is_below(
    place: tuple[str, str, tuple[str, ...]], root: tuple[str, str, tuple[str, ...]]
) -> bool:
    return place[:2] == root[:2] and place[2][: len(root[2])] == root[2]
