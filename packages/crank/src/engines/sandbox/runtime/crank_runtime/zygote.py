"""The zygote: imports the service once, then makes one isolated child per call and relays what it says to the host.

Nothing here trusts a child: its frames are bounded and type-checked, its CPU time comes from the kernel, and it is
killed, with everything in its pid namespace, as soon as it has answered. The host in turn trusts nothing that comes
from here, because the service's module ran in this process when it was imported.
"""

import errno
import gc
import json
import os
import select
import sys
import time

from crank_runtime import answer, errors, frames, fresh, isolate, relay, service, warm

HOST = 3
SIGKILL = 9
CPUS = os.cpu_count() or 1
_REAP_GRACE = 0.1  # seconds that a child may take to end after it closed its channel
_INBOX = 1 << 18
_NO_FRAME = "it wrote to the result channel what is no frame"


def cpu_clock(pid):
    """Nanoseconds of CPU that a process (all its threads) has used: the kernel's clock, which nobody can forge."""
    return time.clock_gettime_ns((~pid << 3) | 2)


class Child:
    """A fresh child and what has come from it so far."""

    __slots__ = (
        "number", "pid", "channel", "output", "captured", "cut", "limits", "deadline", "check", "buffer", "sizes",
        "ends", "over",
    )  # fmt: skip

    def __init__(self, number, pid, channel, output, limits, now):
        self.number = number
        self.pid = pid
        self.channel = channel
        self.output = output
        self.captured = (relay.Kept(), relay.Kept())
        self.cut = 0
        self.limits = limits
        self.deadline = now + limits.wall_ms / 1000
        self.check = now + limits.cpu_ms / 1000 / CPUS
        self.buffer = relay.Kept()  # of a frame that has not all arrived
        self.sizes = []
        self.over = False  # answered; what else it says is not read
        self.ends = 0.0  # when not 0: the channel is closed, and the process must have ended by then


class Warm:
    """A warm child. It answers the host by itself; we watch, kill and bury it."""

    __slots__ = ("number", "pid", "sync", "output", "limit", "check", "limits", "late")

    def __init__(self, number, pid, sync, limits):
        self.number = number
        self.pid = pid
        self.sync = sync
        self.output = None
        self.limit = 0  # of its CPU clock, while watched
        self.check = 0.0
        self.limits = limits
        self.late = False


