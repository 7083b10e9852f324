"""The zygote's part in the life of its lines: slots for fresh calls, and warm processes."""

import errno
import os
import select
import time

from crank_runtime import answer, endings, frames, fresh, isolate, slot, warm

_REAP_GRACE = 0.1  # seconds that a warm process may take to end after it closed its channel


class Line:
    """A slot or a warm process, as its zygote knows it."""

    __slots__ = ("number", "pid", "limits", "sync", "output", "ready", "limit", "check", "late", "stopped")

    def __init__(self, number, pid, limits, sync, output):
        self.number = number
        self.pid = pid
        self.limits = limits
        self.sync = sync  # readable when it has something to say, or has ended
        self.output = output  # of a warm process: its stdout and stderr
        self.ready = False
        self.limit = 0  # of its CPU clock, while watched
        self.check = 0.0
        self.late = False
        self.stopped = False  # the host wanted its end


def spawn(zygote, number, body):
    """Starts a line on the channels that the host keeps for it."""
    limits = frames.Limits(*frames.LIMITS.unpack_from(body))
    nonce = bytes(body[frames.LIMITS.size : frames.LIMITS.size + frames.NONCE])
    wanted = bytes(body[frames.LIMITS.size + frames.NONCE :])
    if number in zygote.lines or not 0 < number <= len(zygote.channels):
        return  # the host asks for what cannot be: it will miss the answer
    channels = zygote.channels[number - 1]
    if not channels:
        return
    ours, theirs = isolate.pair()
    # A warm process's last words are for us to read. It is not handed them over a socket: how many descriptors are under
    # way is counted for all sandboxes together.
    output = [] if len(channels) == 2 else [isolate.unnamed_file() for _ in range(2)]
    try:
        pid = isolate.clone()
    except OSError as problem:
        hint = " What the module started when it was imported may have taken them." if problem.errno == errno.EAGAIN else ""
        rest = answer.failure("isolation-unavailable", f"No process could be started: {problem.strerror}.{hint}")
        zygote.send(frames.frame(frames.ENDED, number, frames.result(rest[0], 0, 0, 0, b"", b"", rest[1])))
        for handle in (ours, theirs, *output):
            os.close(handle)
        _use_up(channels)
        return
    if pid == 0:
        if len(channels) == 1:
            warm.run(zygote, limits, channels[0], theirs, output)
        slot.run(zygote, limits, *channels, theirs, nonce, zygote.marks[number - 1], wanted)
    os.close(theirs)
    zygote.send(frames.frame(frames.STARTED, number, pid.to_bytes(4, "little")))
    _use_up(channels)
    zygote.lines[number] = zygote.readers[ours] = Line(number, pid, limits, ours, output)
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
    return os.WIFSIGNALED(status), status, usage  # it may have been ending all the while: a full /tmp goes with it


def read(zygote, line):
    """Its only message: that a warm process is ready. Whatever comes next, or the end, is its end."""
    data = os.read(line.sync, 1024)
    if line.output and not line.ready and data == b"+":
        line.ready = True
        zygote.send(frames.frame(frames.SPAWNED, line.number))
        return
    running, status, usage = _wait(line.pid)
    seconds = usage.ru_utime + usage.ru_stime
    out = [os.pread(handle, frames.CAPTURE, 0) for handle in line.output] or [b"", b""]
    if data:
        rest = answer.failure("isolation-unavailable", f"The process could not be isolated: {data!r}")
    elif line.late:
        rest = answer.failure("timeout", endings.too_slow(line.limits.cpu_ms, "CPU time"))
    elif line.output and os.waitstatus_to_exitcode(status) == fresh.ANSWERED:
        rest = frames.VALUE, b""
    elif running or line.stopped:
        rest = answer.failure("crashed", "The script's process was stopped, or closed its channels.")
    else:
        rest = endings.post_mortem(status, seconds, line.limits, isolate.namespaces)
    zygote.send(
        frames.frame(
            frames.ENDED,
            line.number,
            frames.result(rest[0], round(seconds * 1e9), usage.ru_maxrss * 1024, 0, out[0], out[1], rest[1]),
        )
    )
    if not isolate.namespaces:
        os._exit(0)  # a line ends where a call left traces: whoever comes next gets another container
    for handle in line.output:
        os.close(handle)
    zygote.poll.unregister(line.sync)
    del zygote.readers[line.sync]
    os.close(line.sync)
    del zygote.lines[line.number]
