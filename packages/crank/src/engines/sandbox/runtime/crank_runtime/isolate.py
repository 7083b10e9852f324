"""A process in namespaces of its own, with limits and without rights.

Order matters throughout: the user namespace gives the right to mount, mounts come before the capabilities go, and the
seccomp filter, which ends all of it, comes last. Any failure ends the process before user code runs (fail closed).
"""

import _socket  # the C part of `socket`: importing that costs every fork some pages
import ctypes
import fcntl
import os
import resource
import sys
import time

# PyDLL keeps the interpreter's lock across calls: nothing may run between clone and the child's first step.
_libc = ctypes.PyDLL(None, use_errno=True)
# Does not keep errno, which is half of what a call of ctypes costs a fresh process in copied pages.
_quick_prctl = ctypes.PyDLL(None).prctl
_api = ctypes.pythonapi
for _name in ("PyOS_BeforeFork", "PyOS_AfterFork_Parent", "PyOS_AfterFork_Child"):
    getattr(_api, _name).restype = None

_MACHINE = os.uname().machine
_CLONE_NUMBER = {"x86_64": 56, "aarch64": 220}[_MACHINE]
_CLONE_FLAGS = 0x10000000 | 0x00020000 | 0x20000000 | 17  # NEWUSER | NEWNS | NEWPID, SIGCHLD at its end
_CLONE_TID_FLAGS = 0x01000000 | 0x00200000  # CHILD_SETTID | CHILD_CLEARTID
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER = 4, 22, 36
_PR_SET_NO_NEW_PRIVS, _PR_GET_TID_ADDRESS = 38, 40
_NOSUID_NODEV_NOATIME, _NOSUID_NODEV_NOEXEC = 2 | 4 | 1024, 2 | 4 | 8
_CAPABILITY_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()
_KERNEL = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
# subset=pid (Linux 5.8) shows processes and nothing of the machine; hidepid hides those that cannot be traced.
_PROC_OPTIONS = b"hidepid=2,subset=pid" if _KERNEL >= (5, 8) else b"hidepid=2"
# Before Linux 5.14 processes are counted per user over the whole machine: the limit would hit neighbours.
_COUNTS_PER_NAMESPACE = _KERNEL >= (5, 14)
_MAPS = (
    ("/proc/self/setgroups", b"deny"),
    ("/proc/self/uid_map", b"%d %d 1" % (os.getuid(), os.getuid())),
    ("/proc/self/gid_map", b"%d %d 1" % (os.getgid(), os.getgid())),
)
_CPUS = os.cpu_count() or 1

_RLIMIT_SIGPENDING = 11  # Python names none of these
_F_GET_RW_HINT, _F_SET_RW_HINT = 1035, 1036

_ceiling = 0
namespaces = True

TMP = "/tmp"
WORK = "/tmp/work"
DATA, WORD, SYNC = 3, 4, 5


class IsolationError(Exception):
    """A step of the isolation failed: which one, and why."""


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _check(result, step):
    if result < 0:
        raise IsolationError(f"{step}: {os.strerror(ctypes.get_errno())}")
    return result


def _tid_address():
    """Where glibc keeps this thread's id; 0 when unknown.

    If clone did not set it anew, a thread of the child could have the number that glibc takes for the main thread's.
    """
    address = ctypes.c_void_p()
    if _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) != 0:
        return 0
    return address.value or 0


_TID = _tid_address()
_FLAGS = _CLONE_FLAGS | (_CLONE_TID_FLAGS if _TID else 0)
# The fourth and fifth argument (child's tid, TLS) change places between the architectures; TLS is not set.
_CLONE_TAIL = (_TID, 0) if _MACHINE == "x86_64" else (0, _TID)


