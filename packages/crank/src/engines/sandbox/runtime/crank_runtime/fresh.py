"""The child of one `fresh` call: a copy of its slot that reads one call, answers it, and ends."""

import _signal
import gc
import os
import resource

from crank_runtime import answer, channel, frames, isolate
from crank_runtime.channel import running

ANSWERED = 77  # the exit status of a child that has said all it had to say


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


def used():
    """CPU nanoseconds and peak resident bytes of this process so far.

    By getrusage: where a CPU limit is set, the process clock moves only with the kernel's ticks.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9), usage.ru_maxrss * 1024


def run(loaded, base, program, beyond):
    """Never returns. The slot calls it in the process that fork() just made; the call may come much later. ``beyond``: the
    first descriptor that is not the slot's own."""
    number = 0
    try:
        try:
            os.closerange(isolate.WORD, beyond)
            _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
            isolate.settle(program)
            gc.enable()
            number, body = _receive()
            request = answer.Request(body)
            # The input is not the script's doing: it does not count as its memory.
            isolate.confine(request.limits, base + 2 * len(body), loaded.by_data)
            del body
        except BaseException as problem:  # fail closed: no user code runs half isolated
            detail = f"The call could not be isolated: {type(problem).__name__}: {problem}"
            _end(number, *answer.failure("isolation-unavailable", detail))
            os._exit(ANSWERED)
        running.number, running.limits = number, request.limits
        window = Window(_acknowledged)

        def sink(kind, data):
            window.admit(len(data))
            channel.opened().send(kind, data)

        kind, rest = answer.perform(loaded, request, sink)
        answer.flush()
        if running.channel is not None:
            channel.end()
        _end(number, kind, rest, loaded.used())
        os._exit(ANSWERED)
    finally:
        os._exit(1)


def _receive():
    """Number and body of the CALL frame that this process was made for. Ends it when the host needs it no more."""
    data = os.read(isolate.DATA, 1 << 16)
    while len(data) < frames.HEADER.size:
        more = os.read(isolate.DATA, 1 << 16)
        data = data + more if more and data else os._exit(0)
    length, _, number = frames.HEADER.unpack_from(data)
    length += 4
    if len(data) < length:
        whole = bytearray(length)
        whole[: len(data)] = data
        at = len(data)
        while at < length:
            count = os.readv(isolate.DATA, (memoryview(whole)[at:],))
            at = at + count if count else os._exit(0)
        data = whole
    return number, memoryview(data)[frames.HEADER.size :]


def _acknowledged():
    return channel.opened().acknowledged()


def _end(number, kind, rest, beside=(0, 0)):
    """``beside``: what the program used that this process works with."""
    out, lost = printed(1)
    err, more = printed(2)
    cpu, peak = used()
    cpu, peak = cpu + beside[0], max(peak, beside[1])
    isolate.write_all(
        isolate.DATA, frames.frame(frames.END, number, frames.result(kind, cpu, peak, lost + more, out, err, rest))
    )


def printed(handle):
    """What was written to stdout or stderr, and how many bytes of it were cut."""
    size = os.fstat(handle).st_size
    if size == 0:
        return b"", 0
    data = os.pread(handle, frames.CAPTURE, 0)
    return data, size - len(data)