class Zygote:
    def __init__(self, loaded, filters, channels):
        self.loaded = loaded
        self.filters = filters
        self.channels = channels
        self.base = isolate.address_space()
        self.inbox = bytearray(_INBOX)
        self.filled = 0
        self.outbox = relay.Outbox(HOST)
        # What was read last, from a channel and of stdout or stderr; wiped as soon as it is dealt with.
        self.scrap = bytearray(_INBOX)
        self.printed = bytearray(1 << 16)
        self.children = {}  # by number
        self.warm = {}  # by number of the channel
        self.dying = []  # pids to reap
        self.readers = {}  # by descriptor: the child that it is of
        self.poll = select.epoll()
        self.poll.register(HOST, select.EPOLLIN)

    # --- the loop

    def run(self):
        while True:
            for handle, _ in self.poll.poll(self.timeout()):
                if handle == HOST:
                    self.read_host()
                    continue
                child = self.readers.get(handle)
                if child is not None:  # else it was closed by an earlier turn of this round
                    self.read(child, handle)
            if self.outbox.pending and self.outbox.drain():
                self.poll.modify(HOST, select.EPOLLIN)
            self.enforce()
            if self.dying:
                self.reap()

    # No comprehensions, lambdas or generators on the way of a call: each makes objects, and each page that is written
    # to after a fork is copied first.

    def timeout(self):
        """Seconds until something must be looked at; -1: only when something comes in."""
        if not self.children and not self.warm and not self.dying:
            return -1
        now = time.monotonic()
        at = now + (0.02 if self.dying else 3600)
        for child in self.children.values():
            at = min(at, child.deadline, child.check)
        for child in self.warm.values():
            if child.limit:
                at = min(at, child.check)
        return max(0.001, at - now)

    def read(self, child, handle):
        if isinstance(child, Warm):
            self.read_warm(child)
        elif handle == child.channel:
            self.read_child(child)
        else:
            self.capture(child, 0 if handle == child.output[0] else 1)

    def reap(self):
        alive = []
        for pid in self.dying:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                alive.append(pid)
        self.dying = alive

    def enforce(self):
        if not self.children and not self.warm:
            return
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.ends:
                self.bury(child, now)
            elif now >= child.deadline:
                self.finish(child, *answer.failure("timeout", _too_slow(child.limits.wall_ms, "time")))
            elif now >= child.check:
                left = child.limits.cpu_ms / 1000 - cpu_clock(child.pid) / 1e9
                if left <= 0:
                    self.finish(child, *answer.failure("timeout", _too_slow(child.limits.cpu_ms, "CPU time")))
                else:
                    child.check = now + max(0.001, left / CPUS)
        for child in self.warm.values():
            if child.limit and now >= child.check:
                left = child.limit - cpu_clock(child.pid)
                if left <= 0:
                    child.limit, child.late = 0, True
                    os.kill(child.pid, SIGKILL)
                else:
                    child.check = now + max(0.001, left / 1e9 / CPUS)

    # --- the host

    def read_host(self):
        try:
            count = os.readv(HOST, [memoryview(self.inbox)[self.filled :]])
        except BlockingIOError:
            return
        if count == 0:
            os._exit(0)
        self.filled += count
        at = 0
        view = memoryview(self.inbox)
        while self.filled - at >= frames.HEADER.size:
            length, kind, number = frames.HEADER.unpack_from(view, at)
            if self.filled - at < 4 + length:
                break
            self.take(kind, number, view[at + frames.HEADER.size : at + 4 + length])
            at += 4 + length
        rest = self.filled - at
        needed = 4 + int.from_bytes(view[at : at + 4], "little") if rest >= 4 else 0
        if needed > len(self.inbox):
            larger = bytearray(needed + 4096)
            larger[:rest] = view[at : self.filled]
            self.inbox = larger
        elif at:
            view[:rest] = bytes(view[at : self.filled])
            view[rest : self.filled] = bytes(self.filled - rest)
        self.filled = rest
        if rest == 0 and len(self.inbox) > _INBOX:
            self.inbox = bytearray(_INBOX)

    def take(self, kind, number, body):
        if kind == frames.CALL:
            self.start(number, body)
        elif kind == frames.ACK:
            child = self.children.get(number)
            if child is not None and child.sizes:
                self.acknowledge(child)
        elif kind == frames.CANCEL:
            child = self.children.get(number)
            if child is not None:
                self.finish(child, *answer.failure("cancelled", "The call was cancelled."))
        elif kind == frames.SPAWN:
            self.spawn(number, frames.Limits(body))
        elif kind in (frames.KILL, frames.WATCH) and number in self.warm:
            child = self.warm[number]
            if kind == frames.KILL:
                os.kill(child.pid, SIGKILL)
            else:
                left = int.from_bytes(body, "little")
                child.limit = cpu_clock(child.pid) + left if left else 0
                child.check = time.monotonic() + left / 1e9 / CPUS

    def send(self, *parts):
        waiting = self.outbox.pending
        if not self.outbox.send(*parts) and len(waiting) == 1:
            self.poll.modify(HOST, select.EPOLLIN | select.EPOLLOUT)

    # --- fresh children

    def start(self, number, body):
        limits = frames.Limits(body)
        # A large input lies in our address space: the child's memory limit counts from above it.
        base = self.base if len(self.inbox) == _INBOX else isolate.address_space()
        ours, theirs = isolate.pair()
        out, out_end = os.pipe2(os.O_NONBLOCK)
        err, err_end = os.pipe2(os.O_NONBLOCK)
        os.set_blocking(out_end, True)
        os.set_blocking(err_end, True)
        try:
            pid = isolate.clone()
        except OSError as problem:
            for handle in (ours, theirs, out, out_end, err, err_end):
                os.close(handle)
            rest = answer.failure("isolation-unavailable", f"No process could be started: {problem.strerror}")
            self.send(frames.frame(frames.END, number, frames.result(rest[0], 0, 0, 0, b"", b"", rest[1])))
            return
        if pid == 0:
            fresh.run(self, limits, body, base, theirs, (out_end, err_end))
        for handle in (theirs, out_end, err_end):
            os.close(handle)
        os.set_blocking(ours, False)
        child = Child(number, pid, ours, (out, err), limits, time.monotonic())
        self.children[number] = child
        for handle in (ours, out, err):
            self.readers[handle] = child
            self.poll.register(handle, select.EPOLLIN)

    def program(self, limits):
        return self.filters[1 if limits.subprocesses else 0]

    def forget(self):
        """In a child: nothing of other calls stays in its memory."""
        relay.wipe(self.inbox, self.filled)
        self.outbox.wipe()
        for child in self.children.values():
            for kept in (child.buffer, *child.captured):
                kept.wipe()
        self.children = self.warm = self.readers = None

    def capture(self, child, which):
        """Takes what the child printed."""
        handle = child.output[which]
        kept = child.captured[which]
        while True:
            try:
                count = os.readv(handle, (self.printed,))
            except BlockingIOError:
                return
            if count == 0:
                self.silence(handle)
                return
            room = min(count, frames.CAPTURE - kept.length)
            if room:
                kept.add(memoryview(self.printed)[:room])
            child.cut += count - room
            relay.wipe(self.printed, count)

    def silence(self, handle):
        if self.readers.pop(handle, None) is not None:
            self.poll.unregister(handle)

    def read_child(self, child):
        """Takes one read's worth of frames from a child."""
        try:
            count = os.readv(child.channel, (self.scrap,))
        except BlockingIOError:
            return
        if count == 0:
            self.silence(child.channel)
            now = time.monotonic()
            child.ends = now + _REAP_GRACE
            self.bury(child, now)
            return
        partial = child.buffer
        data = memoryview(self.scrap)[:count]
        if partial.length:
            partial.add(data)
            used = self.read_frames(child, partial.view())
            if not child.over:
                partial.drop(used)
        else:
            used = self.read_frames(child, data)
            if used < count and not child.over:
                partial.add(memoryview(self.scrap)[used:count])
        relay.wipe(self.scrap, count)

    def read_frames(self, child, data):
        """Deals with the whole frames in the data and returns how long they are."""
        at = 0
        most = max(child.limits.output, frames.CHUNK_BYTES, frames.FAILURE_BYTES) + 64
        with data:
            while not child.over and len(data) - at >= frames.HEADER.size:
                length, kind, _ = frames.HEADER.unpack_from(data, at)
                if length < 5 or length > most:
                    self.fail(child, _NO_FRAME)
                    break
                if len(data) - at < 4 + length:
                    break
                with data[at + frames.HEADER.size : at + 4 + length] as body:
                    self.take_frame(child, kind, body)
                at += 4 + length
        return at

    def take_frame(self, child, kind, body):
        if kind == frames.DONE and len(body) >= frames.DONE_HEAD.size and body[0] <= frames.FAILED:
            outcome, cpu, peak = frames.DONE_HEAD.unpack_from(body)
            with body[frames.DONE_HEAD.size :] as rest:
                self.finish(child, outcome, rest, cpu, peak)
        elif kind not in (frames.ITEM, frames.CHUNK) or not self.pass_on(child, kind, body):
            self.fail(child, _NO_FRAME)

    def pass_on(self, child, kind, body):
        sizes = child.sizes
        if sizes and (len(sizes) >= frames.WINDOW_FRAMES or sum(sizes) + len(body) > frames.WINDOW_BYTES):
            return False
        sizes.append(len(body))
        self.send(frames.HEADER.pack(5 + len(body), kind, child.number), body)
        return True

    def acknowledge(self, child):
        child.sizes.pop(0)
        try:
            os.write(child.channel, b"\1")
        except BlockingIOError:
            self.fail(child, "it does not read its channel")
        except OSError as problem:
            if problem.errno not in (errno.EPIPE, errno.ECONNRESET):  # it ended: reading will tell how
                raise

    def fail(self, child, why):
        self.finish(child, *answer.failure("crashed", f"The script's process was stopped: {why}."))

    def bury(self, child, now):
        """The child closed its channel without an answer: says how it ended, once it has."""
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            self.finish(child, *_post_mortem(status, usage, child.limits), usage=usage)
        elif now >= child.ends:
            self.fail(child, "it closed its result channel")
        else:
            child.check = now + 0.002

    def finish(self, child, kind, rest, cpu=0, peak=0, usage=None):
        """Ends the child and everything it started, and answers the host. ``cpu`` and ``peak``: what it said of itself."""
        if usage is None:
            # Ours may be a tick of the kernel behind, and its own may be a lie.
            cpu = max(cpu, cpu_clock(child.pid))
            os.kill(child.pid, SIGKILL)  # pid 1 of its namespace: the kernel kills all others
            if peak == 0 or child.limits.subprocesses:
                # Only the wait counts the children of the child.
                _, _, usage = os.wait4(child.pid, 0)
            else:
                self.dying.append(child.pid)
        if usage is not None:
            cpu = round((usage.ru_utime + usage.ru_stime) * 1e9)
            peak = max(peak, usage.ru_maxrss * 1024)
        for which, handle in enumerate(child.output):
            self.capture(child, which)
            self.silence(handle)
            os.close(handle)
        self.silence(child.channel)
        os.close(child.channel)
        del self.children[child.number]
        child.over = True
        out, err = child.captured[0].view(), child.captured[1].view()
        head = frames.RESULT_HEAD.pack(kind, cpu, peak, child.cut, len(out), len(err))
        length = 5 + len(head) + len(out) + len(err) + len(rest)
        self.send(frames.HEADER.pack(length, frames.END, child.number), head, out, err, rest)
        for kept in (child.buffer, *child.captured):
            kept.wipe()

    # --- warm children

    def spawn(self, number, limits):
        channel = self.channels.pop(number, None)
        if channel is None:
            return
        ours, theirs = isolate.pair()
        try:
            pid = isolate.clone()
        except OSError as problem:
            rest = answer.failure("isolation-unavailable", f"No process could be started: {problem.strerror}")
            self.send(frames.frame(frames.ENDED, number, frames.result(rest[0], 0, 0, 0, b"", b"", rest[1])))
            for handle in (channel, ours, theirs):
                os.close(handle)
            return
        if pid == 0:
            warm.run(self, limits, channel, theirs)
        os.close(theirs)
        os.close(channel)
        child = Warm(number, pid, ours, limits)
        self.warm[number] = child
        self.readers[ours] = child
        self.poll.register(ours, select.EPOLLIN)

    def wait(self, pid):
        """Buries a process that closed its channel: whether it had to be killed for that, its status and usage."""
        until = time.monotonic() + _REAP_GRACE
        while time.monotonic() < until:
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                return False, status, usage
            time.sleep(0.001)
        os.kill(pid, SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        return True, status, usage

    def read_warm(self, child):
        """The child's only message: its stdout and stderr. Whatever comes next, or the end, is its end."""
        data, handles = isolate.receive_descriptors(child.sync, 2)
        if child.output is None and data == b"+" and len(handles) == 2:
            child.output = handles
            self.send(frames.frame(frames.SPAWNED, child.number))
            return
        running, status, usage = self.wait(child.pid)
        out = [os.pread(handle, frames.CAPTURE, 0) for handle in child.output or ()] or [b"", b""]
        if child.output is None:
            rest = answer.failure("isolation-unavailable", f"The process could not be isolated: {data!r}")
        elif child.late:
            rest = answer.failure("timeout", _too_slow(child.limits.cpu_ms, "CPU time"))
        elif running:
            rest = answer.failure("crashed", "The script's process was stopped: it closed its channels.")
        else:
            rest = _post_mortem(status, usage, child.limits)
        cpu = round((usage.ru_utime + usage.ru_stime) * 1e9)
        self.send(
            frames.frame(
                frames.ENDED,
                child.number,
                frames.result(rest[0], cpu, usage.ru_maxrss * 1024, 0, out[0], out[1], rest[1]),
            )
        )
        for handle in (*(child.output or ()), *handles):
            os.close(handle)
        self.silence(child.sync)
        os.close(child.sync)
        del self.warm[child.number]


_SIGNALS = {4: " (illegal instruction)", 6: " (abort)", 7: " (bus error)", 8: " (arithmetic)", 11: " (segmentation fault)"}


def _too_slow(milliseconds, what):
    return f"The call was stopped: it had used the {milliseconds} ms of {what} that it may take."


def _post_mortem(status, usage, limits):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == SIGKILL:
            if usage.ru_utime + usage.ru_stime >= limits.cpu_ms / 1000:
                return answer.failure("timeout", _too_slow(limits.cpu_ms, "CPU time"))
            # Inside its own pid namespace nobody can kill pid 1: it was the kernel.
            return answer.failure("out-of-memory", "The kernel ended the script: the machine was out of memory.")
        return answer.failure("crashed", f"The script's process was ended by signal {number}{_SIGNALS.get(number, '')}.")
    code = os.waitstatus_to_exitcode(status)
    return answer.failure("crashed", f"The script's process ended with exit status {code} before it answered.")


def main(options):
    """``options``: code, entry, libs (folders), channels (descriptors), memory (bytes), filters (two files)."""
    isolate.harden_zygote(options["memory"])
    filters = [isolate.load_filter(path) for path in options["filters"]]
    try:
        loaded = service.Service.load(options["code"], options["entry"])
    except errors.LoadError as problem:
        _refuse(str(problem), problem.findings)
        return
    answer.flush()
    os.set_blocking(HOST, False)
    zygote = Zygote(loaded, filters, {index + 1: handle for index, handle in enumerate(options["channels"])})
    # Children are copies made page by page when written to: the collector must not touch what was there before.
    gc.collect()
    gc.freeze()
    gc.disable()
    threads = len(os.listdir("/proc/self/task"))
    about = {"python": sys.version.split()[0], "threads": threads}
    zygote.send(frames.frame(frames.READY, 0, json.dumps(about).encode()))
    zygote.run()


def _refuse(message, findings):
    body = json.dumps({"message": message[:4000], "findings": findings[:100]}).encode()
    fresh.write_all(HOST, frames.frame(frames.LOAD_FAILED, 0, body))
