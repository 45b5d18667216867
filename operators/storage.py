"""Writing files that are either whole or not there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from airflow.sdk import ObjectStoragePath
from airflow.sdk.lineage import get_hook_lineage_collector
from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]  # it ships no types

BLOCK = 8 * 2**20
"""Bytes that are sent to an object store at a time and held until then."""


@contextmanager
def written_whole(path: ObjectStoragePath) -> Iterator[IO[bytes]]:
    """Open ``path`` for writing; it appears, or is replaced, only when all went well.

    The file is written beside its place as ``.<name>.<digits>.part`` and moved there.
    When writing fails, nothing is left, no parts of an upload either. A process that is
    killed leaves the draft, or at an object store the parts of an upload that nobody sees,
    which a bucket's rule about incomplete uploads removes.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    file = _open(draft)
    try:
        yield file
        file.close()
        draft.replace(path)
    except BaseException:
        # What went wrong first is what people must hear of.
        with suppress(OSError):
            _discard(file)
            draft.unlink(missing_ok=True)
        raise
    get_hook_lineage_collector().add_output_asset(context=path, uri=str(path))


def _open(path: ObjectStoragePath) -> IO[bytes]:
    """The file itself, since :meth:`ObjectStoragePath.open` reports each write as lineage."""
    try:
        return path.fs.open(path.path, "wb", block_size=BLOCK)  # type: ignore[no-any-return]  # not typed
    except FileNotFoundError:
        # Only now, since making the folder of an object store would make its bucket.
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.fs.open(path.path, "wb", block_size=BLOCK)  # type: ignore[no-any-return]  # as above


def _discard(file: Any) -> None:
    """Close a file that failed; object stores would publish what they have of it."""
    if not isinstance(file, AbstractBufferedFile):
        file.close()
    elif not file.closed:
        file.closed = True
        file.discard()
