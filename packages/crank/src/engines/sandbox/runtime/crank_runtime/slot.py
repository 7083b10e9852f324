"""A slot: namespaces, mounts and filters, made once, in which one fresh child after another runs one call each.

The slot forks the child before its call comes, says when and how it ended, and forks the next one; it never sees a
byte of a call. What a call could leave to the next one is undone or ends the slot: everything that runs is killed,
descriptors are opened anew, and a slot whose /tmp or workspace was touched, or whose channel was not read to its end,
is not used again. The children cannot reach it: it is pid 1 of their namespace and closed to being traced.
"""

import _signal  # the C part of `signal`, without its enums
import fcntl
import os
import select
import time

from crank_runtime import answer, endings, frames, fresh, isolate, spaces
from crank_runtime.channel import running
from crank_runtime.commandline import workfolder


def run(zygote, limits, data, word, sync, nonce, marks, wanted):
    """Never returns. ``sync``: its end tells the zygote of ours. ``marks``: of ``data`` before anybody had it.
    ``wanted``: workspaces that its calls see, or empty."""
    try:
        try:
            more = (lambda: spaces.mount(wanted)) if wanted else None
            isolate.enter(limits.tmp, zygote.program("line"), (data, word, sync), more=more)
            workfolder.link(zygote.loaded.data)
            isolate.hide()
            # The module may have set handlers: no call may run them here.
            _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
            program = None if limits.subprocesses else zygote.program("no-subprocess")
            made = Slot(zygote.loaded, zygote.base, limits, program, marks)
            _agree(isolate.DATA, nonce)
            _agree(isolate.WORD, nonce)
        except BaseException as problem:
            # Descriptor 5 may not be the zygote's yet: what is written to another is skipped there.
            os.write(isolate.SYNC, f"{type(problem).__name__}: {problem}".encode()[:1000])
            return
        made.serve()
    finally:
        os._exit(1)


def _agree(handle, nonce):
    """Skips what was meant for the slot before us, and says that we are here."""
    tail = b""
    while tail[-len(nonce) :] != nonce:
        tail = tail[-len(nonce) :] + (os.read(handle, 1 << 16) or os._exit(0))
    isolate.write_all(handle, nonce)


