"""Tells its host of changes that nobody made: the import has put itself in the place of the slot's own word."""

import json

from crank_runtime import frames, isolate, slot, spaces

LIES = {
    "a path that leads out": [["file", "../../../MARK", 4, False]],
    "an absolute path": [["file", "/tmp/MARK", 4, False]],
    "a path through a link": [["link", "l", "sub"], ["file", "l/MARK", 4, False]],
    "a path through a file": [["file", "f", 0, False], ["file", "f/MARK", 4, False]],
    "a path twice": [["file", "MARK", 4, False], ["folder", "MARK", False]],
    "a link that leads out": [["link", "l", "../../MARK"]],
    "another workspace": [[7, "file", "MARK", 4, False]],
    "no kind": [["device", "MARK", 4]],
    "a size that is none": [["file", "MARK", -4, False]],
    "no text": [["file", 4, 4, False]],
}


def tell(send):
    with open("/workspaces/notes/lie") as source:
        lie = source.read()
    if lie == "without end":
        send(frames.CHANGE, b'[[0, "file", "big", 9007199254740991, false]]')
        while True:
            send(frames.CONTENT, bytes(frames.CHUNK_BYTES))
    if lie == "half":
        send(frames.CHANGE, b'[[0, "file", "half", 1000, false]]')
        send(frames.CONTENT, b"only this")
        return
    for change in LIES[lie]:
        told = change if isinstance(change[0], int) else [0, *change]
        send(frames.CHANGE, json.dumps([told]).encode())
        if told[1] == "file" and told[3] == 4:
            send(frames.CONTENT, b"lies")


spaces.tell = tell


def lie(what: str) -> str:
    with open("/workspaces/notes/lie", "w") as out:
        out.write(what)
    return what