def share_namespaces():
    """Lines get none of their own from here on: in a container that may not make them.

    What then stands between one line and the next is that there is never but one, and that the container ends where a
    call left traces (see lines.py).
    """
    global namespaces, _COUNTS_PER_NAMESPACE
    namespaces = False
    _COUNTS_PER_NAMESPACE = False  # processes are counted for the user, whom other containers have too
    hide()  # from its children, who see it in /proc


def rehearse():
    """Makes a line's namespaces and mounts, and nothing else: raises where this machine does not let us."""
    pid = clone()
    if pid == 0:
        try:
            _make_own(2**20)
            os._exit(0)
        except BaseException as problem:
            os.write(2, f"{problem}".encode())
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise IsolationError("namespaces cannot be made")


def clone():
    """Forks into new user, mount and pid namespaces: the child's pid, or 0 in the child, which is its pid 1."""
    if not namespaces:
        return os.fork()
    _api.PyOS_BeforeFork()
    pid = _libc.syscall(
        ctypes.c_long(_CLONE_NUMBER),
        ctypes.c_ulong(_FLAGS),
        ctypes.c_void_p(0),
        ctypes.c_void_p(0),
        ctypes.c_void_p(_CLONE_TAIL[0]),
        ctypes.c_void_p(_CLONE_TAIL[1]),
    )
    if pid == 0:
        _api.PyOS_AfterFork_Child()
        return 0
    number = ctypes.get_errno()
    _api.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(number, os.strerror(number))
    return pid


