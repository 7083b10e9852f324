"""Work of the platform's own (task.py): finds programs as sandboxes see them, and asks them for their version."""

import json
import os
import subprocess

from .service import digest_of

FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
_SECONDS = 5
_LINE = 300


def answer(request):
    """``request``: JSON ``{"tools": [name, ...]}``. Gives ``{name: {"path", "digest", "version"} or null}``."""
    found = {name: _find(name) for name in json.loads(request)["tools"]}
    return json.dumps(found).encode()


def _find(name):
    for folder in FOLDERS:
        path = "%s/%s" % (folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK | os.R_OK):
            digest = digest_of(path)
            return None if digest is None else {"path": path, "digest": digest, "version": _version(path)}
    return None


def _version(path):
    """The first line that it says of its version; empty where it says nothing that is one."""
    for word in ("--version", "-version"):
        try:
            ended = subprocess.run(
                [path, word], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        lines = ended.stdout[:8192].decode("utf-8", "replace").strip().splitlines()
        if ended.returncode == 0 and lines:
            return lines[0].strip()[:_LINE]
    return ""
