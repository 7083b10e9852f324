"""What the zygote knows of its children."""

import os
import time

from crank_runtime import relay

CPUS = os.cpu_count() or 1
REAP_GRACE = 0.1  # seconds that a child may take to end after it closed its channel


def cpu_clock(pid):
    """Nanoseconds of CPU that a process (all its threads) has used: the kernel's clock, which nobody can forge."""
    return time.clock_gettime_ns((~pid << 3) | 2)


class Profile:
    """The limits that a child has from its making on."""

    __slots__ = ("tmp", "subprocesses")

    def __init__(self, tmp, subprocesses):
        self.tmp = tmp
        self.subprocesses = subprocesses


class Child:
    """A fresh child: first a spare one, isolated and waiting, then one call's."""

    __slots__ = (
        "pid", "channel", "output", "profile", "mail", "captured", "cut", "buffer", "sizes",
        "number", "limits", "deadline", "check", "clock", "ends", "over",
    )  # fmt: skip

    def __init__(self, pid, channel, output, profile):
        self.pid = pid
        self.channel = channel
        self.output = output
        self.profile = profile
        self.mail = relay.Outbox(channel)
        self.captured = (relay.Kept(), relay.Kept())
        self.cut = 0
        self.buffer = relay.Kept()  # of a frame that has not all arrived
        self.sizes = []  # of frames that were passed on and not yet acknowledged
        self.number = 0
        self.limits = None  # of its call, once it has one
        self.ends = 0.0  # when not 0: the channel is closed, and the process must have ended by then
        self.over = False  # answered; what else it says is not read

    def assign(self, number, limits):
        now = time.monotonic()
        self.number = number
        self.limits = limits
        self.deadline = now + limits.wall_ms / 1000
        self.check = now + limits.cpu_ms / 1000 / CPUS
        self.clock = cpu_clock(self.pid)


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
