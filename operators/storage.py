"""Writing files that are either whole or not there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from airflow.sdk import ObjectStoragePath


@contextmanager
def written_whole(path: ObjectStoragePath, mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Open ``path`` for writing; it appears, or is replaced, only when all went well.

    Object stores publish what was written even when writing fails, so the file
    is written beside its place and moved there.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with _open(draft, mode, **options) as file:
            yield file
        draft.replace(path)
    except BaseException:
        # What went wrong first is what people must hear of.
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _open(path: ObjectStoragePath, mode: str, **options: Any) -> IO[Any]:
    try:
        return path.open(mode, **options)  # type: ignore[no-any-return]  # Airflow's is not typed
    except FileNotFoundError:
        # Only now, since making the folder of an object store would make its bucket.
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open(mode, **options)  # type: ignore[no-any-return]  # as above
