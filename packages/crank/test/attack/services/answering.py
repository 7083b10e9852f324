"""Answers that nobody should have to read: values, exceptions, files and endings made to break whoever handles them."""

import atexit
import dataclasses
import enum
import gc
import json
import os
import pathlib
import sys
import threading
import time
from typing import Any, Iterator

EVIL = os.fsdecode(b"evil-\xff\xfe")


class Recursive:
    def __repr__(self):
        return repr(self)

    __str__ = __repr__


class Liar(dict):
    """A dictionary that says something else each time."""

    def items(self):
        return ((str(i), i) for i in range(10**9))

    def __len__(self):
        return -1

    def __iter__(self):
        raise SystemExit(77)


class EndlessList(list):
    def __iter__(self):
        while True:
            yield 1

    def __len__(self):
        return 1


class Text(str):
    def __str__(self):
        os._exit(77)

    def encode(self, *_):
        return b'"\xff", "injected": '


class Number(int):
    def __repr__(self):
        return '1, "injected": true'

    __str__ = __format__ = lambda self, *_: '1, "injected": true'


class Real(float):
    def __repr__(self):
        return "NaN"


class Masked:
    @property
    def __class__(self):
        return dict


class Loud(Exception):
    def __str__(self):
        raise RuntimeError("not for you")

    __repr__ = __str__


class Unprintable(Exception):
    def __str__(self):
        return 7


class Meta(type):
    def __getattribute__(cls, name):
        raise SystemExit(77)


class Late:
    """Acts when it is taken away."""

    def __del__(self):
        os.write(3, b"\x26\0\0\0\5\0\0\0\0" + bytes(33) + b"7")
        sys.exit(3)


@dataclasses.dataclass
class Faulty:
    a: int = 1

    def __getattribute__(self, name):
        if name == "a":
            raise KeyboardInterrupt
        return super().__getattribute__(name)


class Own(enum.Enum):
    SELF = object()


class Shifting(type(pathlib.Path())):
    """A path that is another one each time that it is asked."""

    def __fspath__(self):
        return "/etc/passwd"

    __str__ = __fspath__


def _nested(kind):
    value: Any = None
    for _ in range(100_000):
        value = [value] if kind is list else {"a": value}
    return value


def _itself():
    value: list = []
    value.append(value)
    return value


def _chained():
    problem = None
    for n in range(50_000):
        outer = ValueError(n)
        outer.__cause__ = problem
        problem = outer
    raise problem


def _circular():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    raise first


def _deep():
    sys.setrecursionlimit(10**7)

    def down(n):
        return down(n + 1) + 1

    return down(0)


def _grouped():
    problem: Exception = ValueError("x")
    for _ in range(5000):
        problem = ExceptionGroup("g", [problem] * 2)
    raise problem


def _raise(problem):
    raise problem


def _masked_type():
    raise Meta("E", (Exception,), {})("x")


def _encoder():
    json.dumps = json.JSONEncoder.encode = json.JSONEncoder.iterencode = lambda *_, **__: '{"a": NaN} garbage'
    return {"a": 1}


def _traced():
    sys.settrace(lambda *_: _raise(MemoryError()))
    sys.setprofile(lambda *_: _raise(SystemExit(77)))
    return 1


def _late():
    atexit.register(os._exit, 77)
    gc.set_threshold(1)
    globals()["late"] = Late()
    sys.excepthook = sys.unraisablehook = lambda *_: os._exit(77)
    return 1


def _thread():
    """Goes on when the call has returned, and writes where the answer is written."""

    def write():
        while True:
            os.write(3, b"\x26\0\0\0\5\0\0\0\0" + bytes(33) + b"7")

    threading.Thread(target=write, daemon=True).start()
    return "x" * 200_000


def _drip():
    """A frame that comes a byte at a time."""
    for byte in b"\x30\0\0\0\5" * 100:
        os.write(3, bytes([byte]))
        time.sleep(0.05)


