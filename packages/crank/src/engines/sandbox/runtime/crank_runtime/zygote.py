"""The zygote: imports the service once, then makes one isolated child per call and relays what it says to the host.

Nothing here trusts a child: its frames are bounded and type-checked, its CPU time comes from the kernel, and it is
killed, with everything in its pid namespace, as soon as it has answered. The host in turn trusts nothing that comes
from here, because the service's module ran in this process when it was imported.
"""

import os
import select
import time

from crank_runtime import answer, children, endings, frames, fresh, isolate, nursery, relay

HOST = 3
_INBOX = 1 << 18
_QUIET = 10.0  # seconds without a call after which one spare child is enough
_MOST_BEFORE = 5_000_000  # nanoseconds of CPU that isolating a child may claim to have taken
_NO_FRAME = "it wrote to the result channel what is no frame"


class Zygote:
    def __init__(self, loaded, filters, channels, profile, spares):
        self.loaded = loaded
        self.profile = profile  # the limits that most calls have
        self.wanted = spares
        self.spares = []  # children without a call
        self.hungry = spares > 0  # whether to make more of them
        self.quiet = time.monotonic()  # since when there was no call
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
            events = self.poll.poll(self.timeout())
            for handle, event in events:
                if handle == HOST:
                    self.read_host()
                    continue
                child = self.readers.get(handle)
                if child is not None:  # else it was closed by an earlier turn of this round
                    self.read(child, handle, event)
            if self.hungry and not events:
                self.replenish()
            if self.outbox.pending and self.outbox.drain():
                self.poll.modify(HOST, select.EPOLLIN)
            self.enforce()
            if self.dying:
                self.reap()

    # No comprehensions or lambdas on the way of a call: each page that is written to after a fork is copied first.

    def timeout(self):
        """Seconds until something must be looked at; -1: only when something comes in."""
        if self.hungry:
            return 0
        surplus = len(self.spares) > 1
        if not self.children and not self.warm and not self.dying and not surplus:
            return -1
        now = time.monotonic()
        at = now + (0.02 if self.dying else 3600)
        if surplus and not self.children:
            at = min(at, self.quiet + _QUIET)
        for child in self.children.values():
            at = min(at, child.deadline, child.check)
        for child in self.warm.values():
            if child.limit:
                at = min(at, child.check)
        return max(0.001, at - now)

    def read(self, child, handle, event):
        if isinstance(child, children.Warm):
            nursery.read(self, child)
        elif handle == child.channel:
            if event & select.EPOLLOUT:
                self.mail(child)
            if event & ~select.EPOLLOUT:
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
            self.thin_out()
            return
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.ends:
                self.bury(child, now)
            elif now >= child.deadline:
                self.finish(child, *answer.failure("timeout", endings.too_slow(child.limits.wall_ms, "time")))
            elif now >= child.check:
                left = child.limits.cpu_ms / 1000 - (children.cpu_clock(child.pid) - child.clock) / 1e9
                if left <= 0:
                    self.finish(child, *answer.failure("timeout", endings.too_slow(child.limits.cpu_ms, "CPU time")))
                else:
                    child.check = now + max(0.001, left / children.CPUS)
        for child in self.warm.values():
            if child.limit and now >= child.check:
                left = child.limit - children.cpu_clock(child.pid)
                if left <= 0:
                    child.limit, child.late = 0, True
                    os.kill(child.pid, endings.SIGKILL)
                else:
                    child.check = now + max(0.001, left / 1e9 / children.CPUS)

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
            nursery.spawn(self, number, frames.Limits(body))
        elif kind in (frames.KILL, frames.WATCH) and number in self.warm:
            child = self.warm[number]
            if kind == frames.KILL:
                os.kill(child.pid, endings.SIGKILL)
            else:
                left = int.from_bytes(body, "little")
                child.limit = children.cpu_clock(child.pid) + left if left else 0
                child.check = time.monotonic() + left / 1e9 / children.CPUS

    def send(self, *parts):
        waiting = self.outbox.pending
        if not self.outbox.send(*parts) and len(waiting) == 1:
            self.poll.modify(HOST, select.EPOLLIN | select.EPOLLOUT)

    # --- fresh children

    def start(self, number, body):
        """Gives a call to a child. Its body goes straight on, so that nothing of it stays here."""
        limits = frames.Limits(body)
        child = self.find(limits)
        if child is None:
            try:
                child = nursery.hatch(self, limits)
            except OSError as problem:
                rest = answer.failure("isolation-unavailable", f"No process could be started: {problem.strerror}")
                self.send(frames.frame(frames.END, number, frames.result(rest[0], 0, 0, 0, b"", b"", rest[1])))
                return
        child.assign(number, limits)
        self.children[number] = child
        self.mail(child, frames.HEADER.pack(5 + len(body), frames.CALL, number), body)

    def find(self, limits):
        """A spare child that fits."""
        self.hungry = self.wanted > 0
        profile = self.profile
        if limits.tmp == profile.tmp and bool(limits.subprocesses) == bool(profile.subprocesses) and self.spares:
            return self.spares.pop()
        return None

    def replenish(self):
        """Makes one spare child, when nothing else is to be done."""
        if len(self.spares) >= self.wanted:
            self.hungry = False
            return
        try:
            self.spares.append(nursery.hatch(self, self.profile))
        except OSError:
            self.hungry = False  # a call that finds none will say why

    def thin_out(self):
        """After a while without calls one spare child is enough."""
        if len(self.spares) > 1 and time.monotonic() >= self.quiet + _QUIET:
            self.discard(self.spares[-1])

    def discard(self, child):
        os.kill(child.pid, endings.SIGKILL)
        self.spares.remove(child)
        self.close(child)
        self.dying.append(child.pid)

    def close(self, child):
        for handle in (child.channel, *child.output):
            self.silence(handle)
            os.close(handle)

    def mail(self, child, *parts):
        """Sends to a child what it has to get, or what of that it did not take yet."""
        pending = child.mail.pending
        waited = bool(pending)
        try:
            if parts:
                child.mail.send(*parts)
            else:
                child.mail.drain()
        except (BrokenPipeError, ConnectionResetError):
            child.mail.wipe()
            pending.clear()  # it has ended: reading will tell how
        if bool(pending) != waited:
            self.poll.modify(child.channel, select.EPOLLIN | select.EPOLLOUT if pending else select.EPOLLIN)

    def program(self, limits):
        return self.filters[1 if limits.subprocesses else 0]

    def forget(self):
        """In a child: nothing of other calls stays in its memory."""
        relay.wipe(self.inbox, self.filled)
        self.outbox.wipe()
        for child in self.children.values():
            child.mail.wipe()
            for kept in (child.buffer, *child.captured):
                kept.wipe()

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
        if child.limits is None:  # a spare one that died or spoke up: not one to give a call to
            relay.wipe(self.scrap, count)
            self.hungry = False
            self.discard(child)
            return
        if count == 0:
            self.silence(child.channel)
            now = time.monotonic()
            child.ends = now + children.REAP_GRACE
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
            outcome, cpu, before, peak = frames.DONE_HEAD.unpack_from(body)
            with body[frames.DONE_HEAD.size :] as rest:
                self.finish(child, outcome, rest, cpu, before, peak)
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
        if len(child.mail.pending) > frames.WINDOW_FRAMES:
            self.fail(child, "it does not read its channel")
        else:
            self.mail(child, b"\1")

    def fail(self, child, why):
        self.finish(child, *answer.failure("crashed", f"The script's process was stopped: {why}."))

    def bury(self, child, now):
        """The child closed its channel without an answer: says how it ended, once it has."""
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            self.finish(child, *endings.post_mortem(status, usage, child.limits), usage=usage)
        elif now >= child.ends:
            self.fail(child, "it closed its result channel")
        else:
            child.check = now + 0.002

    def finish(self, child, kind, rest, cpu=0, before=0, peak=0, usage=None):
        """Ends the child and everything it started, and answers the host.

        ``cpu``, ``before`` (the call) and ``peak``: what it said of itself.
        """
        if usage is None:
            # Ours may be a tick of the kernel behind, and its own may be a lie.
            cpu = max(cpu, children.cpu_clock(child.pid))
            os.kill(child.pid, endings.SIGKILL)  # pid 1 of its namespace: the kernel kills all others
            if peak == 0 or child.limits.subprocesses:
                # Only the wait counts the children of the child.
                _, _, usage = os.wait4(child.pid, 0)
            else:
                self.dying.append(child.pid)
        if usage is not None:
            cpu = max(cpu, round((usage.ru_utime + usage.ru_stime) * 1e9))
            peak = max(peak, usage.ru_maxrss * 1024)
        # What it took to isolate the child is not the call's; a lie about that is worth little.
        cpu -= min(cpu, max(child.clock, min(before, _MOST_BEFORE)))
        self.capture(child, 0)
        self.capture(child, 1)
        self.close(child)
        del self.children[child.number]
        child.over = True
        out, err = child.captured[0].view(), child.captured[1].view()
        head = frames.RESULT_HEAD.pack(kind, cpu, peak, child.cut, len(out), len(err))
        length = 5 + len(head) + len(out) + len(err) + len(rest)
        self.send(frames.HEADER.pack(length, frames.END, child.number), head, out, err, rest)
        child.mail.wipe()
        for kept in (child.buffer, *child.captured):
            kept.wipe()
        self.quiet = time.monotonic()
