"""Attacks on workspaces: on the states behind them, and on the host that takes in what was changed."""

import ctypes
import errno
import os
import stat

W = "/workspaces/notes"
libc = ctypes.CDLL(None, use_errno=True)


def tried(act) -> str:
    """What an act was answered: `done`, or the error's name."""
    try:
        said = act()
    except OSError as problem:
        return errno.errorcode.get(problem.errno, str(problem))
    return "done" if said is None else str(said)


def mount(source, target, kind, flags, data=None):
    if libc.mount(source, target, kind, flags, data) < 0:
        raise OSError(ctypes.get_errno(), "mount")


def states(path: str) -> dict:
    """The states of a workspace by every path that could lead there."""
    seen = {}
    for place in ("/spaces", "/spaces/0", f"/spaces/0/{path}", f"/spaces/0/{path}/a.txt", "/tmp/upper", f"/proc/1/root/spaces/0/{path}"):
        seen[place] = tried(lambda: "" if os.stat(place).st_mode is None else os.listdir(place) and None)
    return seen


def change_what_is_read() -> dict:
    return {
        "write": tried(lambda: os.close(os.open(W + "/a.txt", os.O_WRONLY))),
        "make": tried(lambda: os.mkdir(W + "/new")),
        "remove": tried(lambda: os.unlink(W + "/a.txt")),
        "mode": tried(lambda: os.chmod(W + "/a.txt", 0o777)),
        "times": tried(lambda: os.utime(W + "/a.txt", (1, 1))),
        "label": tried(lambda: os.setxattr(W + "/a.txt", "user.x", b"1")),
        "remount": tried(lambda: mount(None, W.encode(), None, 32)),
        "cover": tried(lambda: mount(b"tmpfs", W.encode(), b"tmpfs", 2 | 4 | 1024)),
    }


def forge() -> dict:
    """What overlayfs writes for itself: whiteouts and its labels."""
    os.mkdir(W + "/forged")
    said = {
        "whiteout": tried(lambda: os.mknod(W + "/a.txt~", stat.S_IFCHR, os.makedev(0, 0))),
        "device": tried(lambda: os.mknod(W + "/disk", stat.S_IFBLK, os.makedev(8, 0))),
        "trusted": tried(lambda: os.setxattr(W + "/forged", "trusted.overlay.opaque", b"y")),
        "handles": [fd for fd in range(3, 256) if tried(lambda: os.fstat(fd) and None) == "done" and stat.S_ISDIR(os.fstat(fd).st_mode)],
    }
    tried(lambda: os.setxattr(W + "/sub", "user.overlay.opaque", b"y"))
    said["hidden"] = sorted(os.listdir(W + "/sub"))
    return said


def set_id() -> int:
    """Bits that would let a program run as somebody else."""
    with open(W + "/program", "w") as out:
        out.write("#!/bin/sh\n")
    os.chmod(W + "/program", 0o6755)
    return os.stat(W + "/program").st_mode & 0o7000
