"""Workspaces of the calls that a slot is made for: folders that they see at ``/workspaces/NAME``.

Each is an overlay (overlayfs) over the last committed state, which the host has bound read-only below ``/spaces``. What
a call changes goes to a tmpfs that nothing inside has a path to. When the call's processes are dead, the slot tells the
host what is there, and the host decides what becomes of it.
"""

import json
import os
import stat

from crank_runtime import frames, isolate

PLACE = "/workspaces"
_STATES = "/spaces"
_BATCH_BYTES = 32 * 1024  # of changes told in one frame
_DEEPEST, _LONGEST = 64, 1024
_OPAQUE = "user.overlay.opaque"
FIRST = isolate.SYNC + 1  # the descriptors behind those of a slot are the upper folders of its workspaces

#: Upper folders of those that may be written: (number, descriptor).
_uppers = []


def mount(wanted):
    """Mounts what ``wanted`` says: JSON ``[[name, folder within /spaces/NUMBER, bytes that may be written or null], ...]``."""
    asked = json.loads(wanted)
    _tmpfs(4096)
    os.mkdir("/tmp/nothing")
    for number, (name, state, room) in enumerate(asked):
        if room is None:
            _overlay(name, f"lowerdir=/tmp/nothing:{_STATES}/{number}/{state}")
    for number, (name, state, room) in enumerate(asked):
        if room is None:
            continue
        _tmpfs(room)  # over the one before: /tmp will have one more on top, and nobody inside may unmount
        os.mkdir("/tmp/upper", 0o700)
        os.mkdir("/tmp/work", 0o700)
        _overlay(name, f"lowerdir={_STATES}/{number}/{state},upperdir=/tmp/upper,workdir=/tmp/work")
        _uppers.append((number, os.open("/tmp/upper", os.O_RDONLY | os.O_DIRECTORY)))
    # States of before, which may hold what has been removed since, are out of reach.
    isolate.mount(b"tmpfs", _STATES.encode(), b"mode=0500,size=4096")


def _tmpfs(size):
    isolate.mount(b"tmpfs", b"/tmp", b"mode=0700,nr_inodes=65536,size=%d" % size)


def _overlay(name, options):
    isolate.mount(b"overlay", f"{PLACE}/{name}".encode(), f"{options},userxattr".encode())


def state():
    """What shows that a call changed anything: whatever it is, the upper folder has something of it."""
    seen = []
    for _, handle in _uppers:
        about = os.fstat(handle)
        seen += about.st_ino, about.st_mode, about.st_mtime_ns, about.st_ctime_ns
    return seen


def beyond():
    """The first descriptor behind those of the upper folders, which the process that runs the call must not have."""
    return FIRST + len(_uppers)


def tell(send):
    """Tells what was changed: ``send(kind, body)`` takes CHANGE and CONTENT bodies (frames.py)."""
    for number, handle in _uppers:
        teller = _Teller(number, send)
        try:
            teller.folder(handle, "")
        except _Refused as refusal:
            teller.add("refused", *refusal.args)
        teller.flush()


class _Refused(Exception):
    """Path and reason: one thing that cannot be kept is enough, nothing will be."""


class _Teller:
    def __init__(self, number, send):
        self.number = number
        self.send = send
        self.batch = []
        self.size = 0

    def folder(self, handle, prefix):
        if prefix.count("/") > _DEEPEST or len(prefix) > _LONGEST:
            raise _Refused(prefix[:_LONGEST], "is too long a path, or too deep")
        with os.scandir(handle) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            path = prefix + name
            if not _is_text(path):
                raise _Refused(ascii(path)[1:-1], "has a name that is not UTF-8")
            self.entry(handle, name, path)

    def entry(self, parent, name, path):
        about = os.stat(name, dir_fd=parent, follow_symlinks=False)
        kind = stat.S_IFMT(about.st_mode)
        if kind == stat.S_IFCHR and about.st_rdev == 0:
            self.add("removed", path)
        elif kind == stat.S_IFDIR:
            os.chmod(name, 0o700, dir_fd=parent)  # the call may have closed it to itself
            handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
            try:
                self.add("folder", path, _is_opaque(handle))
                self.folder(handle, path + "/")
            finally:
                os.close(handle)
        elif kind == stat.S_IFLNK:
            target = os.readlink(name, dir_fd=parent)
            if not _is_text(target):
                raise _Refused(path, "is a symbolic link to a name that is not UTF-8")
            self.add("link", path, target)
        elif kind == stat.S_IFREG:
            self.file(parent, name, path, about)
        else:
            what = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}.get(kind, "a device")
            raise _Refused(path, f"is {what}")

    def file(self, parent, name, path, about):
        if not about.st_mode & 0o400:
            os.chmod(name, about.st_mode & 0o777 | 0o400, dir_fd=parent)
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            self.add("file", path, about.st_size, bool(about.st_mode & 0o100))
            if about.st_size > 0:
                self.flush()
            left = about.st_size
            while left > 0:
                data = os.read(handle, min(left, frames.CHUNK_BYTES))
                if not data:
                    raise OSError("a file became shorter")
                self.send(frames.CONTENT, data)
                left -= len(data)
        finally:
            os.close(handle)

    def add(self, *change):
        text = json.dumps([self.number, *change])
        self.batch.append(text)
        self.size += len(text)
        if self.size > _BATCH_BYTES:
            self.flush()

    def flush(self):
        if self.batch:
            self.send(frames.CHANGE, f"[{','.join(self.batch)}]".encode())
            self.batch, self.size = [], 0


def _is_text(name):
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_opaque(handle):
    try:
        return os.getxattr(handle, _OPAQUE) == b"y"
    except OSError:
        return False
