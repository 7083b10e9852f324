"""Works in its workspaces."""

import os
import socket

from crank_platform import crank_service


@crank_service
def listed(name: str = "notes") -> list:
    """Every path, sorted."""
    root = f"/workspaces/{name}"
    return sorted(os.path.relpath(os.path.join(at, one), root) for at, folders, files in os.walk(root) for one in folders + files)


@crank_service
def read(path: str, name: str = "notes") -> str:
    with open(f"/workspaces/{name}/{path}") as source:
        return source.read()


@crank_service
def write(files: dict, name: str = "notes") -> int:
    for path, text in files.items():
        target = f"/workspaces/{name}/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w") as out:
            out.write(text)
    return len(files)


@crank_service
def python(code: str, context):
    """Runs what it is given, in the work folder of the call."""
    known = {"os": os, "socket": socket, "W": "/workspaces/notes", "context": context}
    exec(code, known)
    return known.get("result")