def load_filter(path):
    """A seccomp program as seccomp_export.py wrote it."""
    with open(path, "rb") as source:
        data = source.read()
    buffer = ctypes.create_string_buffer(data, len(data))
    program = _Program(len(data) // 8, ctypes.addressof(buffer))
    program.keep = buffer
    program.reference = ctypes.byref(program)
    return program


def harden_zygote(memory, processes, program):
    """What holds for the zygote and, inherited, for every child."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    # core(5): 0 stops files, but not a program that the host has in its core_pattern; 1 stops both.
    _limit(resource.RLIMIT_CORE, 1)
    _limit(resource.RLIMIT_NOFILE, 256)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(_RLIMIT_SIGPENDING, 4096)
    if _COUNTS_PER_NAMESPACE and processes:
        _limit(resource.RLIMIT_NPROC, processes)
    # Importing may reserve much address space; the tight limit is set for each call, and cannot be above this one.
    global _ceiling
    _ceiling = address_space() + memory + 4 * 2**30
    _limit(resource.RLIMIT_AS, _ceiling)
    # If the machine runs out of memory, the kernel takes a sandbox before it takes the platform.
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    _filter(program)


def address_space():
    """Bytes of address space that this process has mapped."""
    return _statm(0)


def _statm(field):
    """Bytes. proc(5)."""
    with open("/proc/self/statm") as source:
        return int(source.read().split()[field]) * resource.getpagesize()


def enter(tmp_bytes, program, handles, output=None):
    """Turns this process, just cloned, into one that may run user code once `settle` and `confine` have done theirs.

    ``handles`` become descriptors 3, 4 and so on, ``output`` or else unnamed files on the private /tmp 1 and 2, and all
    others close.
    """
    for target, source in enumerate(output or (), 1):
        os.dup2(source, target)
    for target, source in enumerate(handles, DATA):  # first: whatever fails from here on is told through one of them
        os.dup2(source, target)
    os.closerange(DATA + len(handles), 1024)
    os.setsid()
    # Waiting signals are counted for each user of each namespace, and above that for all sandboxes together.
    _limit(_RLIMIT_SIGPENDING, 128)
    if namespaces:
        _make_own(tmp_bytes)
        os.mkdir(WORK, 0o700)
    else:
        # What its children leave behind comes to it, as it would to a pid 1.
        _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")
    os.chdir(WORK)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    if output is None:
        open_output()
    _check(_libc.capset(_CAPABILITY_HEADER, _NO_CAPABILITIES), "capset")
    _filter(program)


def _make_own(tmp_bytes):
    """What a process that was just cloned does with its namespaces."""
    for path, line in _MAPS:
        handle = os.open(path, os.O_WRONLY)
        os.write(handle, line)
        os.close(handle)
    options = b"mode=0700,nr_inodes=65536,size=%d" % tmp_bytes
    _check(_libc.mount(b"tmpfs", b"/tmp", b"tmpfs", _NOSUID_NODEV_NOATIME, options), "mount of /tmp")
    _check(_libc.mount(b"proc", b"/proc", b"proc", _NOSUID_NODEV_NOEXEC, _PROC_OPTIONS), "mount of /proc")


def open_output():
    """Makes 1 and 2 new files without a name: what earlier users did to the descriptors is gone with them."""
    for target in (1, 2):
        handle = unnamed_file()
        os.dup2(handle, target)
        os.close(handle)


def unnamed_file():
    return os.open(TMP, os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)


def hide():
    """Closes this process and its forks to tracing, so that its children cannot write to its memory below /proc."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def settle(program):
    """What a process does that is about to run user code, and will not start others if ``program`` forbids it."""
    if program is not None:
        _filter(program)


def reseed():
    """Before a fork: numpy's numbers would repeat in every child. Other generators (random, uuid, secrets) notice a fork
    by themselves. Done in the parent, its pages are copied once and not in each child."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def filter_all(program):
    """Loads the outer filter where bubblewrap did not: for this process and all that come from it."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _filter(program)


def _filter(program):
    if _quick_prctl(_PR_SET_SECCOMP, 2, program.reference, 0, 0) != 0:
        _check(_libc.prctl(_PR_SET_SECCOMP, 2, program.reference, 0, 0), "seccomp")  # again, to hear why


def marks(handle):
    """What a socket's owner can write on it for whoever has it next: we own our channels where the node is not root."""
    about = os.fstat(handle)
    return about.st_mode, about.st_atime_ns, about.st_mtime_ns, fcntl.fcntl(handle, _F_GET_RW_HINT, bytes(8))


def mark(handle, marked):
    """Sets back what ``marks`` said."""
    os.fchmod(handle, marked[0] & 0o7777)
    os.utime(handle, ns=marked[1:3])
    fcntl.fcntl(handle, _F_SET_RW_HINT, marked[3])


def write_all(handle, data):
    """Writes everything to a blocking descriptor."""
    sent = os.write(handle, data)
    if sent < len(data):
        rest = memoryview(data)
        while sent < len(rest):
            sent += os.write(handle, rest[sent:])


def cpu_clock(pid):
    """Nanoseconds of CPU that a process (all its threads) has used: the kernel's clock, which nobody can forge."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def soonest(left):
    """Seconds that a process needs at least to use so many nanoseconds of CPU."""
    return max(0.001, left / 1e9 / _CPUS)


def confine(limits, base, by_data=False, threads=0):
    """Sets the limits of a call. ``base``: the address space that is not the call's own, such as the zygote's; ``threads``
    likewise. ``by_data``: memory is what can be written to, for programs that reserve address space and never use it."""
    _limit(resource.RLIMIT_CPU, limits.cpu_ms // 1000 + 2)  # a backstop: the zygote counts milliseconds
    if by_data:
        _limit(resource.RLIMIT_DATA, _statm(5) + limits.memory)  # Linux 4.7: private, writable mappings
    else:
        _limit(resource.RLIMIT_AS, min(base + limits.memory, _ceiling))
    _limit(resource.RLIMIT_FSIZE, limits.tmp)
    if _COUNTS_PER_NAMESPACE:
        _limit(resource.RLIMIT_NPROC, 1 + threads + limits.threads + limits.subprocesses)  # 1: the slot


def _limit(kind, value):
    resource.setrlimit(kind, (value, value))


def pair():
    """A connected pair of stream sockets, as descriptors."""
    left, right = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    return left.detach(), right.detach()
