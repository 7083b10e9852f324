"""A program of the system, run once: started without a shell, read while it runs, ended with all of its group."""

import _signal
import errno
import fcntl
import os
import re
import resource
import select
import struct
import termios
import time

from .. import endings, isolate
from ..errors import Failure, InvalidInput

_CHUNK = 1 << 16
_SAID, _TAIL = 12_000, 2_000
# Python ignores it for itself, and programs would inherit that. SIGXFSZ stays so: they hear of a file that is too large.
_RESTORED = (_signal.SIGPIPE,)
# How programs say that there is no more (strerror(ENOMEM), xalloc of GNU, libstdc++, Go, GHC).
_NO_MEMORY = re.compile(
    r"cannot allocate memory|memory exhausted|out of memory|std::bad_alloc|memory allocation|heap exhausted|MemoryError", re.I
)


class ExitStatus(Exception):
    """A tool ended with a status that is no result of it. `said`: the end of its standard error."""

    def __init__(self, name, status, said):
        last = said.strip()[-_TAIL:]
        super().__init__("%s ended with status %d%s" % (name, status, ": " + last if last else ""))
        self.said = said


class Tool:
    """`words`: all of the argument vector. `given`: descriptor of standard input; closed here."""

    def __init__(self, path, words, given, limits):
        self.name = words[0]
        self._limits = limits
        self._before = _own_cpu() if os.getpid() == 1 else 0  # of earlier calls, where one process serves several
        try:
            vector = [_bytes(word) for word in words]
            self._out, theirs = os.pipe()
            try:
                self.pid = _start(path, vector, given, theirs)
            except OSError as error:
                os.close(self._out)
                raise _unstarted(self.name, error) from None
            finally:
                os.close(theirs)
        finally:
            os.close(given)
        self._status = None
        self._check = time.monotonic() + isolate.soonest(limits.cpu_ms * 1e6)

    def read(self):
        """Its standard output, as it comes, up to its end; what others that it started write later is not waited for."""
        poll = select.poll()
        ended = os.pidfd_open(self.pid)
        poll.register(self._out, select.POLLIN)
        poll.register(ended, select.POLLIN)
        try:
            while True:
                ready = [handle for handle, _ in poll.poll(max(1, (self._check - time.monotonic()) * 1000))]
                if ended in ready:
                    break  # what it wrote last is in the pipe, and what others write is not its
                if self._out in ready:
                    data = os.read(self._out, _CHUNK)
                    if data:
                        yield data
                    else:
                        poll.unregister(self._out)
                if time.monotonic() >= self._check:
                    self._enforce()
            self._bury()
            left = struct.unpack("i", fcntl.ioctl(self._out, termios.FIONREAD, b"\0\0\0\0"))[0]
            while left > 0:
                data = os.read(self._out, min(left, _CHUNK))
                if not data:
                    break
                left -= len(data)
                yield data
        finally:
            os.close(ended)

    def end(self, run, printed=b""):
        """Its exit status. Raises ExitStatus where that is not 0 and no result by `run`, InvalidInput where that says so, and
        Failure where it was killed. `printed`: to standard output; there some programs say what went wrong."""
        self._bury()
        number = os.waitstatus_to_exitcode(self._status)
        if number >= 0:
            if number == 0 or number in run["exitCodes"]:
                return number
            said = _said() or printed[-_SAID:].decode("utf-8", "replace")
            if _NO_MEMORY.search(said):
                raise MemoryError
            if number in run.get("inputExitCodes", ()):
                raise InvalidInput(said.strip()[-_TAIL:] or "%s does not take it: it ended with status %d" % (self.name, number))
            raise ExitStatus(self.name, number, said)
        if self._used() >= self._limits.cpu_ms * 1_000_000:
            raise self._late()
        if -number == _signal.SIGKILL and os.getpid() != 1:
            # The host knows whether the kernel did that for want of memory: it looks when a call's process ends so.
            os.kill(os.getpid(), _signal.SIGKILL)
        if -number in (_signal.SIGABRT, _signal.SIGSEGV) and _NO_MEMORY.search(_said()):
            raise MemoryError
        if -number == _signal.SIGKILL:
            raise Failure("crashed", "%s was killed: by itself, or by the kernel for want of memory." % self.name)
        name = endings.signal_name(-number)
        raise Failure("crashed", "%s was ended by signal %d%s." % (self.name, -number, name))

    def close(self):
        """Ends it, where it runs, and what is left of it."""
        self._bury()
        os.close(self._out)
        if os.getpid() == 1:  # of a warm process; a fresh one's slot does it
            _sweep()

    def _bury(self):
        if self._status is None:
            try:
                os.killpg(self.pid, _signal.SIGKILL)  # of one that has ended, the group still has its number
            except ProcessLookupError:
                pass  # it made itself another group
            ended, status, _ = os.wait4(self.pid, os.WNOHANG)
            if not ended:
                os.kill(self.pid, _signal.SIGKILL)
                _, status, _ = os.wait4(self.pid, 0)
            self._status = status

    def _enforce(self):
        left = self._limits.cpu_ms * 1_000_000 - self._used()
        if left <= 0:
            raise self._late()
        self._check = time.monotonic() + max(0.02, isolate.soonest(left))

    def _late(self):
        return Failure("timeout", endings.too_slow(self._limits.cpu_ms, "CPU time"))

    def _used(self):
        """Nanoseconds of CPU: our own, and those of all that it started."""
        used = _own_cpu() - self._before
        if self._status is None:
            used += _others_cpu() if isolate.namespaces else isolate.cpu_clock(self.pid)
        return used


def _start(path, vector, given, out):
    """Its pid. It leads a process group, and has three descriptors and nothing of ours."""
    actions = [(os.POSIX_SPAWN_DUP2, given, 0), (os.POSIX_SPAWN_DUP2, out, 1)]
    actions += [(os.POSIX_SPAWN_CLOSE, handle) for handle in (isolate.DATA, isolate.WORD, isolate.SYNC)]
    return os.posix_spawn(
        path, vector, os.environ, file_actions=actions, setpgroup=0, setsigmask=(), setsigdef=_RESTORED
    )


def _sweep():
    """Ends and buries all that the first process of a namespace has around it."""
    while True:
        try:
            os.kill(-1, _signal.SIGKILL)
        except ProcessLookupError:
            pass  # there is nobody but us, or the dead
        try:
            os.wait4(-1, 0)
        except ChildProcessError:
            return


def _own_cpu():
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return round(total * 1e9)


def _others_cpu():
    """Of the processes of this namespace but the first and ourselves, with what those had that they have buried. proc(5)."""
    ticks, ours = 0, (1, os.getpid())
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in ours:
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it has ended, or is none of ours
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def _said():
    """The end of what was written to standard error."""
    size = os.fstat(2).st_size
    start = max(0, size - _SAID)
    return os.pread(2, size - start, start).decode("utf-8", "replace")


def _bytes(word):
    try:
        data = word.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput("an argument holds a lone surrogate, which is no text") from None
    if b"\0" in data:
        raise InvalidInput("an argument holds the character NUL, which none can")
    return data


def _unstarted(name, error):
    if error.errno == errno.E2BIG:
        return InvalidInput("this is too long for a command line (128 KiB for one argument): give it as a file, or as input")
    if error.errno in (errno.EAGAIN, errno.EPERM):
        return Failure(
            "crashed", "%s could not be started: the call may have no more processes. Raise `subprocesses` in the limits." % name
        )
    return Failure("crashed", "%s could not be started: %s." % (name, error.strerror))