def _descriptor():
    """The channel is something else when the runtime wants to answer."""
    os.dup2(os.open("/dev/null", os.O_RDWR), 3)
    return 1


def _output():
    """Standard output is something else, too."""
    sys.stdout = sys.stderr = sys.__stdout__ = Recursive()
    os.dup2(os.open("/dev/zero", os.O_RDONLY), 1)
    return 1


VALUES = {
    "a list nested a hundred thousand deep": lambda: _nested(list),
    "an object nested a hundred thousand deep": lambda: _nested(dict),
    "a list that contains itself": _itself,
    "keys that are the same in JSON": lambda: {1: "a", "1": "b", True: "c", 1.0: "d"},
    "numbers that JSON has not": lambda: [float("nan"), float("inf"), -float("inf"), 1e308 * 10],
    "a number of ten thousand digits": lambda: 10**10_000,
    "half a character": lambda: ["\ud800", {"\udfff": 1}, EVIL],
    "a dictionary that lies": Liar,
    "a list without end": lambda: EndlessList([1]),
    "a text that encodes itself": lambda: {"a": Text("x")},
    "a number that writes itself": lambda: [Number(1), Real(1.0)],
    "a class that is another": Masked,
    "an object without a text": lambda: {"a": Recursive()},
    "a dataclass whose field interrupts": Faulty,
    "an enumeration of objects": lambda: Own.SELF,
    "an exception without a text": lambda: _raise(Loud()),
    "an exception whose text is a number": lambda: _raise(Unprintable()),
    "an exception of fifty million letters": lambda: _raise(ValueError("x" * 50_000_000)),
    "an exception of half a character": lambda: _raise(ValueError("\ud800" + EVIL + "\0")),
    "an exception whose type cannot be asked": _masked_type,
    "fifty thousand exceptions in a chain": _chained,
    "exceptions that cause each other": _circular,
    "groups of exceptions, doubled five thousand times": _grouped,
    "a recursion without a limit": _deep,
    "an end by an exception that is none of Exception": lambda: _raise(GeneratorExit()),
    "a JSON encoder of its own": _encoder,
    "a trace of the runtime's own steps": _traced,
    "what happens when the process ends": _late,
    "a thread that writes beside the answer": _thread,
    "a frame that drips": _drip,
    "the channel exchanged": _descriptor,
    "standard output exchanged": _output,
}


def value(name: str) -> Any:
    return VALUES[name]()


def take(given: Any) -> str:
    return type(given).__name__


def stubborn(name: str) -> Iterator[int]:
    """A stream that does not end when it is told to, or never says anything."""
    while True:
        try:
            if name == "deaf":
                yield 1
            elif name == "deep":
                yield _nested(list)
            else:
                time.sleep(0.01)
        except GeneratorExit:
            continue


def file(name: str) -> pathlib.Path:
    target = pathlib.Path("result")
    if name == "swapped":
        target.write_bytes(b"x" * 100_000)

        def swap():
            while True:
                for other in ("/etc/passwd", "/code/answering.py", "/dev/zero"):
                    os.symlink(other, "other")
                    os.replace("other", "result")

        threading.Thread(target=swap, daemon=True).start()
    elif name == "shifting":
        target.write_text("x")
        return Shifting("result")
    elif name == "pipe behind a link":
        os.mkfifo("pipe")
        os.symlink("pipe", "result")
    elif name == "circle of links":
        os.symlink("result", "result")
    elif name == "hard link":
        os.link("/etc/passwd", "result")
    elif name == "truncated":
        target.write_bytes(b"x" * 4_000_000)
        threading.Thread(target=lambda: [os.truncate("result", n % 2 * 4_000_000) for n in range(10**6)], daemon=True).start()
    else:  # a name of a file that is none to print
        target = pathlib.Path(os.fsdecode(bytes.fromhex(name)))
        target.write_text("x")
    return target
