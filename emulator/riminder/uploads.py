"""What an upload brings: the file, and the extension it deserves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

EXTENSIONS = frozenset(
    {
        *("pdf", "png", "jpg", "jpeg", "bmp", "doc", "docx", "rtf", "dotx"),
        *("odt", "odp", "ppt", "pptx", "msg"),
    }
)
"""What the vendor's clients upload from a folder."""

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument"

EXTENSION_OF = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/bmp": "bmp",
    "image/x-ms-bmp": "bmp",
    "application/msword": "doc",
    f"{OFFICE}.wordprocessingml.document": "docx",
    f"{OFFICE}.wordprocessingml.template": "dotx",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    f"{OPEN_DOCUMENT}.text": "odt",
    f"{OPEN_DOCUMENT}.presentation": "odp",
    "application/vnd.ms-powerpoint": "ppt",
    f"{OFFICE}.presentationml.presentation": "pptx",
    "application/vnd.ms-outlook": "msg",
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "application/json": "json",
    "image/gif": "gif",
    "video/mp4": "mp4",
}
"""Media types that say what a file is; others, as ``application/octet-stream``, do not."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The file part of a form."""

    file_name: str
    media_type: str
    content: bytes


def find_extension(upload: Upload, reference: str) -> str:
    """The extension by the media type, else by the name; in lower case and without its dot.

    The vendor's Python client writes the reference behind the name (``cv.pdfr1``), so it is
    taken off first.
    """
    name = upload.file_name.removesuffix(reference)
    return EXTENSION_OF.get(upload.media_type) or PurePosixPath(name).suffix[1:].lower()
