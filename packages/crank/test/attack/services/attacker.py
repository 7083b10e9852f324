"""The service that attacks, and then says what it sees."""

import errno
import os
import pathlib
import socket
import threading
import time

from attacks import accounts, files, kernel, memory, network, processes, protocol, state, surroundings

THEMES = {
    **{"files": files, "kernel": kernel, "memory": memory, "network": network, "processes": processes},
    **{"protocol": protocol, "state": state},
}


def attempt(theme: str, name: str, mark: str) -> str:
    """`mark`: in the name of whatever is made, so that the host can look for it."""
    return _attempt(lambda: THEMES[theme].ACTS[name](mark))


def _attempt(act):
    try:
        return "it worked: %r" % (act(),)
    except OSError as problem:
        return "refused: " + errno.errorcode.get(problem.errno, str(problem))
    except (MemoryError, RuntimeError, ValueError, OverflowError) as problem:
        return "refused: " + type(problem).__name__


def look() -> dict:
    return surroundings.look()


def burn_in_orphan(milliseconds: int) -> None:
    processes.burn_in_orphan(milliseconds)


def pipes() -> int:
    return memory.pipes()


def digits() -> int:
    return memory.digits()


def in_processes(count: int, megabytes: int) -> int:
    return memory.in_processes(count, megabytes)


def claim(cpu: int, peak: int, cut: int) -> int:
    protocol.claim(cpu, peak, cut)


def lie(milliseconds: int, claimed: int) -> int:
    protocol.lie(milliseconds, claimed)


def pause(seconds: float) -> str:
    time.sleep(seconds)
    return "paused"


def read_path(path: str) -> str:
    return _attempt(lambda: files.read_path(path))


def linked_result(target: str) -> pathlib.Path:
    os.symlink(target, "result.txt")
    return pathlib.Path("result.txt")


def odd_result(kind: str) -> pathlib.Path:
    if kind == "fifo":
        os.mkfifo("result")
    elif kind == "device":
        os.symlink("/dev/zero", "result")
    elif kind == "folder":
        os.mkdir("result")
    else:
        socket.socketpair()[0].bind("result")
    return pathlib.Path("result")


def forged_file(name: str) -> pathlib.Path:
    protocol.answer_file(name)


def growing_result() -> pathlib.Path:
    """Grows as fast as it is read, and gives back the space of what was read."""
    with open("result", "wb") as file:
        file.write(bytes(100_000))

    def grow():
        handle = os.open("result", os.O_WRONLY | os.O_APPEND)
        while True:
            os.write(handle, bytes(1000))

    threading.Thread(target=grow, daemon=True).start()
    return pathlib.Path("result")


def spoil_input(path: pathlib.Path) -> str:
    """The file as it was handed over, behind the copy that we have."""
    source = os.path.realpath("/tmp/in/0/" + path.name)
    return _attempt(lambda: files.change(source))


def keep(text: str) -> None:
    accounts.keep(text)


def find() -> list:
    return accounts.find()


def search(text: str, seconds: float) -> list:
    return accounts.search(text, seconds)


def hold(path: pathlib.Path, text: str, seconds: float) -> str:
    """Works on a file and a text for so long."""
    time.sleep(seconds)
    return text


def spin(seconds: float) -> None:
    """All CPUs that there are."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=processes.spin, args=(until,)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def numbers() -> list:
    return state.numbers()


def add(a: int, b: int) -> int:
    return a + b
