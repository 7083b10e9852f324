"""What code can try while it is imported, where it runs in the zygote: before any call, beside the platform's own code."""

import errno
import json
import mmap
import os
import signal
import struct
import sys
import threading
import time

from . import files, kernel, network

HOST = 3
READY, LOAD_FAILED, STARTED, ENDED = 1, 2, 9, 7
# Those that end the process, or show in a call only.
NOT_HERE = ("x32 calls", "i386 calls", "filling /tmp", "filling /tmp with names", "huge and sparse files")
NOT_HERE += ("dirty cow", "a program that is root's by its mode")  # these take their time


def _frame(kind, number, body=b""):
    return struct.pack("<IBI", 5 + len(body), kind, number) + body


def _say(*frames):
    def act(_):
        for data in frames:
            os.write(HOST, data)

    return act


def _when_ready(data):
    """The platform switches the collector off when all is imported."""
    import gc

    def wait():
        while gc.isenabled():
            time.sleep(0.005)
        time.sleep(0.3)
        os.write(HOST, data)

    def act(_):
        threading.Thread(target=wait, daemon=True).start()

    return act


def _every(theme):
    def act(mark):
        said = {}
        for name, attack in theme.ACTS.items():
            if name in NOT_HERE:
                continue
            try:
                said[name] = "it worked: %r" % (attack(mark),)
            except OSError as problem:
                said[name] = "refused: " + errno.errorcode.get(problem.errno, str(problem))
        return said

    return act


def _stop(_):
    os.kill(os.getpid(), signal.SIGSTOP)


def _kill_above(_):
    """Its pid 1 is bubblewrap's, and the host's processes have no number here."""
    said = []
    for pid in (1, os.getppid(), -1):
        try:
            os.kill(pid, signal.SIGKILL)
            said.append("sent")
        except OSError as problem:
            said.append(errno.errorcode[problem.errno])
    time.sleep(0.2)
    return said


def _fork_bomb(_):
    count = 0
    try:
        while count < 20_000:
            if os.fork() == 0:
                while True:
                    signal.pause()
            count += 1
    except OSError as problem:
        return [errno.errorcode[problem.errno], count]
    return ["no end", count]


def _thread_bomb(_):
    count = 0
    try:
        while count < 20_000:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            count += 1
    except RuntimeError:
        return ["refused", count]
    return ["no end", count]


def _lingering(_):
    """A process that stays behind, with all channels, and away from its session."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() > 0:
            os._exit(0)
        for number in range(1, 65):
            signal.signal(number, signal.SIG_IGN) if number not in (9, 19, 32, 33) else None
        while True:
            time.sleep(1)
    os.wait()


def _answering_for_slots(_):
    """A process that writes to the channels of all slots, all the time."""
    if os.fork() == 0:
        while True:
            for handle in range(6, 64):
                try:
                    os.write(handle, _frame(5, 0, bytes(40)))
                except OSError:
                    pass
            time.sleep(0.001)


def _at_fork(act):
    def register(_):
        os.register_at_fork(after_in_child=act)

    return register


def _raise():
    raise KeyboardInterrupt("in every child")


def _die():
    os._exit(0)


def _lies(_):
    """The runtime's own modules, from now on with other figures."""
    frames = sys.modules["crank_runtime.frames"]
    true = frames.result
    frames.result = lambda kind, cpu, peak, *rest: true(kind, 2**63, 2**63, *rest)


def _no_limits(_):
    """The runtime's own means of keeping calls apart, switched off."""
    isolate = sys.modules["crank_runtime.isolate"]
    for name in dir(isolate):
        if callable(getattr(isolate, name)) and name in ("settle", "_filter", "_limit", "drop_capabilities"):
            setattr(isolate, name, lambda *_: None)


def _shout(_):
    line = b"x" * 65536
    for _ in range(2000):
        try:
            os.write(1, line)
        except OSError:
            return


def _shared(_):
    sys.crank_shared = mmap.mmap(-1, 8)


def _deep_failure(_):
    deep = b"[" * 100_000 + b"]" * 100_000
    os.write(HOST, _frame(LOAD_FAILED, 0, b'{"message": "deep", "findings": %s}' % deep))
    time.sleep(5)


def _failure(said):
    def act(_):
        os.write(HOST, _frame(LOAD_FAILED, 0, said))
        time.sleep(5)

    return act


class Endless(Exception):
    def __str__(self):
        return "x" * 50_000_000


class Shapeless(Exception):
    def __str__(self):
        raise Shapeless

    __repr__ = __str__


def _raising(problem):
    def act(_):
        raise problem

    return act


FINDINGS = [
    *({"level": [], "file": {}, "line": -1, "message": None, "fix": 3}, None, 7, "text", [[]]),
    {"level": "error", "file": "x" * 10_000, "line": 2**70, "message": "y" * 100_000, "fix": "\u0000"},
    {"__proto__": {"level": "error"}, "constructor": 1},
]

ACTS = {
    "every attack on the network": _every(network),
    "every attack on the kernel": _every(kernel),
    "every attack on files": _every(files),
    "ready twice": _say(_frame(READY, 0, b"{}"), _frame(READY, 0, b"{}")),
    "ready before it is": _say(_frame(READY, 0, b"{}")),
    "a frame without end": _say(struct.pack("<IBI", 0xFFFFFFF0, READY, 1)),
    "half a frame": lambda _: (os.write(HOST, _frame(READY, 0, bytes(100))[:50]), os._exit(0)),
    "frames of every type": _say(*(_frame(kind, 0, b"{}") for kind in range(3, 256))),
    "slots that nobody asked for": _when_ready(_frame(STARTED, 7, struct.pack("<I", 1))),
    "the end of a slot that was never begun": _when_ready(_frame(ENDED, 9, bytes(40))),
    "a slot that is the host's own process": _when_ready(_frame(STARTED, 0, struct.pack("<I", 1))),
    "nonsense when it is ready": _when_ready(os.urandom(4096)),
    "a failure that is a deep list": _deep_failure,
    "a failure of no shape": _failure(json.dumps({"message": {"a": 1}, "findings": FINDINGS}).encode()),
    "a failure that is not JSON": _failure(b"\xff\xfe{"),
    "a failure that is null": _failure(b"null"),
    "an exception of endless text": _raising(Endless()),
    "an exception of no shape": _raising(Shapeless()),
    "an exit": _raising(SystemExit(0)),
    "an exit without a word": lambda _: os._exit(0),
    "a signal to itself": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "closing every descriptor": lambda _: os.closerange(0, 4096),
    "stopping itself": _stop,
    "never ending": lambda _: time.sleep(600),
    "killing what is above it": _kill_above,
    "a fork bomb": _fork_bomb,
    "a bomb of threads": _thread_bomb,
    "a process left behind": _lingering,
    "a process that answers for all slots": _answering_for_slots,
    "an exception in every child": _at_fork(_raise),
    "the end of every child": _at_fork(_die),
    "figures that are lies": _lies,
    "the runtime's own limits switched off": _no_limits,
    "output without end": _shout,
    "memory shared with all calls": _shared,
}


def run(name, mark):
    return ACTS[name](mark)
