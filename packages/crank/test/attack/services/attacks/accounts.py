"""What one account's calls can try to learn of another's, or take from it: the same version, called by both."""

import os
import sys
import time

held = []


def keep(text):
    """Wherever a call could leave something for a later one."""
    held.append(text)
    sys.crank_kept = text
    os.environ["CRANK_KEPT"] = text
    for path in ("/tmp/kept", "/tmp/work/kept", "kept"):
        with open(path, "w") as file:
            file.write(text)


def find():
    found = [*held, getattr(sys, "crank_kept", ""), os.environ.get("CRANK_KEPT", "")]
    for folder in ("/tmp", "/tmp/work"):
        for name in os.listdir(folder):
            if name == "kept":
                with open(os.path.join(folder, name)) as file:
                    found.append(file.read())
    return [one for one in found if one]


def search(text, seconds):
    """Looks for a text in all that a call can read of other processes, for so long."""
    found = []
    until = time.monotonic() + seconds
    while time.monotonic() < until and not found:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in ("cmdline", "environ", "comm"):
                try:
                    with open("/proc/%s/%s" % (pid, name), "rb") as file:
                        if text.encode() in file.read():
                            found.append(name)
                except OSError:
                    pass
        for folder in ("/calls", "/tmp", "/tmp/in", "/dev/shm", "/out"):
            try:
                found.extend(folder for name in os.listdir(folder) if text in name)
            except OSError:
                pass
    return found
