"""The child of one `fresh` call: isolates itself, answers to its zygote, ends."""

import gc
import os
import resource

from crank_runtime import answer, frames, isolate


class Window:
    """Keeps frames that were sent and not yet acknowledged within bounds (see frames.py)."""

    __slots__ = ("sizes", "total", "wait")

    def __init__(self, wait):
        self.sizes = []
        self.total = 0
        self.wait = wait

    def admit(self, size):
        """Blocks until a frame of that size may be sent. ``wait()`` blocks and returns how many were acknowledged."""
        while self.sizes and (len(self.sizes) >= frames.WINDOW_FRAMES or self.total + size > frames.WINDOW_BYTES):
            for _ in range(self.wait()):
                self.total -= self.sizes.pop(0)
        self.sizes.append(size)
        self.total += size


def write_all(handle, data):
    """Writes everything to a blocking descriptor."""
    sent = os.write(handle, data)
    if sent < len(data):
        rest = memoryview(data)
        while sent < len(rest):
            sent += os.write(handle, rest[sent:])


def used():
    """CPU nanoseconds and peak resident bytes of this process so far.

    By getrusage: where a CPU limit is set, the process clock moves only with the kernel's ticks.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9), usage.ru_maxrss * 1024


def run(zygote, profile, channel, output):
    """Never returns. The zygote calls it in the process that clone() just made; the call may come much later."""
    try:
        try:
            isolate.enter(profile.tmp, zygote.program(profile), channel, output)
            loaded, base = zygote.loaded, zygote.base
            zygote.forget()
            gc.enable()
            body = _receive()
            before, _ = used()
            request = answer.Request(body)
            # The input is not the script's doing: it does not count as its memory.
            isolate.confine(request.limits, base + 2 * len(body))
        except BaseException as problem:  # fail closed: no user code runs half isolated
            detail = f"The call could not be isolated: {type(problem).__name__}: {problem}"
            _done(0, *answer.failure("isolation-unavailable", detail))
            return
        window = Window(lambda: len(os.read(isolate.CHANNEL, frames.WINDOW_FRAMES)) or os._exit(0))

        def sink(kind, data):
            window.admit(len(data))
            write_all(isolate.CHANNEL, frames.frame(kind, 0, data))

        kind, rest = answer.perform(loaded, request, sink)
        answer.flush()
        _done(before, kind, rest)
    finally:
        os._exit(0)


def _receive():
    """The body of the CALL frame that this process was made for. Ends it when the zygote needs it no more."""
    data = os.read(isolate.CHANNEL, 1 << 16)
    while len(data) < frames.HEADER.size:
        more = os.read(isolate.CHANNEL, 1 << 16)
        data = data + more if more and data else os._exit(0)
    length = 4 + frames.HEADER.unpack_from(data)[0]
    if len(data) < length:
        whole = bytearray(length)
        whole[: len(data)] = data
        at = len(data)
        while at < length:
            count = os.readv(isolate.CHANNEL, (memoryview(whole)[at:],))
            at = at + count if count else os._exit(0)
        data = whole
    return memoryview(data)[frames.HEADER.size :]


def _done(before, kind, rest):
    cpu, peak = used()
    head = frames.DONE_HEAD.pack(kind, cpu, before, peak)
    write_all(isolate.CHANNEL, frames.frame(frames.DONE, 0, head + rest))
