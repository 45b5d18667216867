"""Writing files that are either whole or not there."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from airflow.sdk import ObjectStoragePath


@contextmanager
def written_whole(path: ObjectStoragePath, mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Open ``path`` for writing; it appears, or is replaced, only when all went well.

    Object stores publish what was written even when writing fails, so the file
    is written beside its place and moved there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with draft.open(mode, **options) as file:
            yield file
        draft.replace(path)
    except BaseException:
        if draft.exists():
            draft.unlink()
        raise
