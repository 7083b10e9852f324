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


def run(zygote, limits, body, base, channel, output):
    """Never returns. The zygote calls it in the process that clone() just made, with the body of the CALL frame."""
    try:
        try:
            isolate.enter(limits, base, zygote.program(limits), channel, output)
            request = answer.Request(body)  # copied here, so that nothing of it stays with the zygote
            loaded = zygote.loaded
            zygote.forget()
        except BaseException as problem:  # fail closed: no user code runs half isolated
            detail = f"The call could not be isolated: {type(problem).__name__}: {problem}"
            _done(isolate.CHANNEL, *answer.failure("isolation-unavailable", detail))
            return
        gc.enable()
        window = Window(lambda: len(os.read(isolate.CHANNEL, frames.WINDOW_FRAMES)) or os._exit(0))

        def sink(kind, data):
            window.admit(len(data))
            write_all(isolate.CHANNEL, frames.frame(kind, 0, data))

        kind, rest = answer.perform(loaded, request, sink)
        answer.flush()
        _done(isolate.CHANNEL, kind, rest)
    finally:
        os._exit(0)


def _done(handle, kind, rest):
    write_all(handle, frames.frame(frames.DONE, 0, frames.DONE_HEAD.pack(kind, *used()) + rest))
