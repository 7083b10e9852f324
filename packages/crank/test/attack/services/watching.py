"""Watches, from the time when it is imported, for what its calls are given; it shares memory with them to tell."""

import gc
import mmap
import os
import threading
import time

FOUND = mmap.mmap(-1, 4096)  # shared with every child
MARK = b"zrpurg"  # what is looked for, letter by letter behind the alphabet's half, so that looking does not find itself


def _mark():
    return bytes(97 + (letter - 97 + 13) % 26 for letter in MARK)


def _note(where):
    FOUND.seek(0)
    FOUND.write(where.encode())


def _watch():
    from crank_runtime import secrets

    while True:
        if secrets.given or any(_mark().decode() in value for value in os.environ.values()):
            _note("its own environment")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in ("environ", "cmdline"):
                try:
                    with open("/proc/%s/%s" % (pid, name), "rb") as file:
                        if _mark() in file.read():
                            _note("/proc/PID/" + name)
                except OSError:
                    pass
        time.sleep(0.01)


threading.Thread(target=_watch, daemon=True).start()


def work(seconds: float) -> int:
    time.sleep(seconds)
    return len(os.environ.get("API_KEY", ""))


def seen() -> str:
    return FOUND[:].rstrip(b"\0").decode()


def left() -> list:
    """What a call finds of the one before it in this process."""
    mark = _mark().decode()
    found = [name for name, value in os.environ.items() if mark in value]
    for one in gc.get_objects():
        if type(one) is dict and any(type(value) is str and mark in value for value in list(one.values())):
            found.append("an object")
    return found
