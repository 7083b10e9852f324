"""The zygote's part in the life of its lines: slots for fresh calls, and warm processes."""

import os
import select
import time

from crank_runtime import answer, endings, frames, isolate, slot, warm

_REAP_GRACE = 0.1  # seconds that a warm process may take to end after it closed its channel


class Line:
    """A slot or a warm process, as its zygote knows it."""

    __slots__ = ("number", "pid", "limits", "sync", "output", "limit", "check", "late", "stopped")

    def __init__(self, number, pid, limits, sync):
        self.number = number
        self.pid = pid
        self.limits = limits
        self.sync = sync  # readable when it has something to say, or has ended
        self.output = None  # of a warm process: its stdout and stderr
        self.limit = 0  # of its CPU clock, while watched
        self.check = 0.0
        self.late = False
        self.stopped = False  # the host wanted its end


def spawn(zygote, number, body):
    """Starts a line on the channels that the host keeps for it."""
    limits = frames.Limits(body)
    nonce = bytes(body[frames.LIMITS.size :])
    if number in zygote.lines or not 0 < number <= len(zygote.channels):
        return  # the host asks for what cannot be: it will miss the answer
    channels = zygote.channels[number - 1]
    if not channels:
        return
    ours, theirs = isolate.pair()
    try:
        pid = isolate.clone()
    except OSError as problem:
        rest = answer.failure("isolation-unavailable", f"No process could be started: {problem.strerror}")
        zygote.send(frames.frame(frames.ENDED, number, frames.result(rest[0], 0, 0, 0, b"", b"", rest[1])))
        os.close(ours)
        os.close(theirs)
        _use_up(channels)
        return
    if pid == 0:
        if len(channels) == 1:
            warm.run(zygote, limits, channels[0], theirs)
        slot.run(zygote, limits, *channels, theirs, nonce)
    os.close(theirs)
    zygote.send(frames.frame(frames.STARTED, number, pid.to_bytes(4, "little")))
    _use_up(channels)
    zygote.lines[number] = zygote.readers[ours] = Line(number, pid, limits, ours)
    zygote.poll.register(ours, select.POLLIN)


def _use_up(channels):
    """A warm line's channel is not used again: its end tells the host that it has read everything."""
    if len(channels) == 1:
        os.close(channels.pop())


def _wait(pid):
    """Buries a process that closed its channel: whether it had to be killed for that, its status and usage."""
    until = time.monotonic() + _REAP_GRACE
    while time.monotonic() < until:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return False, status, usage
        time.sleep(0.001)
    os.kill(pid, endings.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return True, status, usage


def read(zygote, line):
    """Its only message: stdout and stderr of a warm process. Whatever comes next, or the end, is its end."""
    data, handles = isolate.receive_descriptors(line.sync, 2)
    if line.output is None and data == b"+" and len(handles) == 2:
        line.output = handles
        zygote.send(frames.frame(frames.SPAWNED, line.number))
        return
    running, status, usage = _wait(line.pid)
    seconds = usage.ru_utime + usage.ru_stime
    out = [os.pread(handle, frames.CAPTURE, 0) for handle in line.output or ()] or [b"", b""]
    if data:
        rest = answer.failure("isolation-unavailable", f"The process could not be isolated: {data!r}")
    elif line.late:
        rest = answer.failure("timeout", endings.too_slow(line.limits.cpu_ms, "CPU time"))
    elif running or line.stopped:
        rest = answer.failure("crashed", "The script's process was stopped, or closed its channels.")
    else:
        rest = endings.post_mortem(status, seconds, line.limits, True)
    zygote.send(
        frames.frame(
            frames.ENDED,
            line.number,
            frames.result(rest[0], round(seconds * 1e9), usage.ru_maxrss * 1024, 0, out[0], out[1], rest[1]),
        )
    )
    for handle in (*(line.output or ()), *handles):
        os.close(handle)
    zygote.poll.unregister(line.sync)
    del zygote.readers[line.sync]
    os.close(line.sync)
    del zygote.lines[line.number]
