"""What honest scripts do."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

calls = 0


def add(a: int, b: int) -> int:
    return a + b


held = []


def hold(megabytes: int) -> int:
    """Keeps so much memory, where the process stays."""
    held.append(b"x" * (megabytes << 20))
    return megabytes


def echo(text: str) -> str:
    return text


def shout(path: Path) -> Path:
    """A file in upper case."""
    target = Path("out") / "shouted.txt"
    target.parent.mkdir()
    target.write_text(path.read_text().upper())
    return target


def describe_file(path: Path) -> dict:
    given = Path("/tmp/in/0") / path.name
    try:
        given.write_text("changed")
        writable = True
    except OSError:
        writable = False
    return {"name": path.name, "text": path.read_text(), "writable": writable, "others": sorted(os.listdir("/tmp/in"))}


def list_inputs() -> list[str]:
    try:
        return os.listdir("/calls")
    except OSError as problem:
        return [type(problem).__name__]


def zeros(size: int) -> Path:
    target = Path("zeros.bin")
    with target.open("wb") as out:
        out.truncate(size)
    return target


def count(to: int, size: int = 0) -> Iterator[dict]:
    for i in range(to):
        print("made", i)
        yield {"i": i, "pad": "x" * size}


def count_and_fail(to: int) -> Iterator[int]:
    yield from range(to)
    raise ValueError("enough")


def count_and_sleep() -> Iterator[int]:
    print("sleeping")
    yield 1
    time.sleep(60)


def talk(out: int, err: int) -> str:
    sys.stdout.write("o" * out)
    sys.stderr.write("e" * err)
    return "said"


def fail(message: str) -> None:
    raise ValueError(message)


def leave(code: int) -> None:
    sys.exit(code)


def interrupt() -> None:
    raise KeyboardInterrupt


def hog(mebibytes: int) -> int:
    kept = [bytearray(1 << 20) for _ in range(mebibytes)]
    return len(kept)


def sleep(seconds: float) -> str:
    print("sleeping")
    time.sleep(seconds)
    return "awake"


def burn(milliseconds: int) -> int:
    end = time.process_time() + milliseconds / 1000
    turns = 0
    while time.process_time() < end:
        turns += 1
    return turns


def burn_outside(milliseconds: int) -> int:
    """The same in a subprocess."""
    code = f"import time\nwhile time.process_time() < {milliseconds / 1000}: pass"
    return subprocess.run([sys.executable, "-S", "-c", code], check=True).returncode


def long_text(size: int) -> str:
    return "x" * size


def no_json() -> object:
    return object()


def remember(value: str) -> list:
    """Leaves traces everywhere and says which it found."""
    global calls
    calls += 1
    found = [calls, sorted(os.listdir("/tmp")), sorted(os.listdir(".")), os.environ.get("CRANK_TRACE"), os.getcwd()]
    Path("/tmp/trace").write_text(value)
    Path("trace").write_text(value)
    os.environ["CRANK_TRACE"] = value
    os.chdir("/tmp")
    sys.path.append(value)
    return found


def process() -> int:
    """Which process this is, told from others by what it has imported."""
    global calls
    calls += 1
    return calls


def wait_outside(seconds: str) -> str:
    subprocess.run(["sleep", seconds], check=True)
    return seconds
