"""The zygote's part in the making of children, and in the life of the warm ones."""

import os
import select
import time

from crank_runtime import answer, children, endings, frames, fresh, isolate, warm


def hatch(zygote, profile):
    """A fresh child, isolated and without a call. ``profile``: the limits that cannot be set later. Raises OSError."""
    ours, theirs = isolate.pair()
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    try:
        pid = isolate.clone()
    except OSError:
        for handle in (ours, theirs, out, out_end, err, err_end):
            os.close(handle)
        raise
    if pid == 0:
        fresh.run(zygote, profile, theirs, (out_end, err_end))
    for handle in (theirs, out_end, err_end):
        os.close(handle)
    child = children.Child(pid, ours, (out, err), profile)
    for handle in (ours, out, err):
        os.set_blocking(handle, False)
        zygote.readers[handle] = child
        zygote.poll.register(handle, select.EPOLLIN)
    return child


def spawn(zygote, number, limits):
    """Starts the warm child that answers on a channel of the host's."""
    channel = zygote.channels.pop(number, None)
    if channel is None:
        return
    ours, theirs = isolate.pair()
    try:
        pid = isolate.clone()
    except OSError as problem:
        rest = answer.failure("isolation-unavailable", f"No process could be started: {problem.strerror}")
        zygote.send(frames.frame(frames.ENDED, number, frames.result(rest[0], 0, 0, 0, b"", b"", rest[1])))
        for handle in (channel, ours, theirs):
            os.close(handle)
        return
    if pid == 0:
        warm.run(zygote, limits, channel, theirs)
    os.close(theirs)
    os.close(channel)
    child = children.Warm(number, pid, ours, limits)
    zygote.warm[number] = child
    zygote.readers[ours] = child
    zygote.poll.register(ours, select.EPOLLIN)


def _wait(pid):
    """Buries a process that closed its channel: whether it had to be killed for that, its status and usage."""
    until = time.monotonic() + children.REAP_GRACE
    while time.monotonic() < until:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return False, status, usage
        time.sleep(0.001)
    os.kill(pid, endings.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return True, status, usage


def read(zygote, child):
    """The child's only message: its stdout and stderr. Whatever comes next, or the end, is its end."""
    data, handles = isolate.receive_descriptors(child.sync, 2)
    if child.output is None and data == b"+" and len(handles) == 2:
        child.output = handles
        zygote.send(frames.frame(frames.SPAWNED, child.number))
        return
    running, status, usage = _wait(child.pid)
    out = [os.pread(handle, frames.CAPTURE, 0) for handle in child.output or ()] or [b"", b""]
    if child.output is None:
        rest = answer.failure("isolation-unavailable", f"The process could not be isolated: {data!r}")
    elif child.late:
        rest = answer.failure("timeout", endings.too_slow(child.limits.cpu_ms, "CPU time"))
    elif running:
        rest = answer.failure("crashed", "The script's process was stopped: it closed its channels.")
    else:
        rest = endings.post_mortem(status, usage, child.limits)
    cpu = round((usage.ru_utime + usage.ru_stime) * 1e9)
    zygote.send(
        frames.frame(
            frames.ENDED,
            child.number,
            frames.result(rest[0], cpu, usage.ru_maxrss * 1024, 0, out[0], out[1], rest[1]),
        )
    )
    for handle in (*(child.output or ()), *handles):
        os.close(handle)
    zygote.silence(child.sync)
    os.close(child.sync)
    del zygote.warm[child.number]
