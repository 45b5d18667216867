"""The vendor's own Python client and tools, as they are published, pointed at the emulator."""

from __future__ import annotations

import mimetypes
import sys
from types import ModuleType

try:
    import magic  # noqa: F401
except ImportError:  # without the system library libmagic

    class Magic:
        """What the client needs of it, by the name of the file instead of its content."""

        def __init__(self, _mime: bool) -> None:
            """Nothing to load."""

        def from_file(self, path: str) -> str:
            return mimetypes.guess_type(path)[0] or "application/octet-stream"

    stub = ModuleType("magic")
    stub.Magic = Magic  # type: ignore[attr-defined]
    sys.modules["magic"] = stub

import riminder  # type: ignore[import-untyped]

Client = riminder.Riminder


def run_tool(name: str) -> None:
    """Run ``resumeExporter`` or ``resumeImporter``; argv are its arguments.

    Both build their own client, so its default address is set before they run.
    """
    import resume_exporter.resume_exporter  # type: ignore[import-untyped]
    import resume_importer.resume_importer  # type: ignore[import-untyped]

    tools = {
        "resumeExporter": resume_exporter.resume_exporter.main,
        "resumeImporter": resume_importer.resume_importer.main,
    }
    url = sys.argv.pop(1)
    Client.__init__.__defaults__ = (None, url)
    tools[name]()


if __name__ == "__main__":
    run_tool(sys.argv.pop(1))
