"""The service that `crank doctor` calls: tries what a sandbox must refuse, and says what happened."""

import ctypes
import os
import socket


def probe(secret: str) -> dict:
    """True for every act that was refused or fact that holds, otherwise what was seen instead."""
    return {name: check(secret) for name, check in _CHECKS.items()}


def _status(field):
    with open("/proc/self/status") as source:
        for line in source:
            if line.startswith(field + ":"):
                return line.split(":")[1].split()
    return []


def _refused(act):
    try:
        return f"it succeeded: {act()!r}"
    except OSError:
        return True


def _user(_):
    ids = _status("Uid") + _status("Gid")
    return "0" not in ids or f"ids {ids}"


def _capabilities(_):
    sets = {name: _status(name)[0] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    return all(int(value, 16) == 0 for value in sets.values()) or f"{sets}"


def _environment(_):
    known = {"HOME", "TMPDIR", "PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "PWD", "MALLOC_ARENA_MAX"}
    others = [name for name in os.environ if name not in known and not name.startswith("PYTHON") and "THREADS" not in name]
    return not others or f"it has {others}"


def _read_only(_):
    for folder in ("/", "/code", "/runtime", "/usr", "/etc", "/dev", "/calls"):
        try:
            with open(os.path.join(folder, "crank-probe"), "w"):
                return f"{folder} can be written to"
        except OSError:
            continue
    return True


def _tmp(_):
    before = os.listdir("/tmp")
    with open("/tmp/crank-probe", "w") as target:
        target.write("mine")
    os.unlink("/tmp/crank-probe")
    return before == ["work"] or f"it held {before}"


def _processes(_):
    seen = [name for name in os.listdir("/proc") if name.isdigit()]
    return True if seen == [str(os.getpid())] else f"it sees {seen}"


def _namespaces(_):
    new_user = 0x10000000
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(new_user) != 0 or "unshare succeeded"


def _descriptors(_):
    seen = set(os.listdir("/proc/self/fd"))
    # 0-2, the channel, in a warm process the link to its zygote, and the one that lists
    return len(seen) <= 6 or f"it has {sorted(seen)}"


_CHECKS = {
    "user": _user,
    "capabilities": _capabilities,
    "new-privileges": lambda _: _status("NoNewPrivs") == ["1"] or "it can",
    "filter": lambda _: _status("Seccomp") == ["2"] or "it has none",
    "network": lambda _: _refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    "host-file": lambda secret: _refused(lambda: open(secret)),
    "shadow": lambda _: _refused(lambda: open("/etc/shadow")),
    "environment": _environment,
    "read-only": _read_only,
    "tmp": _tmp,
    "processes": _processes,
    "fork": lambda _: _refused(os.fork),
    "namespaces": _namespaces,
    "descriptors": _descriptors,
}
