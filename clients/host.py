"""What the processes of this user on this host tell each other of an account, in small files."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import tempfile
from pathlib import Path


def account_file(kind: str, vendor: str, base_url: str, login: str, password: str) -> Path:
    """Where something about an account is kept, in the temporary folder of this host.

    Named by an HMAC of vendor, address and login under the password, so that it tells
    nothing, and a corrected connection starts anew.

    :raises OSError: the folder cannot be made, or belongs to somebody else.
    """
    name = "\0".join((vendor, base_url.rstrip("/"), login))
    digest = hmac.new(password.encode(), name.encode(), hashlib.sha256).hexdigest()
    return _folder() / f"{kind}-{vendor}-{digest[:32]}"


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"airflow-provider-talent-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise PermissionError(f"{folder} belongs to somebody else; remove it")
    return folder
