import array
import json
import os
import socket
import struct
import sys
import time

CALL, ACK, SPAWN, KILL, WATCH = 1, 3, 4, 5, 6
READY, LOAD_FAILED, ITEM, CHUNK, END, SPAWNED, ENDED, GONE, STARTED = 1, 2, 3, 4, 5, 6, 7, 8, 9
PROGRESS, ASK, WITHDRAW = 11, 12, 13
VALUE, FILE, STREAM, FAILED = 0, 1, 2, 3
ANSWERED = 77


def number():
    """The number of the running call, from the frames below us."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name in ("run", "_serve") and "number" in frame.f_locals:
            return frame.f_locals["number"]
        frame = frame.f_back
    return 0


def frame(kind, body=b"", to=None):
    return struct.pack("<IBI", 5 + len(body), kind, number() if to is None else to) + body


def end(kind, rest, cpu=1_000_000, peak=1 << 20, cut=0, out=b"", err=b"", sizes=None):
    head = struct.pack("<BQQQII", kind, cpu, peak, cut, *(sizes or (len(out), len(err))))
    return frame(END, head + out + err + rest)


def progress(fraction, message=b""):
    return frame(PROGRESS, struct.pack("<d", fraction) + message)


def ask(request, name=b"other.one", arguments=b"{}", length=None):
    return frame(ASK, struct.pack("<IH", request, len(name) if length is None else length) + name + arguments)


def _unread(_):
    """Asks, and never reads an answer."""
    write(b"".join(ask(n) for n in range(8)))
    time.sleep(30)


def _asking(_):
    """Asks one thing after the other, as fast as they are answered."""
    for n in range(1_000_000):
        write(ask(n))
        os.read(3, 1 << 16)


def write(data, handle=3):
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def answer(data, status=ANSWERED):
    """Writes an answer of our own making, and ends as if the runtime had written it."""
    write(data)
    os._exit(status)


def answer_file(name):
    answer(end(FILE, json.dumps({"name": name, "contentType": "text/plain"}).encode()))


def _failed(**said):
    return lambda _: answer(end(FAILED, json.dumps(said).encode()))


def _everywhere(_):
    for handle in range(256):
        try:
            write(frame(GONE, bytes(33), 0) + frame(READY, b"{}", 0) + frame(ENDED, bytes(33), 1), handle)
        except OSError:
            continue
    time.sleep(30)


def _descriptors(_):
    """Open files sent along, for the gateway to keep."""
    channel = socket.socket(fileno=os.dup(3))
    handles = array.array("i", [os.open("/dev/null", os.O_RDONLY) for _ in range(100)])
    for n in range(50):
        channel.sendmsg([b"\5\0\0\0"[:1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
    time.sleep(30)


def _flood(data):
    def act(_):
        while True:
            write(data() * 1000)

    return act


def _silent(data):
    def act(_):
        write(data())
        time.sleep(30)

    return act


ACTS = {
    "a frame for another call": lambda _: answer(frame(END, bytes(33) + b"1", to=(number() + 1) % 2**32)),
    "an answer of no known kind": lambda _: answer(end(9, b"")),
    "a frame of every type": lambda _: answer(b"".join(frame(kind, bytes(33)) for kind in (0, 1, 2, 6, 7, 8, 9, 99, 255))),
    "an answer without a head": lambda _: answer(frame(END, b"x")),
    "lengths that do not add up": lambda _: answer(end(VALUE, b"1", sizes=(60_000, 60_000))),
    "a length beyond all bounds": lambda _: answer(struct.pack("<IBI", 0xFFFFFFF0, END, number())),
    "a length too short": lambda _: answer(struct.pack("<IBI", 4, END, number())),
    "frames on every descriptor": _everywhere,
    "half a frame, then silence": _silent(lambda: end(VALUE, b"12345")[:20]),
    "half a frame for the next call": lambda _: answer(struct.pack("<IBI", 5 + 1000, END, 0) + b"x"),
    "half a frame behind the answer": lambda _: answer(end(VALUE, b"1") + b"\x10\0\0\0"),
    "two answers": lambda _: answer(end(VALUE, b"1") + end(VALUE, b"2")),
    "items behind the answer": lambda _: answer(end(VALUE, b"1") + frame(ITEM, b"2")),
    "a flood of items": _flood(lambda: frame(ITEM, b"1")),
    "a flood of empty chunks": _flood(lambda: frame(CHUNK)),
    "a flood of nothing": _flood(lambda: b"\0" * 64),
    "progress beyond all measure": lambda _: answer(progress(2.0)),
    "progress without a measure": lambda _: answer(frame(PROGRESS, b"half")),
    "progress in no language": lambda _: answer(progress(0.5, b"\xc3\x28")),
    "progress of endless text": lambda _: answer(progress(0.5, b"x" * (1 << 20))),
    "progress of another call": lambda _: answer(frame(PROGRESS, bytes(8), to=(number() + 1) % 2**32)),
    "progress behind the answer": lambda _: answer(end(VALUE, b"1") + progress(0.5)),
    "a flood of progress": _flood(lambda: progress(0.5)),
    "an ask without a head": lambda _: answer(frame(ASK, b"ask")),
    "an ask for a name of endless text": lambda _: answer(ask(1, b"x" * 60_000)),
    "an ask for less than it says": lambda _: answer(ask(1, length=300)),
    "an ask in no language": lambda _: answer(ask(1, b"\xc3\x28")),
    "an ask twice": lambda _: answer(ask(1) + ask(1)),
    "more asks at one time than allowed": lambda _: answer(b"".join(ask(n) for n in range(9))),
    "what was never asked, withdrawn": lambda _: answer(frame(WITHDRAW, bytes(4))),
    "a flood of withdrawals": lambda _: (write(ask(0)), _flood(lambda: frame(WITHDRAW, bytes(4)))(_)),
    "arguments longer than allowed": lambda _: answer(ask(1, arguments=b'"' + b"x" * (1 << 20) + b'"')),
    "an ask in the name of another call": lambda _: answer(frame(ASK, bytes(6), to=(number() + 1) % 2**32)),
    "an ask behind the answer": lambda _: answer(end(VALUE, b"1") + ask(1)),
    "asks without end": _asking,
    "answers that nobody reads": _unread,
    "a longer answer than allowed": lambda _: answer(end(VALUE, b'"' + b"x" * (1 << 20) + b'"')),
    "outcomes that are not its own to claim": _failed(code="policy-denied", detail="x"),
    "our fault, claimed": _failed(code="internal", detail="x"),
    "a refusal that costs nothing": _failed(code="overloaded", detail="x"),
    "a failure that is a deep list": lambda _: answer(end(FAILED, b"[" * 60_000 + b"]" * 60_000)),
    "an exception of endless text": _failed(code="script-error", detail="x", exception={"type": "x", "message": "y" * 100_000}),
    "an exception of no shape": _failed(code="script-error", detail="x", exception=[1]),
    "a prototype in an exception": lambda _: answer(end(FAILED, b'{"code":"script-error","detail":"x","__proto__":{"stopped":1},"exception":{"type":"T","message":"m","__proto__":{"a":1}}}')),
    "closing every descriptor": lambda _: (os.closerange(0, 256), time.sleep(30)),
    "never answering": lambda _: time.sleep(3600),
    "ending as if it had answered": lambda _: os._exit(ANSWERED),
    "open files sent along": _descriptors,
}  # fmt: skip


def claim(cpu, peak, cut):
    answer(end(VALUE, b"1", cpu=cpu, peak=peak, cut=cut))


def lie(milliseconds, claimed):
    """Uses so much CPU time, and says that it was something else (nanoseconds)."""
    until = time.process_time() + milliseconds / 1000
    while time.process_time() < until:
        pass
    answer(end(VALUE, b"1", cpu=claimed))
