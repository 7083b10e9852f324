"""What honest scripts do."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Iterator

from crank_platform import CallError, context

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


def report(reports: list) -> None:
    for fraction, message in reports:
        context.progress(fraction, message)


def report_much(count: int, seconds: float) -> str:
    """Says more than can be listened to, and then something that matters."""
    for i in range(count):
        context.progress(i / count / 2, f"row {i}")
    context.progress(None, "sorting")
    time.sleep(seconds)
    return "sorted"


def report_and_count(to: int) -> Iterator[int]:
    for i in range(to):
        context.progress(i / to, "before %d" % i)
        yield i


def report_from_threads(count: int) -> int:
    def work():
        for i in range(count):
            context.progress(i / count, "x" * 900)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return count


def report_from_child() -> str:
    """In a process that the call forked."""
    ours, theirs = os.pipe()
    if os.fork() == 0:
        try:
            context.progress(0.5, "not mine to say")
        except RuntimeError as problem:
            os.write(theirs, str(problem).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    os.wait()
    return os.read(ours, 1000).decode()


def ask(target: str, arguments: dict) -> object:
    return context.call(target, **arguments)


def ask_badly(target: str) -> list:
    try:
        return [context.call(target)]
    except CallError as problem:
        return [problem.target, problem.code, problem.detail, problem.problem.get("status"), str(problem)]


def ask_with_files(path: Path) -> dict:
    Path("made.txt").write_text("made")
    given = context.call("other.take", given=path, made=Path("made.txt"), raw=b"\x00\xff", several=[b"a", b"b"])
    return context.call("other.take", again=given)


def ask_in_threads(count: int) -> list:
    found = [None] * count

    def work(i):
        found[i] = context.call("other.same", i=i)

    threading.stack_size(1 << 18)
    workers = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found


async def ask_together(count: int) -> list:
    return await asyncio.gather(*[context.call_async("other.same", i=i) for i in range(count)])


def ask_and_leave() -> str:
    """Returns while what it asked for still runs."""
    asked = threading.Event()

    def work():
        asked.set()
        try:
            context.call("other.never")
        except RuntimeError:
            pass

    threading.Thread(target=work, daemon=True).start()
    asked.wait()
    while not context.call("other.begun"):
        time.sleep(0.01)
    return "left"


def count_asking(to: int) -> Iterator[int]:
    """A stream whose items are others' answers."""
    for i in range(to):
        yield context.call("other.same", i=i)


def descend(depth: int) -> int:
    return 0 if depth == 0 else 1 + context.call("self.descend", depth=depth - 1)


async def ask_and_give_up() -> str:
    """Waits for what never comes, until it is there."""
    waiting = asyncio.ensure_future(context.call_async("other.never"))
    await context.call_async("other.begun")
    waiting.cancel()
    try:
        await waiting
    except asyncio.CancelledError:
        return await context.call_async("other.ended")
