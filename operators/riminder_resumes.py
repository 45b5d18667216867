"""Resumes as files: which are taken, how they are read, what they are called at the vendor.

File names are personal: they go to the vendor and into manifests, and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from .arguments import ArgumentInvalid

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument"

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "bmp": "image/bmp",
    "doc": "application/msword",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "dotx": f"{OFFICE}.wordprocessingml.template",
    "rtf": "application/rtf",
    "odt": f"{OPEN_DOCUMENT}.text",
    "odp": f"{OPEN_DOCUMENT}.presentation",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "msg": "application/vnd.ms-outlook",
}
"""By extension: the files that the vendor's own clients upload."""

LARGEST = 20 * 2**20
"""Bytes; the vendor names no limit, and no resume is that long."""

CHUNK = 2**20
"""Bytes of a file that are in memory at a time."""

REFERENCE_PREFIX = "sha256-"


class ResumeRefused(AirflowFailException, ValueError):
    """A file that is no resume, or not there; the text does not name it."""


class ResumeUnreadable(AirflowException):
    """A file that the storage could not give; the text does not name it."""


@dataclass(frozen=True, slots=True)
class Resume:
    """A file as it is uploaded.

    :param reference: made of the content, so the same file is the same profile
        whichever task, run or folder it comes from.
    """

    name: str
    media_type: str
    content: IO[bytes]
    reference: str


def list_resumes(files: str) -> list[ObjectStoragePath]:
    """The files in a folder, or those that a pattern with ``*`` means, hidden ones left out.

    :param files: such as ``s3://conn@bucket/resumes`` or ``s3://conn@bucket/**/*.pdf``.
    :raises ArgumentInvalid: there is no such folder.
    """
    before, star, after = files.partition("*")
    folder, _, start = before.rpartition("/") if star else (before, "", "")
    paths = ObjectStoragePath(folder)
    # It remembers listings as long as the process lives.
    paths.fs.invalidate_cache()
    try:
        found = list(paths.glob(f"{start}*{after}") if star else paths.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        raise ArgumentInvalid("files must be a folder, or a pattern with *") from None
    return sorted(path for path in found if not path.name.startswith(".") and path.is_file())


@contextmanager
def opened(path: ObjectStoragePath, *, max_bytes: int) -> Iterator[Resume]:
    """Read a resume once, to a nameless file on disk that lasts as long as the context.

    :raises ResumeRefused: it is not there, its extension is none of :data:`MEDIA_TYPES`,
        its name is not Unicode, it is empty, or it is larger than ``max_bytes``.
    :raises ResumeUnreadable: the storage could not give it.
    """
    extension = path.suffix.removeprefix(".").lower()
    if extension not in MEDIA_TYPES:
        raise ResumeRefused(f"the extension is none of {', '.join(MEDIA_TYPES)}")
    if not _is_unicode(path.name):
        raise ResumeRefused("its name is not Unicode, so it cannot be sent")
    with TemporaryFile() as copy:
        reference = _copy(path, copy, at_most=max_bytes + 1)
        if not copy.tell():
            raise ResumeRefused("the file is empty")
        if copy.tell() > max_bytes:
            raise ResumeRefused(f"the file is larger than {max_bytes} bytes")
        copy.seek(0)
        yield Resume(
            name=path.name,
            media_type=MEDIA_TYPES[extension],
            content=copy,
            reference=reference,
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _copy(path: ObjectStoragePath, copy: IO[bytes], *, at_most: int) -> str:
    """Write a file, or the beginning of a long one, to another; returns its reference."""
    digest = hashlib.sha256()
    try:
        # Not path.open(), which tells Airflow's lineage the name of each file.
        with path.fs.open(path.path, "rb") as source:
            while chunk := source.read(min(CHUNK, at_most - copy.tell())):
                digest.update(chunk)
                copy.write(chunk)
    except FileNotFoundError:
        raise ResumeRefused("there is no such file") from None
    except Exception as error:  # every storage has its own, and their texts name the file
        raise ResumeUnreadable(
            f"the storage could not give the file ({type(error).__name__})"
        ) from None
    return _reference(digest)


def content_reference(content: bytes) -> str:
    """A profile reference that is the same for the same content."""
    return _reference(hashlib.sha256(content))


def _reference(digest: hashlib._Hash) -> str:
    return f"{REFERENCE_PREFIX}{digest.hexdigest()[:32]}"