class Slot:
    def __init__(self, loaded, base, limits, program, marks):
        self.loaded = loaded
        self.base = base
        self.limits = limits
        self.program = program
        self.beyond = spaces.beyond()
        self.poll = select.poll()
        self.poll.register(isolate.WORD, select.POLLIN)
        self.marks = marks
        self.links = [f"{isolate.WORK}/{name}" for name, _ in loaded.data]
        self.untouched = self.state()
        # A change within the same tick of the file system's clock would not show.
        while time.clock_gettime_ns(5) <= max(self.untouched[3::4]):  # CLOCK_REALTIME_COARSE
            time.sleep(0.001)
        self.child = self.companion = 0
        running.parent = os.getpid()
        self.fate = None  # how its companion ended, where that was by itself
        self.late = False
        self.limit = 0  # of the child's CPU clock, while watched
        self.check = 0.0

    def serve(self):
        self.begin()
        while True:
            ended = self.await_end()
            last = not self.is_clean(ended)
            gone = self.describe(*ended)
            if last and os.waitstatus_to_exitcode(ended[0]) == fresh.ANSWERED:
                spaces.tell(self.say)
            if not last:
                self.begin()
            isolate.write_all(isolate.WORD, frames.frame(frames.GONE, 1 if last else 0, gone))
            if last:
                os._exit(0)

    def say(self, kind, body):
        isolate.write_all(isolate.WORD, frames.frame(kind, 0, body))

    def begin(self):
        """Makes the next child. It gets descriptors that no other call had."""
        fcntl.fcntl(isolate.DATA, fcntl.F_SETFL, 0)
        fcntl.fcntl(isolate.DATA, fcntl.F_SETOWN, 0)
        fcntl.fcntl(isolate.DATA, fcntl.F_SETSIG, 0)
        if isolate.marks(isolate.DATA) != self.marks:
            isolate.mark(isolate.DATA, self.marks)
        isolate.open_output()
        self.late, self.limit = False, 0
        isolate.reseed()
        self.companion, self.fate = self.loaded.accompany(self.limits, self.program), None
        self.child = os.fork()
        if self.child == 0:
            fresh.run(self.loaded, self.base, self.program, self.beyond)
        self.pidfd = os.pidfd_open(self.child)
        self.poll.register(self.pidfd, select.POLLIN)

    def await_end(self):
        """Waits for the child's end, kills what it left and returns its status and the usage of all of them."""
        while True:
            left = None
            if self.limit:
                left = max(1, (self.check - time.monotonic()) * 1000)
            for handle, _ in self.poll.poll(left):
                if handle == isolate.WORD:
                    self.obey()
                else:
                    return self.reap()  # before another order is read: it would be for the next child
            if self.limit and time.monotonic() >= self.check:
                self.enforce()

    def reap(self):
        self.poll.unregister(self.pidfd)
        os.close(self.pidfd)
        _, status, usage = os.wait4(self.child, 0)
        cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
        if self.companion:
            ended, fate, usage = os.wait4(self.companion, os.WNOHANG)
            if ended:  # by itself
                self.fate = fate
                cpu += usage.ru_utime + usage.ru_stime
                peak = max(peak, usage.ru_maxrss)
        # It may have had children; those of them that it left are ours now.
        if self.program is None or self.companion:
            # Without a namespace of their own, others than they would be hit.
            left = -1 if self.program is None or isolate.namespaces else self.companion
            while True:
                try:
                    os.kill(left, endings.SIGKILL)
                    _, _, usage = os.wait4(-1, 0)
                except (ProcessLookupError, ChildProcessError):
                    break
                cpu += usage.ru_utime + usage.ru_stime
                peak = max(peak, usage.ru_maxrss)
        return status, cpu, peak

    def obey(self):
        data = os.read(isolate.WORD, 1 << 12)
        if not data:
            os._exit(0)
        at = 0
        while at < len(data):  # short frames, each written at once: they come whole
            length, kind, _ = frames.HEADER.unpack_from(data, at)
            if kind == frames.KILL:
                os.kill(self.child, endings.SIGKILL)
            elif kind == frames.WATCH:
                left = int.from_bytes(data[at + frames.HEADER.size : at + 4 + length], "little")
                self.limit = self.clock() + left if left else 0
                self.check = time.monotonic() + isolate.soonest(left)
            at += 4 + length

    def enforce(self):
        left = self.limit - self.clock()
        if left <= 0:
            self.limit, self.late = 0, True
            os.kill(self.child, endings.SIGKILL)
        else:
            self.check = time.monotonic() + isolate.soonest(left)

    def clock(self):
        """CPU nanoseconds of the child and of the program that it works with."""
        return isolate.cpu_clock(self.child) + (isolate.cpu_clock(self.companion) if self.companion else 0)

    def is_clean(self, ended):
        """Whether nothing is left of the call that the next one could meet."""
        if os.waitstatus_to_exitcode(ended[0]) != fresh.ANSWERED or self.state() != self.untouched:
            return False
        # A signal that waits takes a place that timers of later calls would miss. SIGCHLD told us of the end.
        if _signal.sigpending() - {_signal.SIGCHLD}:
            return False
        reader = select.poll()
        reader.register(isolate.DATA, select.POLLIN)
        return not reader.poll(0)

    def state(self):
        """What shows that somebody was in the folders that a call may write to, or at the links in them."""
        state = []
        for path in (isolate.TMP, isolate.WORK, *self.links):
            try:
                about = os.lstat(path)
            except FileNotFoundError:
                return []  # as it never was
            state += about.st_ino, about.st_mode, about.st_mtime_ns, about.st_ctime_ns
        return state + spaces.state()

    def describe(self, status, cpu, peak):
        """The body of the GONE frame."""
        nanoseconds, peak = round(cpu * 1e9), peak * 1024
        if os.waitstatus_to_exitcode(status) == fresh.ANSWERED:
            return frames.result(frames.VALUE, nanoseconds, peak, 0, b"", b"", b"")
        out, lost = fresh.printed(1)
        err, more = fresh.printed(2)
        if self.late:
            rest = answer.failure("timeout", endings.too_slow(self.limits.cpu_ms, "CPU time"))
        else:
            fate = status if self.fate is None else self.fate
            told = None if self.fate is None else self.loaded.explain(fate, err)
            rest = answer.failure(*told) if told else endings.post_mortem(fate, cpu, self.limits)
        return frames.result(rest[0], nanoseconds, peak, lost + more, out, err, rest[1])
