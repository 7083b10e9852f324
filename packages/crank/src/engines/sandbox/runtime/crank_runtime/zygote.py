"""The zygote: imports the service once, then starts lines, which have the module ready, and buries them.

Calls do not come by here: host and lines speak with each other. The host trusts nothing that comes from here, because
the service's module ran in this process when it was imported.
"""

import os
import select
import time

from crank_runtime import endings, frames, isolate, lines

HOST = 3


def await_host():
    """Blocks until the host says LOAD: it has put this process where it is bounded as a whole."""
    header = b""
    while len(header) < frames.HEADER.size:
        header += os.read(HOST, frames.HEADER.size - len(header)) or os._exit(0)
    if frames.HEADER.unpack(header)[1] != frames.LOAD:
        os._exit(1)


class Zygote:
    def __init__(self, loaded, filters, channels):
        self.loaded = loaded
        self.filters = filters
        self.channels = channels  # for each line: (data, word), or (data,) for a warm one
        self.marks = [isolate.marks(data) for data, *_ in channels]
        self.base = isolate.address_space()
        self.inbox = bytearray()
        self.lines = {}  # by number
        self.readers = {}  # the same by the descriptor that tells of their end
        self.poll = select.poll()
        self.poll.register(HOST, select.POLLIN)

    def run(self):
        while True:
            for handle, _ in self.poll.poll(self.timeout()):
                if handle == HOST:
                    self.read_host()
                else:
                    lines.read(self, self.readers[handle])
            self.enforce()

    def timeout(self):
        """Milliseconds until a watched line must be looked at; None: only when something comes in."""
        at = None
        for line in self.lines.values():
            if line.limit and (at is None or line.check < at):
                at = line.check
        return None if at is None else max(1, (at - time.monotonic()) * 1000)

    def enforce(self):
        now = time.monotonic()
        for line in self.lines.values():
            if line.limit and now >= line.check:
                left = line.limit - isolate.cpu_clock(line.pid)
                if left <= 0:
                    line.limit, line.late = 0, True
                    os.kill(line.pid, endings.SIGKILL)
                else:
                    line.check = now + isolate.soonest(left)

    def read_host(self):
        data = os.read(HOST, 1 << 16)
        if not data:
            os._exit(0)
        self.inbox += data
        at = 0
        while len(self.inbox) - at >= frames.HEADER.size:
            length, kind, number = frames.HEADER.unpack_from(self.inbox, at)
            if len(self.inbox) - at < 4 + length:
                break
            self.take(kind, number, self.inbox[at + frames.HEADER.size : at + 4 + length])
            at += 4 + length
        del self.inbox[:at]

    def take(self, kind, number, body):
        if kind == frames.SPAWN:
            lines.spawn(self, number, body)
            return
        line = self.lines.get(number)
        if line is None:
            return  # it ended while the frame was on its way
        if kind == frames.KILL:
            line.stopped = True
            os.kill(line.pid, endings.SIGKILL)  # pid 1 of its namespace: the kernel kills all others in it
        elif kind == frames.WATCH:
            left = int.from_bytes(body, "little")
            line.limit = isolate.cpu_clock(line.pid) + left if left else 0
            line.check = time.monotonic() + isolate.soonest(left)

    def send(self, data):
        isolate.write_all(HOST, data)

    def program(self, name):
        return self.filters[name]
