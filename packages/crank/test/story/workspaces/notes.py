"""Keeps notes in a workspace."""

import os

from crank_platform import crank_service


@crank_service(workspaces={"notes": "write"})
def write(path: str, text: str, fail: bool = False, hold: str = "") -> int:
    """Writes one file, and then fails where it is told to."""
    target = os.path.join(os.environ["CRANK_WORKSPACE_NOTES"], path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    before = len(os.listdir(os.environ["CRANK_WORKSPACE_NOTES"]))
    with open(target, "w") as out:
        out.write(text)
    if fail:
        raise ValueError("after all")
    return before


@crank_service(workspaces={"notes": "write"})
def add(line: str) -> list[str]:
    """Appends a line to one file and says what is in it."""
    with open(os.environ["CRANK_WORKSPACE_NOTES"] + "/lines", "a+") as lines:
        lines.write(line + "\n")
        lines.seek(0)
        return lines.read().split()


@crank_service(workspaces={"notes": "read"})
def read(context, path: str = "") -> dict:
    """One file, or the names of all."""
    root = context.workspaces.notes
    if path:
        with open(os.path.join(root, path)) as source:
            return {"text": source.read()}
    return {"names": sorted(os.path.relpath(os.path.join(at, name), root) for at, folders, files in os.walk(root) for name in folders + files)}


@crank_service(workspaces={"notes": "write"})
def run(code: str) -> object:
    """Whatever it is told to."""
    known = {"os": os, "W": os.environ["CRANK_WORKSPACE_NOTES"]}
    exec(code, known)
    return known.get("result")


@crank_service
def without() -> list[str]:
    """What a call sees that asked for none."""
    return [name for name in os.environ if name.startswith("CRANK_")] + sorted(os.listdir("/workspaces") if os.path.exists("/workspaces") else [])
