"""Steps with what people gave to the Slack app. None of them writes to anybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import cached_property
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from ..hooks.slack import SlackFileHook
from .arguments import ArgumentInvalid, check_literal, is_template, required
from .base import VendorOperator
from .storage import BLOCK, written_whole

if TYPE_CHECKING:
    from airflow.sdk import Context

LARGEST = 20 * 2**20
"""Bytes; as much as is uploaded of a resume."""

FILE_ID = re.compile(r"F[A-Z0-9]{2,30}")

EXTENSION = re.compile(r"[a-z0-9]{1,10}")

EXTENSION_OF: Mapping[str, str] = {"text": "txt", "binary": "bin"}
"""Where Slack's word for a type of file is not the extension that such files have."""


class SlackFileToStorageOperator(VendorOperator):
    """Stores a file that somebody gave to the Slack app. Contacts nobody.

    A param ``Param(type="string", format="slack-file")`` is a file field in the form of
    the DAG in Slack. The run is given the file's id alone, and this operator asks Slack
    for the file, over an Airflow connection of type ``slack`` whose password is the
    app's bot token (scope ``files:read``). The token is sent to Slack's own hosts only.

    The file is whole or not there, and is named by its id, as ``F0123ABCD.pdf``: the
    name that a person gave it is left at Slack. A file of that name is replaced.
    Returns ``{"path", "file_id", "size", "media_type"}``, of which ``size`` is in bytes.

    Whoever may start the DAG may name any file that the app can see.

    :param file_id: id of the file, such as ``{{ params.resume }}`` (templated).
    :param folder: any object storage, such as ``s3://conn@bucket/inbox`` (templated).
    :param slack_conn_id: the Airflow connection.
    :param max_bytes: a larger file is not fetched.
    :raises NotFound: the file was deleted, or is in no conversation that the app is in.
    :raises PermissionDenied: the app lacks the scope, or may not have this file.
    :raises InvalidRequest: the file is too large, or only a link to another service.

    Source: https://docs.slack.dev/reference/methods/files.info.
    """

    template_fields = ("file_id", "folder")
    ui_color = "#efe6ef"

    def __init__(
        self,
        *,
        file_id: str,
        folder: str,
        slack_conn_id: str = SlackFileHook.default_conn_name,
        max_bytes: int = LARGEST,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("multiple_outputs", True)
        super().__init__(conn_id=slack_conn_id, **kwargs)
        check_literal("folder", folder)
        self.file_id = file_id
        self.folder = folder
        self.slack_conn_id = slack_conn_id
        self.max_bytes = max_bytes
        if not is_template(file_id):
            self._id()

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.slack import show_file

        file_id, folder = self._id(), ObjectStoragePath(required("folder", self.folder))
        file = self.hook.run(show_file(file_id))
        path = folder / f"{file_id}{_suffix(file.filetype)}"
        # Not straight to the storage, so that nothing is there before all of it came.
        with TemporaryFile() as content:
            self.hook.download(file, content, max_bytes=self.max_bytes)
            content.seek(0)
            with written_whole(path) as stored:
                shutil.copyfileobj(content, stored, BLOCK)
        self.log.info("Stored file %s, %d bytes", file_id, file.size)
        return {
            "path": str(path),
            "file_id": file_id,
            "size": file.size,
            "media_type": file.mimetype,
        }

    @cached_property
    def hook(self) -> SlackFileHook:
        return SlackFileHook(self.slack_conn_id)

    def _id(self) -> str:
        file_id = required("file_id", self.file_id)
        if not FILE_ID.fullmatch(file_id):
            raise ArgumentInvalid("file_id must be the id of a file at Slack, such as F0123ABCD")
        return file_id


def _suffix(filetype: str) -> str:
    extension = EXTENSION_OF.get(filetype, filetype.lower())
    return f".{extension}" if EXTENSION.fullmatch(extension) else ""
